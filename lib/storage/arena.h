#ifndef FLEET_STORAGE_ARENA_H
#define FLEET_STORAGE_ARENA_H

#include <stddef.h>

#include "lib/compiler.h"

/*
 * Memory that is given back all at once: the strings of a result, the entries of the cache.
 * Zero-initialised it is empty.
 */
struct arena {
	struct arena_block *blocks;
};

/* `size` bytes, aligned for anything, or NULL. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;

/* A copy with a NUL after it, or NULL. */
char *arena_copy(struct arena *a, const void *data, size_t len) MUST_CHECK;

void arena_finish(struct arena *a);

#endif
