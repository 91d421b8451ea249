#include "lib/attempt.h"

#include <stdbool.h>

enum { TIME_BITS = 41, COLLECTOR_BITS = 8, SEQUENCE_BITS = 14 };

static const int64_t epoch_ms = INT64_C(1577836800000); /* 2020-01-01T00:00:00Z */
static const uint64_t time_max = (UINT64_C(1) << TIME_BITS) - 1;
static const uint64_t sequence_max = (UINT64_C(1) << SEQUENCE_BITS) - 1;

/* A clock outside 2020 to 2089 is broken; the nearest end keeps ids in their 63 bits. */
static uint64_t time_part(int64_t wall_ms)
{
	if (wall_ms < epoch_ms)
		return 0;
	uint64_t t = (uint64_t)(wall_ms - epoch_ms);
	return t < time_max ? t : time_max;
}

static uint64_t compose(uint64_t time, uint8_t collector, uint64_t sequence)
{
	return time << (COLLECTOR_BITS + SEQUENCE_BITS) | (uint64_t)collector << SEQUENCE_BITS |
	       sequence;
}

uint64_t attempt_next(struct attempt_clock *clock, int64_t wall_ms)
{
	uint64_t last_time = clock->last >> (COLLECTOR_BITS + SEQUENCE_BITS);
	uint64_t time = time_part(wall_ms);
	uint64_t sequence = 0;
	int64_t now = wall_ms < 0 ? 0 : wall_ms;
	if (time <= last_time) {
		bool has_moved = now != clock->wall_ms && last_time < time_max;
		time = last_time + has_moved;
		sequence = has_moved ? 0 : (clock->last & sequence_max) + 1;
	}
	clock->wall_ms = now;
	uint64_t id = compose(time, clock->collector, sequence);
	/* used up, or the last id was given out under a higher collector number */
	if (sequence > sequence_max || id <= clock->last)
		id = compose(time + 1, clock->collector, 0);
	return clock->last = id;
}

int64_t attempt_ahead_ms(const struct attempt_clock *clock)
{
	int64_t ahead_ms = attempt_time_ms(clock->last) - clock->wall_ms;
	return clock->last && ahead_ms > 0 ? ahead_ms : 0;
}

int64_t attempt_time_ms(uint64_t id)
{
	return (int64_t)(id >> (COLLECTOR_BITS + SEQUENCE_BITS)) + epoch_ms;
}

uint64_t attempt_floor(int64_t wall_ms)
{
	return compose(time_part(wall_ms), 0, 0);
}
