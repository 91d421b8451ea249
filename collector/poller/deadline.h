#ifndef FLEET_COLLECTOR_POLLER_DEADLINE_H
#define FLEET_COLLECTOR_POLLER_DEADLINE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

/*
 * Which deadline comes next, over thousands of them: a binary heap of what its owners embed.
 */
struct deadline {
	int64_t at_ms; /* monotonic */
	size_t place;  /* in the heap, from 1; 0 = not queued. Private */
};

struct deadlines {
	struct deadline **items; /* to be read only, in no order to rely on */
	size_t count, size;
};

/* Queues it, or moves it when it is queued already. -1 without memory; moving cannot fail. */
int deadlines_set(struct deadlines *q, struct deadline *d, int64_t at_ms) MUST_CHECK;

/* Accepts one that is not queued. */
void deadlines_remove(struct deadlines *q, struct deadline *d);

/* The earliest, or NULL. */
struct deadline *deadlines_first(const struct deadlines *q);

void deadlines_finish(struct deadlines *q);

#endif
