#ifndef FLEET_ALERTS_FIT_H
#define FLEET_ALERTS_FIT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/storage/storage.h"

/*
 * What the history of a series says. Pure.
 */
enum fit {
	FIT_UNKNOWN, /* too little is known: nothing may be concluded */
	FIT_NEVER,   /* it does not grow, or not along a line */
	FIT_KNOWN,
};

/* Stands for "never" in an alert's value: beyond any limit that people give. */
#define FIT_NEVER_S (10 * 365.25 * 86400)

/* In how many seconds, counted from the newest point, a ratio that goes on like this is 1: by a
 * straight line (least squares) through the points, oldest first. A fall by a third of their range
 * is a cleanup, and only what came after it counts: what was emptied a moment ago is not about to
 * be full, until that is known again. What counts must be eight points at least, and span
 * `least_span_ms`. A line that explains less than four fifths of the variance is none: a single
 * step, a large file that was copied, reaches three quarters. */
enum fit fit_full(const struct history_point *points, size_t count, int64_t least_span_ms,
	double *ret_seconds);

/* The value of the point that is nearest to that time, if one is within `slack_ms` of it. */
enum fit fit_past(const struct history_point *points, size_t count, int64_t at, int64_t slack_ms,
	double *ret_value);

#endif
