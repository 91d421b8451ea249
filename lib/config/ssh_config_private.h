#ifndef FLEET_CONFIG_SSH_CONFIG_PRIVATE_H
#define FLEET_CONFIG_SSH_CONFIG_PRIVATE_H

/*
 * Shared by ssh_config.c (lines into blocks) and ssh_config_find.c (a host among the blocks).
 *
 * A block is what stands under one Host line, as far as the next; what an Include brings stands
 * between two blocks of the same line.
 */
#include <stdbool.h>

#include "lib/config/ssh_config.h"

struct block {
	char **patterns; /* NULL-terminated; or NULL: about everybody */
	bool is_match;	 /* about nobody, as far as we can tell */
	size_t parent;	 /* the block whose Include brought it, which has to fit, too; or its own */
	struct ssh_config_value values[SSH_CONFIG_KEYS];
};

/* A name that a block is about. */
struct plain {
	const char *name;
	size_t block;
};

struct ssh_config {
	struct arena arena;
	struct block *blocks;
	size_t count, size;
	size_t current; /* the block that lines belong to */
	struct plain *plain;
	size_t plain_count;
	size_t *others; /* blocks that have patterns, or are about everybody */
	size_t other_count;
};

/* The first value counts, and of a jump and a command the first of both. */
void ssh_config_take(struct ssh_config_value *values, enum ssh_config_key key,
	const struct ssh_config_value *value);

#endif
