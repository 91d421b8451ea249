/*
 * Hashed lines, tried on all the names there are at once, and never twice.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "lib/ssh/known_hosts_cache.h"
#include "lib/ssh/known_hosts_hash.h"
#include "lib/ssh/known_hosts_private.h"

enum { CACHE_SIZE_MAX = 64 * 1024 * 1024 };

struct resolving {
	struct known_hosts *hosts;
	struct known_hosts_cache old, found;
	const char **fresh; /* names that the old one does not know */
	size_t fresh_count;
	size_t tried; /* lines */
};

static void resolving_finish(struct resolving *r)
{
	known_hosts_cache_finish(&r->old);
	known_hosts_cache_finish(&r->found);
	free(r->fresh);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* All names as they are hashed, sorted, each once. */
static int take_names(struct resolving *r, const struct known_hosts_query *queries, size_t count)
{
	struct known_hosts_cache *f = &r->found;
	char name[KNOWN_HOSTS_NAME_SIZE];
	size_t kept = 0;
	f->names = calloc(count + 1, sizeof *f->names);
	if (!f->names)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (known_hosts_name(name, queries[i].host, queries[i].port) < 0)
			continue;
		f->names[kept] = arena_copy(&r->hosts->arena, name, strlen(name));
		if (!f->names[kept++])
			return -1;
	}
	qsort(f->names, kept, sizeof *f->names, compare_names);
	for (size_t i = 0; i < kept; i++)
		if (f->name_count == 0 || strcmp(f->names[f->name_count - 1], f->names[i]) != 0)
			f->names[f->name_count++] = f->names[i];
	return 0;
}

/* A cache that cannot be read is one that knows nothing. */
static int load_cache(struct resolving *r, const char *path)
{
	CLEANUP(buffer_finish) struct buffer bytes = { 0 };
	if (file_read(path, FILE_TRUSTED, CACHE_SIZE_MAX, &bytes, NULL) == 0)
		(void)!known_hosts_cache_parse(bytes.data, bytes.len, &r->old);
	r->fresh = calloc(r->found.name_count + 1, sizeof *r->fresh);
	if (!r->fresh)
		return -1;
	for (size_t i = 0; i < r->found.name_count; i++)
		if (!known_hosts_cache_has_name(&r->old, r->found.names[i]))
			r->fresh[r->fresh_count++] = r->found.names[i];
	return 0;
}

/* Which of these names the line hides, NULL when none. */
static const char *try_names(const struct known_hosts_line *line, const char **names, size_t count)
{
	size_t at = known_hosts_hash_find(line->salt, line->hash, names, count);
	return at < count ? names[at] : NULL;
}

static const char *resolve_line(struct resolving *r, const struct known_hosts_line *line)
{
	const struct known_hosts_cache_line *old = known_hosts_cache_find(&r->old, line);
	const struct known_hosts_cache *f = &r->found;
	if (old && old->name < r->old.name_count)
		return r->old.names[old->name];
	const char **names = old ? r->fresh : f->names;
	size_t count = old ? r->fresh_count : f->name_count;
	r->tried += count > 0 || !old;
	return try_names(line, names, count);
}

static size_t number_of(const struct known_hosts_cache *c, const char *name)
{
	const char **at = name && c->name_count ? bsearch(&name, c->names, c->name_count,
							  sizeof *c->names, compare_names)
						: NULL;
	return at ? (size_t)(at - c->names) : c->name_count;
}

static int resolve_lines(struct resolving *r)
{
	struct known_hosts *k = r->hosts;
	struct known_hosts_cache *f = &r->found;
	f->lines = calloc((size_t)k->line_count + 1, sizeof *f->lines);
	if (!f->lines)
		return -1;
	for (int i = k->first_hashed; i != NONE; i = k->lines[i].next_slow) {
		const struct known_hosts_line *line = &k->lines[i].line;
		struct known_hosts_cache_line *to = &f->lines[f->line_count++];
		memcpy(to->id, line->salt, KNOWN_HOSTS_HASH_SIZE);
		memcpy(to->id + KNOWN_HOSTS_HASH_SIZE, line->hash, KNOWN_HOSTS_HASH_SIZE);
		to->name = number_of(f, resolve_line(r, line));
		if (to->name < f->name_count && known_hosts_add_name(k, f->names[to->name], i) < 0)
			return -1;
	}
	for (size_t i = 0; i < f->name_count; i++)
		if (known_hosts_add_name(k, f->names[i], NONE) < 0)
			return -1;
	return known_hosts_index(k);
}

/* Names that are gone are only forgotten with something new: what the cache says stays true. */
static int save_cache(struct resolving *r, const char *path, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer bytes = { 0 };
	if (r->tried == 0)
		return 0;
	if (known_hosts_cache_format(&r->found, &bytes) < 0)
		return error_set(err, "%s: out of memory", path);
	return file_write(path, bytes.data, bytes.len, 0600, err);
}

int known_hosts_resolve(struct known_hosts *k, const struct known_hosts_query *queries,
	size_t count, const char *cache, struct error *err)
{
	CLEANUP(resolving_finish) struct resolving r = { .hosts = k };
	if (k->first_hashed == NONE || count == 0)
		return 0;
	if (take_names(&r, queries, count) < 0 || load_cache(&r, cache) < 0 ||
		resolve_lines(&r) < 0)
		return error_set(err, "%s: out of memory", cache);
	return save_cache(&r, cache, err);
}
