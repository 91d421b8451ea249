#include "lib/crypto/hash.h"

#include <sodium.h>

_Static_assert(HASH_SHA256_SIZE == crypto_hash_sha256_BYTES, "see hash.h");
_Static_assert(HASH_SHA512_SIZE == crypto_hash_sha512_BYTES, "see hash.h");
_Static_assert(HASH_BLAKE2B_SIZE == crypto_generichash_BYTES, "see hash.h");

void hash_sha256(const void *data, size_t len, uint8_t ret_hash[static HASH_SHA256_SIZE])
{
	(void)crypto_hash_sha256(ret_hash, data, len);
}

void hash_sha512(const void *data, size_t len, uint8_t ret_hash[static HASH_SHA512_SIZE])
{
	(void)crypto_hash_sha512(ret_hash, data, len);
}

void hash_blake2b(const void *data, size_t len, uint8_t ret_hash[static HASH_BLAKE2B_SIZE])
{
	(void)crypto_generichash(ret_hash, HASH_BLAKE2B_SIZE, data, len, NULL, 0);
}

void hash_digest(const void *data, size_t len, uint8_t ret_digest[static HASH_DIGEST_SIZE])
{
	(void)crypto_generichash(ret_digest, HASH_DIGEST_SIZE, data, len, NULL, 0);
}
