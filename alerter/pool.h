#ifndef FLEET_ALERTER_POOL_H
#define FLEET_ALERTER_POOL_H

#include <stddef.h>

#include "lib/compiler.h"

/*
 * Memory that lives as long as one run: states, events and texts point at each other across
 * batches, and a run is short. Zero-initialised it is empty; everything goes at once.
 */
struct pool_block;

struct pool {
	struct pool_block *blocks;
};

void pool_finish(struct pool *p);

/* Zeroed and aligned for any type; NULL without memory. */
void *pool_alloc(struct pool *p, size_t size) MUST_CHECK;

/* A copy; NULL without memory. */
const char *pool_text(struct pool *p, const char *text) MUST_CHECK;

/* Formatted text, escaped for people (escape.h) and cut at about 1000 bytes. */
const char *pool_printf(struct pool *p, const char *fmt, ...) MUST_CHECK PRINTF(2, 3);

#endif
