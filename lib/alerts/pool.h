#ifndef FLEET_ALERTS_POOL_H
#define FLEET_ALERTS_POOL_H

#include "lib/arena.h"
#include "lib/compiler.h"

/*
 * Texts in the arena of a run: states, events and texts point at each other across batches, a
 * run is short, and everything goes at once. NULL without memory.
 */
const char *pool_text(struct arena *a, const char *text) MUST_CHECK;

/* Formatted, escaped for people (escape.h) and cut at about 1000 bytes. */
const char *pool_printf(struct arena *a, const char *fmt, ...) MUST_CHECK PRINTF(2, 3);

#endif
