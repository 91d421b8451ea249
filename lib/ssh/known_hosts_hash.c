/*
 * Ten thousand names on ten thousand lines are 10^8 HMACs, and with HMAC() half of each goes into
 * looking up the digest and hashing the salt. So the salt is hashed once a line, by the functions
 * that OpenSSL 3 would rather have replaced by EVP, whose contexts cost more to copy than to use.
 */
#define OPENSSL_API_COMPAT 0x10100000L

#include "lib/ssh/known_hosts_hash.h"

#include <openssl/sha.h>
#include <string.h>

enum { PAD_INNER = 0x36, PAD_OUTER = 0x5c };

static void begin(SHA_CTX *ctx, const uint8_t *salt, uint8_t pad)
{
	uint8_t block[SHA_CBLOCK];
	memset(block, pad, sizeof block);
	for (size_t i = 0; i < KNOWN_HOSTS_HASH_SIZE; i++)
		block[i] ^= salt[i];
	(void)SHA1_Init(ctx);
	(void)SHA1_Update(ctx, block, sizeof block);
}

static void finish(
	SHA_CTX ctx, const void *data, size_t len, uint8_t ret_digest[static SHA_DIGEST_LENGTH])
{
	(void)SHA1_Update(&ctx, data, len);
	(void)SHA1_Final(ret_digest, &ctx);
}

size_t known_hosts_hash_find(const uint8_t salt[static KNOWN_HOSTS_HASH_SIZE],
	const uint8_t hash[static KNOWN_HOSTS_HASH_SIZE], const char *const *names, size_t count)
{
	SHA_CTX inner, outer;
	uint8_t digest[SHA_DIGEST_LENGTH];
	begin(&inner, salt, PAD_INNER);
	begin(&outer, salt, PAD_OUTER);
	for (size_t i = 0; i < count; i++) {
		finish(inner, names[i], strlen(names[i]), digest);
		finish(outer, digest, sizeof digest, digest);
		if (memcmp(digest, hash, sizeof digest) == 0)
			return i;
	}
	return count;
}
