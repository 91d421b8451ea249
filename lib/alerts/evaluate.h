#ifndef FLEET_ALERTS_EVALUATE_H
#define FLEET_ALERTS_EVALUATE_H

#include <stdint.h>

#include "lib/alerts/book.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * From samples to moves of alerts, in memory: every rule of the sample's client, on every
 * instance its pattern matches, and the alerts that need no configuration.
 */

/* One sample. One of a client that is not in the configuration moves nothing. */
int evaluate_sample(struct book *b, const struct stored_sample *sample, int64_t now,
	struct error *err) MUST_CHECK;

/* After all samples: late breaches become events, and rows whose rule or client is gone from
 * the configuration are closed. */
int evaluate_leftovers(struct book *b, int64_t now, struct error *err) MUST_CHECK;

/* Clients that cannot be reached; `running_cycle` as in unreachable_judge(). */
int evaluate_unreachable(
	struct book *b, uint64_t running_cycle, int64_t now, struct error *err) MUST_CHECK;

/* The alert that the collector does not run; see stale_step(). Without clients there is
 * nothing to collect. */
int evaluate_collector(
	struct book *b, int64_t finished_at, int64_t now, struct error *err) MUST_CHECK;

#endif
