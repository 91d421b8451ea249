#ifndef FLEET_METRICS_DRAFTS_H
#define FLEET_METRICS_DRAFTS_H

#include <stddef.h>

#include "lib/compiler.h"
#include "lib/metrics/derive.h"

/*
 * The readings of one report while they are made: each instance of a metric once, and no more
 * than one host may claim. Zero-initialised it is empty.
 */
struct drafts {
	struct draft *items; /* private, as all that follows */
	size_t count, size;
	size_t metric_start; /* first of the metric at hand */
	size_t left_out;     /* beyond the caps of derive.h */
};

void drafts_finish(struct drafts *d);

/* What is added from now on belongs to another metric. */
void drafts_next_metric(struct drafts *d);

/* The instance's name must live until drafts_hand_over(). An instance that is there already
 * is replaced when this reading comes from a later `line`. Returns -1 only without memory. */
int drafts_add(struct drafts *d, const struct reading *r, size_t line) MUST_CHECK;

/* Copies the readings, instances included and escaped, into one block of their own. */
int drafts_hand_over(const struct drafts *d, struct readings *ret_readings) MUST_CHECK;

#endif
