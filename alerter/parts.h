#ifndef FLEET_ALERTER_PARTS_H
#define FLEET_ALERTER_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/storage/storage.h"

/*
 * What a run stores, in parts of a transaction each, so that who writes beside it (the collector)
 * never waits for all of it. What one part leaves undone the next run finds: events are marked as
 * told after all that tells them is there. A message is never divided.
 */
enum {
	PARTS_ROWS = 4000, /* some 50 ms on SQLite */
	PARTS_MESSAGE = 8, /* a message costs as much as so many short rows */
};

struct parts {
	const struct composed *all;
	size_t items, done, deferred, events; /* so many are in parts already */
};

/* The next part; false when there is none. */
bool parts_next(struct parts *p, struct composed *ret_part);

/* Between two parts: lets somebody else write. */
void parts_yield(void);

#endif
