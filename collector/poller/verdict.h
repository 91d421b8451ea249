#ifndef FLEET_COLLECTOR_POLLER_VERDICT_H
#define FLEET_COLLECTOR_POLLER_VERDICT_H

#include "lib/compiler.h"
#include "lib/outcome.h"

/* How one attempt ended, where, and in words for people. */
struct verdict {
	enum outcome outcome;
	enum stage stage;
	char reason[512]; /* escaped: parts of it may come from the host */
};

void verdict_set(struct verdict *v, enum outcome outcome, enum stage stage, const char *fmt, ...)
	PRINTF(4, 5);

#endif
