#ifndef FLEET_COLLECTOR_SPOOL_OUTCOMES_H
#define FLEET_COLLECTOR_SPOOL_OUTCOMES_H

#include "collector/spool/proof.h"

/*
 * The outcome lines of one cycle, from the files of all its pollers.
 */
struct outcomes {
	struct spool_outcome *items; /* by attempt; one an attempt */
	size_t count, size;
	size_t malformed; /* lines that were dropped, a cut last one and forged ones included */
};

/* Appends the lines of one file's bytes that bear the proof of one of the keys; NULL: all. Each
 * file has lines of its own cycle only, whatever the lines say. However often a poller says
 * something of its hosts, what is held is twice as many as it has of them. -1 only without
 * memory. */
int outcomes_add(struct outcomes *o, const struct keyring *ring, uint64_t cycle_id,
	const char *data, size_t len, struct error *err) MUST_CHECK;

/* Sorts, once all are there. Of two lines of one attempt (a poller's, and the parent's after
 * the poller died) the parent's stays, unless the other says ok. */
void outcomes_sort(struct outcomes *o);

void outcomes_finish(struct outcomes *o);

#endif
