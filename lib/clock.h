#ifndef FLEET_CLOCK_H
#define FLEET_CLOCK_H

#include <stdint.h>

/*
 * Two clocks: the monotonic one for deadlines and durations, the wall clock (UTC) for the
 * time of samples. Both in milliseconds.
 */
int64_t clock_monotonic_ms(void);
int64_t clock_wall_ms(void);

enum { CLOCK_TEXT_SIZE = 25 }; /* "2026-11-22T04:33:34.123Z" and its NUL */

/* ISO 8601, UTC, with milliseconds. Returns `out`. */
const char *clock_format_utc(int64_t wall_ms, char out[static CLOCK_TEXT_SIZE]);

#endif
