/*
 * A host among the blocks. Those that name it as it is are found by bisection, for there may be ten
 * thousand of them; the others are tried one by one.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/config/ssh_config_private.h"
#include "lib/pattern.h"

static bool has_values(const struct block *block)
{
	for (size_t i = 0; i < SSH_CONFIG_KEYS; i++)
		if (block->values[i].text)
			return true;
	return false;
}

/* How many names a block has, when that is all it has; otherwise 0. */
static size_t count_plain(const struct block *block)
{
	size_t count = 0;
	for (char **p = block->patterns; p && *p; p++, count++)
		if (strpbrk(*p, "*?!"))
			return 0;
	return count;
}

static int compare_plain(const void *a, const void *b)
{
	const struct plain *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x->block > y->block) - (x->block < y->block);
}

static void index_block(struct ssh_config *c, size_t i)
{
	const struct block *block = &c->blocks[i];
	size_t names = count_plain(block);
	for (size_t k = 0; k < names; k++)
		c->plain[c->plain_count++] = (struct plain){ block->patterns[k], i };
	if (names == 0)
		c->others[c->other_count++] = i;
}

int ssh_config_index(struct ssh_config *c)
{
	size_t names = 0;
	for (size_t i = 0; i < c->count; i++)
		names += count_plain(&c->blocks[i]);
	c->plain = calloc(names + 1, sizeof *c->plain);
	c->others = calloc(c->count + 1, sizeof *c->others);
	if (!c->plain || !c->others)
		return -1;
	for (size_t i = 0; i < c->count; i++)
		if (has_values(&c->blocks[i]) && !c->blocks[i].is_match)
			index_block(c, i);
	qsort(c->plain, c->plain_count, sizeof *c->plain, compare_plain);
	return 0;
}

/* ---- looking up ------------------------------------------------------------------------- */

/* One with `!` that fits outweighs all others. */
static bool is_about(char **patterns, const char *host)
{
	bool fits = false;
	for (; *patterns; patterns++) {
		bool negated = **patterns == '!';
		const char *pattern = *patterns + negated;
		if (!pattern_matches(pattern, strlen(pattern), host, strlen(host)))
			continue;
		if (negated)
			return false;
		fits = true;
	}
	return fits;
}

/* Whether a block is about the host, and so are those that included it. */
static bool applies(const struct ssh_config *c, size_t i, const char *host)
{
	for (;; i = c->blocks[i].parent) {
		const struct block *block = &c->blocks[i];
		if (block->is_match || (block->patterns && !is_about(block->patterns, host)))
			return false;
		if (block->parent == i)
			return true;
	}
}

/* The first of those with this name. */
static const struct plain *find_plain(const struct ssh_config *c, const char *host)
{
	size_t low = 0, high = c->plain_count;
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (strcmp(c->plain[middle].name, host) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return &c->plain[low];
}

/* Both lists in the order of the lines. */
void ssh_config_find(const struct ssh_config *c, const char *host,
	struct ssh_config_value ret_values[static SSH_CONFIG_KEYS])
{
	const struct plain *named = find_plain(c, host), *end = c->plain + c->plain_count;
	size_t other = 0;
	memset(ret_values, 0, SSH_CONFIG_KEYS * sizeof *ret_values);
	for (;;) {
		bool is_named = named < end && strcmp(named->name, host) == 0;
		bool is_other = other < c->other_count;
		if (!is_named && !is_other)
			return;
		is_named = is_named && (!is_other || named->block < c->others[other]);
		size_t i = is_named ? named++->block : c->others[other++];
		for (size_t k = 0; k < SSH_CONFIG_KEYS && applies(c, i, host); k++)
			if (c->blocks[i].values[k].text)
				ssh_config_take(ret_values, (enum ssh_config_key)k,
					&c->blocks[i].values[k]);
	}
}

static const char *find_token(const struct ssh_config_token *tokens, char letter)
{
	if (letter == '%')
		return "%";
	for (; tokens->letter; tokens++)
		if (tokens->letter == letter)
			return tokens->text;
	return NULL;
}

int ssh_config_expand(
	const char *value, const struct ssh_config_token *tokens, char *out, size_t size)
{
	size_t used = 0;
	for (; *value; value++) {
		const char plain[] = { *value, 0 };
		const char *add = *value == '%' ? find_token(tokens, value[1]) : plain;
		size_t len = add ? strlen(add) : size;
		if (len >= size - used)
			return -1;
		memcpy(out + used, add, len);
		used += len;
		value += *value == '%';
	}
	out[used] = 0;
	return 0;
}
