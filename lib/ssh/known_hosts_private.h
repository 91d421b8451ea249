#ifndef FLEET_SSH_KNOWN_HOSTS_PRIVATE_H
#define FLEET_SSH_KNOWN_HOSTS_PRIVATE_H

#include "lib/arena.h"
#include "lib/ssh/known_hosts_line.h"

/*
 * Shared by known_hosts.c and known_hosts_resolve.c.
 */
enum { NONE = -1 };

struct line {
	struct known_hosts_line line;
	int next_slow; /* next line that has to be compared one by one */
};

/* A plain name of a line; or one that was resolved, with a hashed line that is its, and once
 * with NONE, which says that there are no more of those. */
struct name {
	const char *text;
	int line, next;
};

struct known_hosts {
	char *text; /* fields end with NUL, keys are decoded */
	struct line *lines;
	int line_count;
	size_t lines_size;
	struct name *names;
	int name_count;
	size_t names_size;
	int *buckets; /* first name of each, or NONE */
	size_t bucket_count;
	int first_hashed, first_pattern;
	struct arena arena; /* of resolved names */
};

/* Adds a name, lower case and not copied, to those that known_hosts_index() puts into the hash
 * table. -1 without memory. */
int known_hosts_add_name(struct known_hosts *k, const char *text, int line) MUST_CHECK;
int known_hosts_index(struct known_hosts *k) MUST_CHECK;

#endif
