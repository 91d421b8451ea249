#ifndef FLEET_ATTEMPT_H
#define FLEET_ATTEMPT_H

#include <stdint.h>

#include "lib/error.h"

/*
 * Attempt ids: the key of the `sample` row. 63 bits, ordered by time:
 *
 *   bits 62..22  milliseconds since 2020-01-01T00:00:00Z (41 bits, good until 2089)
 *   bits 21..14  collector number (8 bits): storage_claim_number()
 *   bits 13..0   sequence within the millisecond (14 bits)
 *
 * The time part is that of the wall clock, so long as it is beyond that of the last id. When it
 * is not, because the clock was set back, the time part stays, and goes one ahead as often as
 * the clock has moved, the sequence is used up, or the collector number became smaller: ids
 * never repeat nor run backwards, and of two runs the later one has the later times. Until the
 * clock has caught up they are in its future, which is why a sample's `taken_at` is not read
 * from its id when it can be helped. A wall clock outside 2020 to 2089 counts as the nearest
 * end of that time. No id is 0. What is here is kept on disk by the collector beside its lock.
 */
enum {
	ATTEMPT_COLLECTOR_MAX = 254, /* collectors are numbered from 1 */
	ATTEMPT_ALERTER = 255,	     /* of an alerter's cycles; there is one alerter at a time */
};

struct attempt_clock {
	uint64_t last;	 /* the last id given out; 0 at first */
	int64_t wall_ms; /* when that was, by the wall clock; 0 if that was before 1970 */
	uint8_t collector;
};

/* Pure: the next id at this wall time, which becomes `last`. Cannot fail. */
uint64_t attempt_next(struct attempt_clock *clock, int64_t wall_ms);

/* How far the last id is ahead of the clock that it was made by; at least 0. */
int64_t attempt_ahead_ms(const struct attempt_clock *clock);

/* The wall time in an id, in milliseconds since 1970. */
int64_t attempt_time_ms(uint64_t id);

/* The smallest id of that wall time: for range conditions and partitions. */
uint64_t attempt_floor(int64_t wall_ms);

#endif
