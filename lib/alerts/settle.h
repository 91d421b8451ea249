#ifndef FLEET_ALERTS_SETTLE_H
#define FLEET_ALERTS_SETTLE_H

#include <stdint.h>

#include "lib/alerts/book.h"
#include "lib/error.h"

/*
 * What no single sample decides, after all of them were evaluated: who cannot be reached and under
 * what that is told, whether the collector runs, rules that count or measure age, rows whose rule
 * or client is gone, who hears now of what was held, and to whom it goes when nobody acknowledged
 * it.
 */
struct collector_look {
	uint64_t running_cycle; /* as in contact_judge() */
	int64_t finished_at;	/* as in stale_step() */
};

int settle(struct book *b, const struct collector_look *collector, int64_t now,
	struct error *err) MUST_CHECK;

/* Who could not be reached by the time that a new cycle began, of which `next` is a sample: those
 * who were away and came back between two runs are told, too. Nothing for a cycle of which any
 * sample was seen, as the rows tell: the ids of its samples are beyond its own. */
int settle_cycle(struct book *b, const struct stored_sample *next, struct error *err) MUST_CHECK;

#endif
