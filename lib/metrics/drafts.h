#ifndef FLEET_METRICS_DRAFTS_H
#define FLEET_METRICS_DRAFTS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/compiler.h"
#include "lib/metrics/derive.h"

/*
 * The readings of one report while they are made: each instance of a metric once, and no more
 * than one host may claim. Zero-initialised it is empty.
 */
struct draft {
	struct reading reading; /* its names must live until drafts_hand_over() */
	double rank;		/* of two of one instance the higher one counts */
	bool is_custom;		/* the metric's name is not the catalogue's, and is copied, too */
};

struct drafts {
	struct draft *items; /* private, as all that follows */
	size_t count, size;
	size_t metric_start; /* first of the metric at hand */
	size_t left_out;     /* beyond the caps of derive.h */
};

void drafts_finish(struct drafts *d);

/* What is added from now on belongs to another metric. */
void drafts_next_metric(struct drafts *d);

/* Returns -1 only without memory. */
int drafts_add(struct drafts *d, const struct draft *draft) MUST_CHECK;

/* So many that are known to be beyond the caps. */
void drafts_leave_out(struct drafts *d, size_t count);

/* Copies the readings, instances included and escaped, into one block of their own. */
int drafts_hand_over(const struct drafts *d, struct readings *ret_readings) MUST_CHECK;

#endif
