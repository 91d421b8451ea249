#include "tests/unit/unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/ipc/ipc.h"
#include "lib/wire/wire.h"

static const struct host_key keys[] = {
	{ "ssh-ed25519", (const uint8_t *)"one", 3, false },
	{ "ssh-rsa", (const uint8_t *)"", 0, true },
};

static struct host_row example(const struct sockaddr_storage *address, const struct buffer *run)
{
	return (struct host_row){
		.seq = 7,
		.attempt_id = 0x123456789abcdef0,
		.deadline_ms = 30000,
		.spent_ms = 12,
		.name = "web1",
		.user = "monitor",
		.password = "p\xc3\xa4ss word",
		.identity = 3,
		.policy = 1,
		.pin = "",
		.request = "fleet1 request\n",
		.files_max = 64,
		.bytes_max = 4096,
		.addresses = { (const uint8_t *)address, sizeof *address },
		.keys = { (const uint8_t *)run->data, run->len },
		.public_key = { (const uint8_t *)"public", 6 },
	};
}

static void encode_example(struct buffer *out)
{
	struct sockaddr_storage address = { .ss_family = AF_INET };
	struct buffer run = { 0 };
	assert_int_equal(ipc_put_keys(keys, ARRAY_LEN(keys), &run), 0);
	const struct host_row row = example(&address, &run);
	assert_int_equal(ipc_encode(IPC_HOST, &row, out), 0);
	buffer_finish(&run);
}

