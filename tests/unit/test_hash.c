#include "tests/unit/unit.h"

#include "lib/crypto/hash.h"
#include "lib/hex.h"

/* Of "abc": FIPS 180-2, appendices B.1 and C.1; for BLAKE2b-256 what b2sum -l 256 says. */
static void those_of_abc(void **state)
{
	(void)state;
	uint8_t hash[HASH_SHA512_SIZE];
	char hex[2 * sizeof hash + 1];
	hash_sha256("abc", 3, hash);
	assert_string_equal(hex_encode(hex, hash, HASH_SHA256_SIZE),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hash_sha512("abc", 3, hash);
	assert_string_equal(hex_encode(hex, hash, HASH_SHA512_SIZE),
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
	hash_blake2b("abc", 3, hash);
	assert_string_equal(hex_encode(hex, hash, HASH_BLAKE2B_SIZE),
		"bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
}

static void digests_are_blake2b(void **state)
{
	(void)state;
	uint8_t digest[HASH_DIGEST_SIZE];
	char hex[2 * sizeof digest + 1];
	hash_digest("abc", 3, digest); /* as `b2sum -l 128` */
	assert_string_equal(
		hex_encode(hex, digest, sizeof digest), "cf4ab791c62b8d2b2109c90275287816");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_of_abc),
		cmocka_unit_test(digests_are_blake2b),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
