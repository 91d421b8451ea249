#ifndef FLEET_SSH_BCRYPT_PBKDF_H
#define FLEET_SSH_BCRYPT_PBKDF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/crypto/hash.h"

/*
 * The key derivation that protects OpenSSH's private keys: PBKDF2 around a bcrypt of 256 bits
 * with SHA-512 (Ted Unangst, "bcrypt pbkdf", 2013). No library of ours has it.
 *
 * It takes its time on purpose, some milliseconds a round and 32 bytes of key, so it can be had in
 * steps, between which other work is done.
 */
enum {
	BCRYPT_SALT_MAX = 64,
	BCRYPT_KEY_MAX = 256,
	BCRYPT_HASH_SIZE = 32,
	BCRYPT_DIGEST_SIZE = HASH_SHA512_SIZE,
};

/* Holds secrets: the caller wipes it. */
struct bcrypt_pbkdf {
	uint8_t key[BCRYPT_KEY_MAX]; /* the result, once it is complete */

	size_t key_len, salt_len, block; /* private */
	uint32_t rounds, round;
	uint8_t passphrase[BCRYPT_DIGEST_SIZE];
	uint8_t salt[BCRYPT_SALT_MAX + 4];
	uint8_t hash[BCRYPT_HASH_SIZE], sum[BCRYPT_HASH_SIZE];
};

void bcrypt_pbkdf_begin(struct bcrypt_pbkdf *p, const void *passphrase, size_t passphrase_len,
	const uint8_t *salt, size_t salt_len, uint32_t rounds, size_t key_len);

/* One round. True when the key is complete, after which it is not to be called again. */
bool bcrypt_pbkdf_step(struct bcrypt_pbkdf *p);

#endif
