#include "lib/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t read_ms(clockid_t id)
{
	struct timespec t;
	(void)clock_gettime(id, &t); /* cannot fail for the two clocks used here */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t clock_monotonic_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

const char *clock_format_utc(int64_t wall_ms, char out[static CLOCK_TEXT_SIZE])
{
	int64_t ms = ((wall_ms % 1000) + 1000) % 1000;
	time_t s = (time_t)((wall_ms - ms) / 1000);
	struct tm tm;
	char text[64];
	if (!gmtime_r(&s, &tm) || strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm) != 19)
		(void)snprintf(text, sizeof text, "0000-00-00T00:00:00");
	(void)snprintf(out, CLOCK_TEXT_SIZE, "%.19s.%03dZ", text, (int)ms);
	return out;
}
