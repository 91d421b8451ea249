#ifndef FLEET_CRYPTO_ED25519_H
#define FLEET_CRYPTO_ED25519_H

#include <stddef.h>
#include <stdint.h>

/*
 * Ed25519 (RFC 8032). The secret key is libsodium's and OpenSSH's: the seed, then the public key.
 */
enum {
	ED25519_SEED_SIZE = 32,
	ED25519_PUBLIC_SIZE = 32,
	ED25519_SECRET_SIZE = 64,
	ED25519_SIGNATURE_SIZE = 64,
};

void ed25519_from_seed(const uint8_t seed[static ED25519_SEED_SIZE],
	uint8_t ret_public[static ED25519_PUBLIC_SIZE],
	uint8_t ret_secret[static ED25519_SECRET_SIZE]);

void ed25519_sign(const uint8_t secret[static ED25519_SECRET_SIZE], const void *data, size_t len,
	uint8_t ret_signature[static ED25519_SIGNATURE_SIZE]);

#endif
