#include "lib/ssh/bcrypt_pbkdf.h"

#include <assert.h>
#include <string.h>

#include "lib/crypto/guarded.h"
#include "lib/ssh/blowfish.h"

enum {
	HASH_SIZE = BCRYPT_HASH_SIZE,
	HASH_WORDS = HASH_SIZE / 4,
	DIGEST_SIZE = BCRYPT_DIGEST_SIZE,
};

/* bcrypt of two digests: 2^6 rounds of key mixing, then a fixed text encrypted 64 times. */
static void bcrypt_hash(
	const uint8_t *passphrase, const uint8_t *salt, uint8_t ret_hash[static HASH_SIZE])
{
	static const uint8_t text[] = "OxychromaticBlowfishSwatDynamite";
	struct blowfish b;
	uint32_t words[HASH_WORDS];
	blowfish_init(&b);
	blowfish_expand(&b, salt, DIGEST_SIZE, passphrase, DIGEST_SIZE);
	for (int i = 0; i < 64; i++) {
		blowfish_expand(&b, NULL, 0, salt, DIGEST_SIZE);
		blowfish_expand(&b, NULL, 0, passphrase, DIGEST_SIZE);
	}
	for (size_t i = 0; i < HASH_WORDS; i++)
		words[i] = (uint32_t)text[4 * i] << 24 | (uint32_t)text[4 * i + 1] << 16 |
			   (uint32_t)text[4 * i + 2] << 8 | text[4 * i + 3];
	for (int i = 0; i < 64; i++)
		for (size_t w = 0; w < HASH_WORDS; w += 2)
			blowfish_encrypt(&b, &words[w], &words[w + 1]);
	for (size_t i = 0; i < HASH_SIZE; i++) /* little-endian, unlike the way in */
		ret_hash[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
	guarded_wipe(&b, sizeof b);
	guarded_wipe(words, sizeof words);
}

void bcrypt_pbkdf_begin(struct bcrypt_pbkdf *p, const void *passphrase, size_t passphrase_len,
	const uint8_t *salt, size_t salt_len, uint32_t rounds, size_t key_len)
{
	assert(salt_len > 0 && salt_len <= BCRYPT_SALT_MAX && rounds > 0);
	assert(key_len > 0 && key_len <= BCRYPT_KEY_MAX);
	*p = (struct bcrypt_pbkdf){ .key_len = key_len, .salt_len = salt_len, .rounds = rounds };
	memcpy(p->salt, salt, salt_len);
	hash_sha512(passphrase, passphrase_len, p->passphrase);
}

/* The first round of a block is salted with its number, each other with the one before. */
static void hash_salt(const struct bcrypt_pbkdf *p, uint8_t ret_digest[static DIGEST_SIZE])
{
	uint8_t salt[sizeof p->salt];
	const uint8_t number[4] = { 0, 0, 0, (uint8_t)(p->block + 1) };
	if (p->round > 0) {
		hash_sha512(p->hash, HASH_SIZE, ret_digest);
		return;
	}
	memcpy(salt, p->salt, p->salt_len);
	memcpy(salt + p->salt_len, number, sizeof number);
	hash_sha512(salt, p->salt_len + sizeof number, ret_digest);
}

/* Blocks are dealt out byte by byte, so that each is needed for every part of the key. True when
 * this was the last one. */
static bool finish_block(struct bcrypt_pbkdf *p)
{
	size_t blocks = (p->key_len + HASH_SIZE - 1) / HASH_SIZE;
	for (size_t i = 0; i < HASH_SIZE && i * blocks + p->block < p->key_len; i++)
		p->key[i * blocks + p->block] = p->sum[i];
	memset(p->sum, 0, sizeof p->sum);
	p->round = 0;
	return ++p->block == blocks;
}

bool bcrypt_pbkdf_step(struct bcrypt_pbkdf *p)
{
	uint8_t digest[DIGEST_SIZE];
	hash_salt(p, digest);
	bcrypt_hash(p->passphrase, digest, p->hash);
	for (size_t i = 0; i < HASH_SIZE; i++)
		p->sum[i] ^= p->hash[i];
	guarded_wipe(digest, sizeof digest);
	return ++p->round == p->rounds && finish_block(p);
}
