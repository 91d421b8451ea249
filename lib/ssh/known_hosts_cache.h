#ifndef FLEET_SSH_KNOWN_HOSTS_CACHE_H
#define FLEET_SSH_KNOWN_HOSTS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/ssh/known_hosts_line.h"

/*
 * What was found out about hashed lines of known_hosts: which of a set of names each of them
 * hides, or that it hides none of them. That is arithmetic, true whatever else stands in the
 * file, so it outlives changes of the file: only new lines and new names have to be tried.
 *
 * As bytes: "fleet-known-hosts 1 NAMES LINES\n", the names, each with a newline, sorted; 44 bytes
 * a line, sorted: salt, hash, and little-endian 1 + the number of the name, or 0; and the BLAKE2b
 * of it all, so that a bent byte is not believed. Pure.
 */
struct known_hosts_cache_line {
	uint8_t id[2 * KNOWN_HOSTS_HASH_SIZE]; /* salt, hash */
	size_t name;			       /* its number; beyond the last: none of them */
};

struct known_hosts_cache {
	const char **names;
	size_t name_count;
	struct known_hosts_cache_line *lines;
	size_t line_count;
	char *text; /* of the names, when it was parsed */
};

/* -1 when the bytes are anything else but what known_hosts_cache_format() gives, or without
 * memory: then there is nothing to finish, and no harm but work to be done again. */
int known_hosts_cache_parse(
	const void *data, size_t len, struct known_hosts_cache *ret_cache) MUST_CHECK;
void known_hosts_cache_finish(struct known_hosts_cache *c);

/* Sorts the lines, each there once (as the names are already), and appends it all. */
int known_hosts_cache_format(struct known_hosts_cache *c, struct buffer *out) MUST_CHECK;

/* What is known of a line; NULL when nothing is. */
const struct known_hosts_cache_line *known_hosts_cache_find(
	const struct known_hosts_cache *c, const struct known_hosts_line *line);

bool known_hosts_cache_has_name(const struct known_hosts_cache *c, const char *name);

#endif
