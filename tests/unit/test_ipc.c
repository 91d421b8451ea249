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

static struct ipc_hop example_hop(const char *name, const struct buffer *run)
{
	return (struct ipc_hop){
		.name = name,
		.host = "192.0.2.1",
		.port = 22,
		.user = "monitor",
		.password = "p\xc3\xa4ss word",
		.identity = 3,
		.public_key = { (const uint8_t *)"public", 6 },
		.policy = 1,
		.pin = "",
		.keys = { (const uint8_t *)run->data, run->len },
	};
}

static struct host_row example(const struct sockaddr_storage *address, const struct buffer *hops)
{
	return (struct host_row){
		.seq = 7,
		.attempt_id = 0x123456789abcdef0,
		.deadline_ms = 30000,
		.spent_ms = 12,
		.name = "web1",
		.nonce = "00112233445566778899aabbccddeeff",
		.request = "fleet1 request\n",
		.files_max = 64,
		.bytes_max = 4096,
		.addresses = { (const uint8_t *)address, sizeof *address },
		.hops = { (const uint8_t *)hops->data, hops->len },
		.is_jump = 1,
	};
}

static void encode_example(struct buffer *out)
{
	struct sockaddr_storage address = { .ss_family = AF_INET };
	struct buffer run = { 0 }, hops = { 0 };
	assert_int_equal(ipc_put_keys(keys, ARRAY_LEN(keys), &run), 0);
	const struct ipc_hop gate = example_hop("gate", &run), host = example_hop("web1", &run);
	assert_int_equal(ipc_put_hop(&gate, &hops), 0);
	assert_int_equal(ipc_put_hop(&host, &hops), 0);
	const struct host_row row = example(&address, &hops);
	assert_int_equal(ipc_encode(IPC_HOST, &row, out), 0);
	assert_int_equal(ipc_measure(IPC_HOST, &row), out->len);
	buffer_finish(&run);
	buffer_finish(&hops);
}

static void a_row_survives_the_trip(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	struct host_row row;
	struct ipc_hop hop;
	struct host_key got[IPC_KEYS_MAX];
	struct sockaddr_storage address;
	size_t count;
	encode_example(&out);
	assert_int_equal(ipc_decode(IPC_HOST, out.data, out.len, &row), 0);
	assert_int_equal(row.seq, 7);
	assert_true(row.attempt_id == 0x123456789abcdef0);
	assert_int_equal(row.bytes_max, 4096);
	assert_int_equal(row.is_jump, 1);
	assert_int_equal(ipc_count_addresses(row.addresses), 1);
	ipc_get_address(row.addresses, 0, &address);
	assert_int_equal(address.ss_family, AF_INET);
	assert_int_equal(ipc_count_hops(row.hops), 2);
	assert_int_equal(ipc_get_hop(row.hops, 2, &hop), -1);
	assert_int_equal(ipc_get_hop(row.hops, 1, &hop), 0);
	assert_string_equal(hop.name, "web1");
	assert_int_equal(ipc_get_hop(row.hops, 0, &hop), 0);
	assert_string_equal(hop.name, "gate");
	assert_string_equal(hop.host, "192.0.2.1");
	assert_int_equal(hop.port, 22);
	assert_string_equal(hop.password, "p\xc3\xa4ss word");
	assert_string_equal(hop.pin, "");
	assert_int_equal(hop.public_key.len, 6);
	assert_memory_equal(hop.public_key.data, "public", 6);
	assert_int_equal(ipc_get_keys(hop.keys, got, &count), 0);
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
	static char password[1024 + 1], name[200 + 1], host[253 + 1], user[64 + 1],
		request[WIRE_REQUEST_MAX];
	static const uint8_t blob[16384 / 8 + 32];
	static const struct sockaddr_storage addresses[IPC_ADDRESSES_MAX];
	struct host_key longest[IPC_KEYS_MAX];
	struct buffer out = { 0 }, run = { 0 }, hops = { 0 };
	memset(password, 'p', sizeof password - 1);
	memset(name, 'n', sizeof name - 1);
	memset(host, 'h', sizeof host - 1);
	memset(user, 'u', sizeof user - 1);
	memset(request, 'r', sizeof request - 1);
	for (size_t i = 0; i < IPC_KEYS_MAX; i++)
		longest[i] = (struct host_key){ "ssh-rsa", blob, sizeof blob, false };
	assert_int_equal(ipc_put_keys(longest, IPC_KEYS_MAX, &run), 0);
	struct ipc_hop hop = example_hop(name, &run);
	hop.host = host;
	hop.user = user;
	hop.password = password;
	hop.public_key = (struct ipc_bytes){ blob, sizeof blob };
	for (size_t i = 0; i < IPC_HOPS_MAX; i++)
		assert_int_equal(ipc_put_hop(&hop, &hops), 0);
	struct host_row row = example(addresses, &hops);
	row.name = name;
	row.request = request;
	row.addresses.len = sizeof addresses;
	assert_int_equal(ipc_encode(IPC_HOST, &row, &out), 0);
	assert_true(out.len <= IPC_PACKET_MAX);
	buffer_finish(&run);
	buffer_finish(&hops);
	buffer_finish(&out);
}

