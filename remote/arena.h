#ifndef FLEET_REMOTE_ARENA_H
#define FLEET_REMOTE_ARENA_H

#include <stddef.h>

#include "lib/compiler.h"

/*
 * All the memory the probe ever asks the kernel for, taken once. What a client's files can
 * make it use is bounded by this, and running out is noticed at the start.
 */
struct arena {
	char *data;
	size_t used, size;
};

int arena_init(struct arena *a, size_t size) MUST_CHECK;

/* Zeroed, aligned for any type. Returns NULL when `len` does not fit. Nothing is given back. */
void *arena_take(struct arena *a, size_t len) MUST_CHECK;

#endif
