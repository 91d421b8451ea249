#include "tests/unit/unit.h"

#include <string.h>

#include "lib/buffer.h"
#include "lib/ssh/hello.h"

/* Lists that meet `ours` below; each row of the table replaces one of them. */
static const char *const meets[HELLO_LISTS] = { "curve25519-sha256", "rsa-sha2-512,ssh-ed25519",
	"chacha20-poly1305@openssh.com,aes256-ctr", "aes256-ctr", "hmac-sha2-256",
	"hmac-sha2-512,hmac-sha2-256", "none,zlib", "none" };

static const char *const ours[HELLO_LISTS] = { "curve25519-sha256,ecdh-sha2-nistp256",
	"ssh-ed25519,ssh-rsa", "aes128-ctr,aes256-ctr", "aes256-ctr", "hmac-sha2-256",
	"hmac-sha2-256", "none", "none" };

static void put_u32(struct buffer *b, size_t value)
{
	const char bytes[4] = { (char)(value >> 24), (char)(value >> 16), (char)(value >> 8),
		(char)value };
	assert_int_equal(buffer_append(b, bytes, 4), 0);
}

/* The bytes a server with these lists would begin with. */
static void build(struct buffer *b, const char *before, const char *const lists[HELLO_LISTS])
{
	static const char cookie[16] = "0123456789abcdef", tail[13], padding[4];
	size_t len = 1 + 1 + sizeof cookie + sizeof tail + sizeof padding;
	for (int i = 0; i < HELLO_LISTS; i++)
		len += 4 + strlen(lists[i]);
	buffer_clear(b);
	assert_int_equal(buffer_printf(b, "%sSSH-2.0-Test_1.0 comment\r\n", before), 0);
	put_u32(b, len);
	assert_int_equal(buffer_append(b, "\4\24", 2), 0);
	assert_int_equal(buffer_append(b, cookie, sizeof cookie), 0);
	for (int i = 0; i < HELLO_LISTS; i++) {
		put_u32(b, strlen(lists[i]));
		assert_int_equal(buffer_append_text(b, lists[i]), 0);
	}
	assert_int_equal(buffer_append(b, tail, sizeof tail), 0);
	assert_int_equal(buffer_append(b, padding, sizeof padding), 0);
}

static void reads_the_lists(void **state)
{
	(void)state;
	static const char *const before[] = { "", "welcome\r\n", "a\nb\r\n\r\n SSH-no\n" };
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	struct hello h;
	for (size_t k = 0; k < ARRAY_LEN(before); k++) {
		build(&b, before[k], meets);
		assert_int_equal(hello_parse((uint8_t *)b.data, b.len, &h), HELLO_OK);
		assert_true(slice_is_text(h.version, "SSH-2.0-Test_1.0 comment"));
		for (int i = 0; i < HELLO_LISTS; i++)
			assert_true(slice_is_text(h.lists[i], meets[i]));
		assert_int_equal(hello_mismatch(&h, ours), HELLO_LISTS);
	}
}

static void skips_packets_before_the_lists(void **state)
{
	(void)state;
	static const char before[] = "SSH-2.0-x\n\0\0\0\4\0\2xx\0\0\0\4\3\24xx";
	CLEANUP(buffer_finish) struct buffer b = { 0 }, all = { 0 };
	struct hello h;
	build(&b, "", meets);
	size_t version = strcspn(b.data, "\n") + 1;
	assert_int_equal(buffer_append(&all, before, sizeof before - 1), 0);
	assert_int_equal(hello_parse((uint8_t *)all.data, all.len, &h), HELLO_MORE);
	assert_int_equal(buffer_append(&all, b.data + version, b.len - version), 0);
	assert_int_equal(hello_parse((uint8_t *)all.data, all.len, &h), HELLO_OK);
	assert_true(slice_is_text(h.lists[HELLO_KEX], meets[HELLO_KEX]));
	assert_true(hello_has_exchange(&h, "x,curve25519-sha256"));
	assert_false(hello_has_exchange(&h, "curve25519"));
}

static void asks_for_more_until_it_is_whole(void **state)
{
	(void)state;
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	struct hello h;
	build(&b, "hello\r\n", meets);
	for (size_t len = 0; len < b.len; len++)
		assert_int_equal(hello_parse((uint8_t *)b.data, len, &h), HELLO_MORE);
}

