#include "lib/ssh/known_hosts_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypto/hash.h"

enum {
	ID_SIZE = 2 * KNOWN_HOSTS_HASH_SIZE,
	RECORD_SIZE = ID_SIZE + 4,
	DIGEST_SIZE = HASH_BLAKE2B_SIZE,
};

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_lines(const void *a, const void *b)
{
	return memcmp(a, b, ID_SIZE); /* the first member */
}

/* ---- bytes ------------------------------------------------------------------------------ */

static void put_record(
	const struct known_hosts_cache *c, const struct known_hosts_cache_line *line, uint8_t *out)
{
	uint32_t name = line->name < c->name_count ? (uint32_t)line->name + 1 : 0;
	memcpy(out, line->id, ID_SIZE);
	for (size_t i = 0; i < 4; i++)
		out[ID_SIZE + i] = (uint8_t)(name >> (8 * i));
}

static void sort_lines(struct known_hosts_cache *c)
{
	size_t kept = 0;
	qsort(c->lines, c->line_count, sizeof *c->lines, compare_lines);
	for (size_t i = 0; i < c->line_count; i++)
		if (kept == 0 || compare_lines(&c->lines[kept - 1], &c->lines[i]) != 0)
			c->lines[kept++] = c->lines[i];
	c->line_count = kept;
}

int known_hosts_cache_format(struct known_hosts_cache *c, struct buffer *out)
{
	uint8_t record[RECORD_SIZE], sum[DIGEST_SIZE];
	size_t begin = out->len;
	sort_lines(c);
	if (buffer_printf(out, "fleet-known-hosts 1 %zu %zu\n", c->name_count, c->line_count) < 0)
		return -1;
	for (size_t i = 0; i < c->name_count; i++)
		if (buffer_printf(out, "%s\n", c->names[i]) < 0)
			return -1;
	for (size_t i = 0; i < c->line_count; i++) {
		put_record(c, &c->lines[i], record);
		if (buffer_append(out, record, sizeof record) < 0)
			return -1;
	}
	hash_blake2b(out->data + begin, out->len - begin, sum);
	return buffer_append(out, sum, sizeof sum);
}

static bool get_record(
	const struct known_hosts_cache *c, const uint8_t *in, struct known_hosts_cache_line *line)
{
	uint32_t name = 0;
	memcpy(line->id, in, ID_SIZE);
	for (size_t i = 0; i < 4; i++)
		name |= (uint32_t)in[ID_SIZE + i] << (8 * i);
	line->name = name ? name - 1 : c->name_count;
	return name <= c->name_count;
}

static bool get_records(struct known_hosts_cache *c, const uint8_t *in)
{
	for (size_t i = 0; i < c->line_count; i++)
		if (!get_record(c, in + i * RECORD_SIZE, &c->lines[i]) ||
			(i > 0 && compare_lines(&c->lines[i - 1], &c->lines[i]) >= 0))
			return false;
	return true;
}

/* Takes the names off the text, which is cut in place. NULL when they are not what they should
 * be. */
static char *get_names(struct known_hosts_cache *c, char *at, char *end)
{
	for (size_t i = 0; i < c->name_count; i++) {
		char *newline = memchr(at, '\n', (size_t)(end - at));
		if (!newline || newline == at || memchr(at, 0, (size_t)(newline - at)))
			return NULL;
		*newline = 0;
		c->names[i] = at;
		if (i > 0 && strcmp(c->names[i - 1], at) >= 0)
			return NULL;
		at = newline + 1;
	}
	return at;
}

static bool get_all(struct known_hosts_cache *c, size_t len)
{
	int head;
	if (sscanf(c->text, "fleet-known-hosts 1 %zu %zu%n", &c->name_count, &c->line_count,
		    &head) != 2 ||
		c->text[head] != '\n' || c->name_count > len || c->line_count > len / RECORD_SIZE)
		return false;
	c->names = calloc(c->name_count + 1, sizeof *c->names);
	c->lines = calloc(c->line_count + 1, sizeof *c->lines);
	if (!c->names || !c->lines)
		return false;
	const char *records = get_names(c, c->text + head + 1, c->text + len);
	return records && (size_t)(c->text + len - records) == c->line_count * RECORD_SIZE &&
	       get_records(c, (const uint8_t *)records);
}

static bool is_whole(const uint8_t *data, size_t len)
{
	uint8_t sum[DIGEST_SIZE];
	if (len < sizeof sum)
		return false;
	hash_blake2b(data, len - sizeof sum, sum);
	return memcmp(sum, data + len - sizeof sum, sizeof sum) == 0;
}

int known_hosts_cache_parse(const void *data, size_t len, struct known_hosts_cache *ret_cache)
{
	if (!is_whole(data, len))
		return -1;
	len -= DIGEST_SIZE;
	struct known_hosts_cache c = { .text = malloc(len + 1) };
	if (!c.text)
		return -1;
	memcpy(c.text, data, len);
	c.text[len] = 0;
	if (!get_all(&c, len)) {
		known_hosts_cache_finish(&c);
		return -1;
	}
	*ret_cache = c;
	return 0;
}

void known_hosts_cache_finish(struct known_hosts_cache *c)
{
	free(c->names);
	free(c->lines);
	free(c->text);
	*c = (struct known_hosts_cache){ 0 };
}

/* ---- looking up ------------------------------------------------------------------------- */

const struct known_hosts_cache_line *known_hosts_cache_find(
	const struct known_hosts_cache *c, const struct known_hosts_line *line)
{
	struct known_hosts_cache_line key;
	memcpy(key.id, line->salt, KNOWN_HOSTS_HASH_SIZE);
	memcpy(key.id + KNOWN_HOSTS_HASH_SIZE, line->hash, KNOWN_HOSTS_HASH_SIZE);
	return c->line_count ? bsearch(&key, c->lines, c->line_count, sizeof key, compare_lines)
			     : NULL;
}

bool known_hosts_cache_has_name(const struct known_hosts_cache *c, const char *name)
{
	return c->name_count &&
	       bsearch(&name, c->names, c->name_count, sizeof *c->names, compare_names);
}
