/*
 * Blowfish starts from pi. Rather than four pages of constants that nobody can check, they are
 * computed, once and only when an encrypted key is read, by Machin's formula of 1706:
 *
 *   pi = 16 arctan(1/5) - 4 arctan(1/239)
 */
#include "lib/ssh/blowfish.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

enum {
	STATE_WORDS = 18 + 4 * 256,
	WHOLE = 1, /* words before the point */
	GUARD = 2, /* words behind the state, for rounding */
	PI_WORDS = WHOLE + STATE_WORDS + GUARD,
};

/* A fixed-point number, most significant word first. */
typedef uint32_t fixed[PI_WORDS];

/* x /= divisor; words before `first` are 0. Returns the first word that is not. */
static int divide(fixed x, uint32_t divisor, int first)
{
	uint64_t rest = 0;
	for (int i = first; i < PI_WORDS; i++) {
		rest = rest << 32 | x[i];
		x[i] = (uint32_t)(rest / divisor);
		rest %= divisor;
	}
	while (first < PI_WORDS && x[first] == 0)
		first++;
	return first;
}

static void add(fixed sum, const fixed x)
{
	uint64_t carry = 0;
	for (int i = PI_WORDS - 1; i >= 0; i--) {
		carry += (uint64_t)sum[i] + x[i];
		sum[i] = (uint32_t)carry;
		carry >>= 32;
	}
}

static void subtract(fixed sum, const fixed x)
{
	int64_t borrow = 0;
	for (int i = PI_WORDS - 1; i >= 0; i--) {
		borrow += (int64_t)sum[i] - x[i];
		sum[i] = (uint32_t)borrow;
		borrow = borrow < 0 ? -1 : 0;
	}
}

/* sum ± factor * arctan(1/n), by Gregory's series. */
static void add_arctan(fixed sum, uint32_t factor, uint32_t n, bool negative)
{
	fixed power = { factor * n }, term; /* factor / n^(2k - 1) */
	int first = 0;
	for (uint32_t k = 1; first < PI_WORDS; k += 2) {
		first = divide(power, n * n, first);
		memcpy(term, power, sizeof term);
		(void)divide(term, k, first);
		if (negative)
			subtract(sum, term);
		else
			add(sum, term);
		negative = !negative;
	}
}

void blowfish_init(struct blowfish *b)
{
	static fixed pi;
	if (pi[0] == 0) {
		add_arctan(pi, 16, 5, false);
		add_arctan(pi, 4, 239, true);
	}
	assert(pi[0] == 3);
	memcpy(b->p, pi + WHOLE, sizeof b->p);
	memcpy(b->s, pi + WHOLE + 18, sizeof b->s);
}

static uint32_t mix(const struct blowfish *b, uint32_t x)
{
	return ((b->s[0][x >> 24] + b->s[1][x >> 16 & 255]) ^ b->s[2][x >> 8 & 255]) +
	       b->s[3][x & 255];
}

void blowfish_encrypt(const struct blowfish *b, uint32_t *left, uint32_t *right)
{
	uint32_t l = *left ^ b->p[0], r = *right;
	for (int i = 1; i <= 16; i += 2) {
		r ^= mix(b, l) ^ b->p[i];
		l ^= mix(b, r) ^ b->p[i + 1];
	}
	*left = r ^ b->p[17];
	*right = l;
}

/* The next 32 bits of a key that is read round and round. */
static uint32_t next_word(const uint8_t *data, size_t len, size_t *at)
{
	uint32_t word = 0;
	for (int i = 0; i < 4; i++) {
		word = word << 8 | data[*at];
		*at = (*at + 1) % len;
	}
	return word;
}

static void refill(struct blowfish *b, uint32_t *words, size_t count, uint32_t block[static 2],
	const uint8_t *salt, size_t salt_len, size_t *at)
{
	for (size_t i = 0; i < count; i += 2) {
		if (salt) {
			block[0] ^= next_word(salt, salt_len, at);
			block[1] ^= next_word(salt, salt_len, at);
		}
		blowfish_encrypt(b, &block[0], &block[1]);
		words[i] = block[0];
		words[i + 1] = block[1];
	}
}

void blowfish_expand(struct blowfish *b, const uint8_t *salt, size_t salt_len, const uint8_t *key,
	size_t key_len)
{
	uint32_t block[2] = { 0, 0 };
	size_t at = 0;
	for (size_t i = 0; i < 18; i++)
		b->p[i] ^= next_word(key, key_len, &at);
	at = 0;
	refill(b, b->p, 18, block, salt, salt_len, &at);
	for (int i = 0; i < 4; i++)
		refill(b, b->s[i], 256, block, salt, salt_len, &at);
}
