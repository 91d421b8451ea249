#ifndef FLEET_ARENA_H
#define FLEET_ARENA_H

#include <stddef.h>

#include "lib/compiler.h"

/*
 * Memory that is given back all at once: a configuration of ten thousand clients, or a result
 * of the database, is a hundred thousand small strings that live and die together.
 */
struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* the newest first; zero-initialised it is empty */
};

/* `size` zeroed bytes, aligned for anything. NULL without memory. */
void *arena_alloc(struct arena *a, size_t size) MUST_CHECK;

/* A copy of `len` bytes and a NUL. NULL without memory. */
char *arena_copy(struct arena *a, const void *data, size_t len) MUST_CHECK;

/* Wipes and frees everything. */
void arena_finish(struct arena *a);

#endif
