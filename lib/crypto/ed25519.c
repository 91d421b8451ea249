#include "lib/crypto/ed25519.h"

#include <sodium.h>

_Static_assert(ED25519_SEED_SIZE == crypto_sign_SEEDBYTES, "see ed25519.h");
_Static_assert(ED25519_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "see ed25519.h");
_Static_assert(ED25519_SECRET_SIZE == crypto_sign_SECRETKEYBYTES, "see ed25519.h");
_Static_assert(ED25519_SIGNATURE_SIZE == crypto_sign_BYTES, "see ed25519.h");

void ed25519_from_seed(const uint8_t seed[static ED25519_SEED_SIZE],
	uint8_t ret_public[static ED25519_PUBLIC_SIZE],
	uint8_t ret_secret[static ED25519_SECRET_SIZE])
{
	(void)crypto_sign_seed_keypair(ret_public, ret_secret, seed);
}

void ed25519_sign(const uint8_t secret[static ED25519_SECRET_SIZE], const void *data, size_t len,
	uint8_t ret_signature[static ED25519_SIGNATURE_SIZE])
{
	(void)crypto_sign_detached(ret_signature, NULL, data, len, secret);
}
