#ifndef FLEET_CRYPTO_HASH_H
#define FLEET_CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * SHA-2 (RFC 6234) and BLAKE2b (RFC 7693) of bytes that are all there, by libsodium, which need not
 * be started for it.
 */
enum {
	HASH_SHA256_SIZE = 32,
	HASH_SHA512_SIZE = 64,
	HASH_BLAKE2B_SIZE = 32,
	HASH_DIGEST_SIZE = 16
};

void hash_sha256(const void *data, size_t len, uint8_t ret_hash[static HASH_SHA256_SIZE]);
void hash_sha512(const void *data, size_t len, uint8_t ret_hash[static HASH_SHA512_SIZE]);

/* BLAKE2b-256. */
void hash_blake2b(const void *data, size_t len, uint8_t ret_hash[static HASH_BLAKE2B_SIZE]);

/* BLAKE2b-128: the digest of a frame, of a probe, of a stored report. */
void hash_digest(const void *data, size_t len, uint8_t ret_digest[static HASH_DIGEST_SIZE]);

#endif
