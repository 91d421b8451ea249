#ifndef FLEET_ALERTS_EVALUATE_H
#define FLEET_ALERTS_EVALUATE_H

#include <stdint.h>

#include "lib/alerts/book.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * From samples to moves of alerts, in memory: every rule of the sample's client, on every
 * instance its pattern matches, and the alerts that need no configuration. Samples come in the
 * order of their ids; what is told only when all of them were seen is in settle.h.
 */

/* One sample. One of a client that is not in the configuration moves nothing. */
int evaluate_sample(struct book *b, const struct stored_sample *sample, int64_t now,
	struct error *err) MUST_CHECK;

#endif