static const struct {
	enum hello_list list;
	const char *theirs;
	bool recorded;
	const char *words[3];
} mismatches[] = {
	{ HELLO_KEX, "sntrup761x25519-sha512@openssh.com", false,
		{ "no common key exchange", "offers sntrup", "curve25519-sha256" } },
	{ HELLO_HOST_KEY, "rsa-sha2-512,rsa-sha2-256", false,
		{ "rsa-sha2-512,rsa-sha2-256", "has ssh-ed25519", "add an ed25519 host key" } },
	{ HELLO_HOST_KEY, "rsa-sha2-512", true,
		{ "no common host key", "fleet trust --replace CLIENT", "" } },
	{ HELLO_HOST_KEY, "ssh-ed25519x", false, { "no common host key", "", "" } },
	{ HELLO_CIPHER_OUT, "aes256-gcm@openssh.com", false, { "cipher", "aes256-ctr", "" } },
	{ HELLO_CIPHER_IN, "", false, { "cipher", "offers none", "" } },
	{ HELLO_MAC_OUT, "hmac-sha2-256-etm@openssh.com", true, { "MAC", "hmac-sha2-256", "" } },
	{ HELLO_MAC_IN, ",,", false, { "MAC", "", "" } },
	{ HELLO_COMPRESSION_IN, "zlib", false, { "compression", "zlib", "" } },
	{ HELLO_KEX, "\x1b[31m", false, { "\\x1b[31m", "", "" } },
};

static void says_what_does_not_meet(void **state)
{
	(void)state;
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(mismatches); i++) {
		const char *lists[HELLO_LISTS];
		struct hello h;
		char text[512];
		memcpy(lists, meets, sizeof lists);
		lists[mismatches[i].list] = mismatches[i].theirs;
		build(&b, "", lists);
		assert_int_equal(hello_parse((uint8_t *)b.data, b.len, &h), HELLO_OK);
		enum hello_list list = hello_mismatch(&h, ours);
		assert_int_equal(list, mismatches[i].list);
		hello_explain(&h, list, ours[list], mismatches[i].recorded, text, sizeof text);
		for (size_t w = 0; w < ARRAY_LEN(mismatches[i].words); w++)
			if (!strstr(text, mismatches[i].words[w]))
				fail_msg("%s: %s", mismatches[i].words[w], text);
	}
}

/* The key is recorded, of a type that both have, and only its signature does not fit. */
static void an_old_library_cannot_use_a_recorded_rsa_key(void **state)
{
	(void)state;
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	const char *lists[HELLO_LISTS];
	struct hello h;
	char text[512];
	memcpy(lists, meets, sizeof lists);
	lists[HELLO_HOST_KEY] = "rsa-sha2-512,rsa-sha2-256";
	build(&b, "", lists);
	assert_int_equal(hello_parse((uint8_t *)b.data, b.len, &h), HELLO_OK);
	hello_explain(&h, HELLO_HOST_KEY, "ssh-rsa", true, text, sizeof text);
	assert_non_null(strstr(text, "add an ed25519 host key"));
	assert_null(strstr(text, "fleet trust"));
}

static const struct {
	const char *bytes;
	size_t len;
} bad[] = {
	{ "SSH-2.0-x\n\xff\xff\xff\xff", 14 },	 /* a packet of 4 GiB */
	{ "SSH-2.0-x\n\0\0\0\1\0", 15 },	 /* and of a byte */
	{ "SSH-2.0-x\n\0\0\0\4\x09\x14xx", 18 }, /* padding beyond its end */
	{ "SSH-2.0-x\n\0\0\0\4\0\x14xx", 18 },	 /* no cookie */
	{ "SSH-2.0-x\n\0\0\0\x18\0\x14"
	  "0123456789abcdef\xff\xff\xff\xff"
	  "xx",
		38 }, /* list too long */
};

static void refuses_what_makes_no_sense(void **state)
{
	(void)state;
	struct hello h;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (hello_parse((const uint8_t *)bad[i].bytes, bad[i].len, &h) != HELLO_BAD)
			fail_msg("row %zu", i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_the_lists),
		cmocka_unit_test(skips_packets_before_the_lists),
		cmocka_unit_test(asks_for_more_until_it_is_whole),
		cmocka_unit_test(says_what_does_not_meet),
		cmocka_unit_test(an_old_library_cannot_use_a_recorded_rsa_key),
		cmocka_unit_test(refuses_what_makes_no_sense),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