static void a_row_survives_the_trip(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	struct host_row row;
	struct host_key got[IPC_KEYS_MAX];
	struct sockaddr_storage address;
	size_t count;
	encode_example(&out);
	assert_int_equal(ipc_decode(IPC_HOST, out.data, out.len, &row), 0);
	assert_int_equal(row.seq, 7);
	assert_true(row.attempt_id == 0x123456789abcdef0);
	assert_string_equal(row.password, "p\xc3\xa4ss word");
	assert_string_equal(row.pin, "");
	assert_int_equal(row.bytes_max, 4096);
	assert_int_equal(row.public_key.len, 6);
	assert_memory_equal(row.public_key.data, "public", 6);
	assert_int_equal(ipc_count_addresses(row.addresses), 1);
	ipc_get_address(row.addresses, 0, &address);
	assert_int_equal(address.ss_family, AF_INET);
	assert_int_equal(ipc_get_keys(row.keys, got, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(got[0].type, "ssh-ed25519");
	assert_memory_equal(got[0].blob, "one", 3);
	assert_true(got[1].revoked);
	buffer_finish(&out);
}

/* As long as lib/config lets its texts be, with RSA keys of 16384 bits. */
static void the_longest_row_fits_a_packet(void **state)
{
	(void)state;
	static char password[1024 + 1], name[200 + 1], user[64 + 1], request[WIRE_LINE_MAX];
	static const uint8_t blob[16384 / 8 + 32];
	static const struct sockaddr_storage addresses[IPC_ADDRESSES_MAX];
	struct host_key longest[IPC_KEYS_MAX];
	struct buffer out = { 0 }, run = { 0 };
	memset(password, 'p', sizeof password - 1);
	memset(name, 'n', sizeof name - 1);
	memset(user, 'u', sizeof user - 1);
	memset(request, 'r', sizeof request - 1);
	for (size_t i = 0; i < IPC_KEYS_MAX; i++)
		longest[i] = (struct host_key){ "ssh-rsa", blob, sizeof blob, false };
	assert_int_equal(ipc_put_keys(longest, IPC_KEYS_MAX, &run), 0);
	struct host_row row = example(addresses, &run);
	row.password = password;
	row.name = name;
	row.user = user;
	row.request = request;
	row.addresses.len = sizeof addresses;
	assert_int_equal(ipc_encode(IPC_HOST, &row, &out), 0);
	assert_true(out.len <= IPC_PACKET_MAX);
	buffer_finish(&run);
	buffer_finish(&out);
}

/* The copies are exactly as long as they claim, so that the sanitizer sees a byte too far. */
static int decode_copy(const struct buffer *b, size_t len, size_t flip)
{
	struct host_row row;
	char *copy = malloc(len ? len : 1);
	assert_non_null(copy);
	memcpy(copy, b->data, len);
	if (flip < len)
		copy[flip] = (char)(copy[flip] ^ 0xff);
	int r = ipc_decode(IPC_HOST, copy, len, &row);
	if (r == 0) {
		struct host_key got[IPC_KEYS_MAX];
		size_t count;
		(void)(strlen(row.name) + strlen(row.user) + strlen(row.password));
		(void)(strlen(row.pin) + strlen(row.request));
		(void)!ipc_get_keys(row.keys, got, &count);
	}
	free(copy);
	return r;
}

static void a_cut_row_is_refused(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	encode_example(&out);
	for (size_t len = 0; len < out.len; len++)
		assert_int_equal(decode_copy(&out, len, SIZE_MAX), -1);
	assert_int_equal(buffer_append(&out, "x", 1), 0);
	assert_int_equal(decode_copy(&out, out.len, SIZE_MAX), -1);
	buffer_finish(&out);
}

static void a_spoiled_row_is_never_overrun(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	encode_example(&out);
	for (size_t i = 0; i < out.len; i++)
		(void)decode_copy(&out, out.len, i);
	buffer_finish(&out);
}

static void texts_are_one_text(void **state)
{
	(void)state;
	struct ipc_probe m;
	static const char inner_nul[] = "\4\3\0\0\0a\0b\0\1\0\0\0h",
			  no_nul[] = "\4\1\0\0\0aa\0\0\0\0";
	char good[] = "\0\1\0\0\0m\0\1\0\0\0h";
	good[0] = IPC_PROBE;
	assert_int_equal(ipc_decode(IPC_PROBE, good, sizeof good, &m), 0);
	assert_string_equal(m.machine, "m");
	assert_int_equal(ipc_decode(IPC_SETTINGS, good, sizeof good, &m), -1);
	char bad[sizeof inner_nul];
	memcpy(bad, inner_nul, sizeof bad);
	bad[0] = IPC_PROBE;
	assert_int_equal(ipc_decode(IPC_PROBE, bad, sizeof bad, &m), -1);
	memcpy(bad, no_nul, sizeof no_nul);
	bad[0] = IPC_PROBE;
	assert_int_equal(ipc_decode(IPC_PROBE, bad, sizeof no_nul, &m), -1);
}

static void keys_are_capped(void **state)
{
	(void)state;
	struct buffer run = { 0 };
	struct host_key got[IPC_KEYS_MAX];
	size_t count;
	for (size_t i = 0; i < IPC_KEYS_MAX + 1; i++)
		assert_int_equal(ipc_put_keys(keys, 1, &run), 0);
	struct ipc_bytes all = { (const uint8_t *)run.data, run.len };
	assert_int_equal(ipc_get_keys(all, got, &count), -1);
	all.len--;
	assert_int_equal(ipc_get_keys(all, got, &count), -1);
	buffer_finish(&run);
}

static void packets_carry_descriptors(void **state)
{
	(void)state;
	static struct ipc_packet packet;
	int ends[2], pipes[2];
	struct error err;
	assert_int_equal(ipc_pair(ends, &err), 0);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(ipc_receive(ends[0], &packet), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(ipc_send(ends[0], IPC_CLIENT, NULL, pipes[1]), 0);
	assert_int_equal(ipc_receive(ends[1], &packet), 1);
	assert_int_equal(packet.type, IPC_CLIENT);
	assert_int_equal(write(packet.fd, "x", 1), 1);
	char c;
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(packet.fd);
	close(pipes[0]);
	close(pipes[1]);
	close(ends[0]);
	assert_int_equal(ipc_receive(ends[1], &packet), 0);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_survives_the_trip),
		cmocka_unit_test(the_longest_row_fits_a_packet),
		cmocka_unit_test(a_cut_row_is_refused),
		cmocka_unit_test(a_spoiled_row_is_never_overrun),
		cmocka_unit_test(texts_are_one_text),
		cmocka_unit_test(keys_are_capped),
		cmocka_unit_test(packets_carry_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
