#ifndef FLEET_WHEN_H
#define FLEET_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/error.h"

/*
 * Spans and moments of time as people write them. Pure but for the machine's time zone.
 */

/* "90s", "2h", "3d", or "0": a whole number and its unit, of ms, s, m, h, d and w. False when it
 * is something else; what does not fit becomes INT64_MAX. */
bool span_parse(const char *text, int64_t *ret_ms);

enum { SPAN_TEXT_SIZE = 32 };

/* In the largest unit that says it exactly: "90s", "2h". Returns `out`. */
const char *span_format(int64_t ms, char out[static SPAN_TEXT_SIZE]);

/* A moment: "now"; a span, which counts from `now`, into the past when `back`; or a date of ISO
 * 8601 with or without a time: "2026-11-22", "2026-11-22 10:00", "2026-11-22T10:00:30Z",
 * "2026-11-22T10:00+01:00". Without Z or an offset it is this machine's local time. */
int moment_parse(
	const char *text, int64_t now, bool back, int64_t *ret_ms, struct error *err) MUST_CHECK;

#endif
