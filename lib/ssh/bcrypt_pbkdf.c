#include "lib/ssh/bcrypt_pbkdf.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "lib/ssh/blowfish.h"

enum { HASH_SIZE = 32, HASH_WORDS = HASH_SIZE / 4, DIGEST_SIZE = crypto_hash_sha512_BYTES };

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
	sodium_memzero(&b, sizeof b);
	sodium_memzero(words, sizeof words);
}

/* One block of PBKDF2: the exclusive or of `rounds` hashes, each salted with the one before. */
static void derive_block(const uint8_t *passphrase, const uint8_t *salt, size_t salt_len,
	uint32_t rounds, uint8_t ret_block[static HASH_SIZE])
{
	uint8_t hash[HASH_SIZE], digest[DIGEST_SIZE];
	(void)crypto_hash_sha512(digest, salt, salt_len);
	bcrypt_hash(passphrase, digest, hash);
	memcpy(ret_block, hash, HASH_SIZE);
	for (uint32_t i = 1; i < rounds; i++) {
		(void)crypto_hash_sha512(digest, hash, HASH_SIZE);
		bcrypt_hash(passphrase, digest, hash);
		for (size_t k = 0; k < HASH_SIZE; k++)
			ret_block[k] ^= hash[k];
	}
	sodium_memzero(hash, sizeof hash);
	sodium_memzero(digest, sizeof digest);
}

void bcrypt_pbkdf(const void *passphrase, size_t passphrase_len, const uint8_t *salt,
	size_t salt_len, uint32_t rounds, uint8_t *key, size_t key_len)
{
	assert(salt_len <= BCRYPT_SALT_MAX && key_len <= BCRYPT_KEY_MAX);
	uint8_t digest[DIGEST_SIZE], block[HASH_SIZE], counted[BCRYPT_SALT_MAX + 4];
	size_t blocks = (key_len + HASH_SIZE - 1) / HASH_SIZE;
	(void)crypto_hash_sha512(digest, passphrase, passphrase_len);
	if (salt_len)
		memcpy(counted, salt, salt_len);
	for (size_t b = 0; b < blocks; b++) {
		const uint8_t number[4] = { 0, 0, 0, (uint8_t)(b + 1) };
		memcpy(counted + salt_len, number, sizeof number);
		derive_block(digest, counted, salt_len + sizeof number, rounds, block);
		/* Blocks are dealt out byte by byte, so that each is needed for every part. */
		for (size_t i = 0; i < HASH_SIZE && i * blocks + b < key_len; i++)
			key[i * blocks + b] = block[i];
	}
	sodium_memzero(digest, sizeof digest);
	sodium_memzero(block, sizeof block);
}