static void hops_are_capped(void **state)
{
	(void)state;
	struct buffer hops = { 0 }, run = { 0 };
	const struct ipc_hop hop = example_hop("gate", &run);
	for (size_t i = 0; i < IPC_HOPS_MAX; i++)
		assert_int_equal(ipc_put_hop(&hop, &hops), 0);
	struct ipc_bytes all = { (const uint8_t *)hops.data, hops.len };
	assert_int_equal(ipc_count_hops(all), IPC_HOPS_MAX);
	all.len--;
	assert_int_equal(ipc_count_hops(all), 0);
	assert_int_equal(ipc_put_hop(&hop, &hops), 0);
	all = (struct ipc_bytes){ (const uint8_t *)hops.data, hops.len };
	assert_int_equal(ipc_count_hops(all), 0);
	all.len = 0;
	assert_int_equal(ipc_count_hops(all), 0);
	buffer_finish(&hops);
}

static void try_hops(struct ipc_bytes hops)
{
	struct host_key got[IPC_KEYS_MAX];
	struct ipc_hop hop;
	size_t count;
	for (size_t i = 0; i < ipc_count_hops(hops); i++) {
		assert_int_equal(ipc_get_hop(hops, i, &hop), 0);
		(void)(strlen(hop.name) + strlen(hop.host) + strlen(hop.user));
		(void)(strlen(hop.password) + strlen(hop.pin));
		(void)!ipc_get_keys(hop.keys, got, &count);
	}
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
		(void)(strlen(row.name) + strlen(row.request));
		try_hops(row.hops);
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
	int ends[2], pipes[2], fd = -1;
	struct error err;
	assert_int_equal(ipc_pair(ends, &err), 0);
	assert_int_equal(pipe(pipes), 0);
	assert_int_equal(ipc_receive(ends[0], &packet), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(ipc_send(ends[0], IPC_CLIENT, NULL, pipes[1]), 0);
	assert_int_equal(ipc_receive_fd(ends[1], &packet, &fd), 1);
	assert_int_equal(packet.type, IPC_CLIENT);
	assert_int_equal(write(fd, "x", 1), 1);
	char c;
	assert_int_equal(read(pipes[0], &c, 1), 1);
	close(fd);
	assert_int_equal(ipc_send(ends[0], IPC_READY, NULL, -1), 0);
	assert_int_equal(ipc_receive_fd(ends[1], &packet, &fd), 1);
	assert_int_equal(fd, -1);
	close(pipes[0]);
	close(pipes[1]);
	close(ends[0]);
	assert_int_equal(ipc_receive_fd(ends[1], &packet, &fd), 0);
	assert_int_equal(ipc_receive(ends[1], &packet), 0);
	close(ends[1]);
}

enum { UNASKED_MAX = 3 };

/* A packet as somebody else would make it, with so many descriptors. */
static void send_unasked(int socket, size_t count)
{
	const int fds[UNASKED_MAX] = { 0 };
	union {
		struct cmsghdr head;
		char space[CMSG_SPACE(sizeof fds)];
	} control = { 0 };
	uint8_t type = IPC_READY;
	struct iovec iov = { &type, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.space };
	m.msg_controllen = CMSG_SPACE(count * sizeof *fds);
	control.head = (struct cmsghdr){ CMSG_LEN(count * sizeof *fds), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(&control.head), fds, count * sizeof *fds);
	assert_int_equal(sendmsg(socket, &m, 0), 1);
}

/* The lowest number that is free tells whether any is left open below it. */
static int lowest_free(void)
{
	int fd = dup(0);
	close(fd);
	return fd;
}

static void descriptors_that_nobody_takes_are_closed(void **state)
{
	(void)state;
	static struct ipc_packet packet;
	int ends[2], fd = -1;
	struct error err;
	assert_int_equal(ipc_pair(ends, &err), 0);
	int lowest = lowest_free();
	for (size_t count = 1; count <= UNASKED_MAX; count++) {
		send_unasked(ends[0], count);
		assert_int_equal(ipc_receive(ends[1], &packet), -1);
		assert_int_equal(errno, EBADMSG);
		assert_int_equal(lowest_free(), lowest);
		if (count == 1)
			continue;
		send_unasked(ends[0], count);
		assert_int_equal(ipc_receive_fd(ends[1], &packet, &fd), -1);
		assert_int_equal(errno, EBADMSG);
		assert_int_equal(lowest_free(), lowest);
	}
	assert_int_equal(ipc_receive(ends[1], &packet), -1);
	assert_int_equal(errno, EAGAIN);
	close(ends[0]);
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
		cmocka_unit_test(hops_are_capped),
		cmocka_unit_test(keys_are_capped),
		cmocka_unit_test(packets_carry_descriptors),
		cmocka_unit_test(descriptors_that_nobody_takes_are_closed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
