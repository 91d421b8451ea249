#ifndef FLEET_SSH_BLOWFISH_H
#define FLEET_SSH_BLOWFISH_H

#include <stddef.h>
#include <stdint.h>

/*
 * Blowfish (Schneier, 1993) as bcrypt uses it: the cipher, and the two ways of mixing a key
 * into its state. Not for encrypting anything.
 */
struct blowfish {
	uint32_t p[18];
	uint32_t s[4][256];
};

/* The state before any key: the first 33,344 bits of pi behind the point. */
void blowfish_init(struct blowfish *b);

/* Mixes in a key; `salt` goes through the cipher on the way and may be NULL. */
void blowfish_expand(struct blowfish *b, const uint8_t *salt, size_t salt_len, const uint8_t *key,
	size_t key_len);

void blowfish_encrypt(const struct blowfish *b, uint32_t *left, uint32_t *right);

#endif
