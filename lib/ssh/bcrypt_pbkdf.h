#ifndef FLEET_SSH_BCRYPT_PBKDF_H
#define FLEET_SSH_BCRYPT_PBKDF_H

#include <stddef.h>
#include <stdint.h>

/*
 * The key derivation that protects OpenSSH's private keys: PBKDF2 around a bcrypt of 256 bits
 * with SHA-512 (Ted Unangst, "bcrypt pbkdf", 2013). No library of ours has it.
 *
 * Fills `key` (at most 256 bytes) from a passphrase and a salt (at most 64 bytes). Each round
 * costs a few milliseconds per 32 bytes of key, on purpose.
 */
enum { BCRYPT_SALT_MAX = 64, BCRYPT_KEY_MAX = 256 };

void bcrypt_pbkdf(const void *passphrase, size_t passphrase_len, const uint8_t *salt,
	size_t salt_len, uint32_t rounds, uint8_t *key, size_t key_len);

#endif
