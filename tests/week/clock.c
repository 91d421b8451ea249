/*
 * A wall clock that stands where a test sets it: linked into a program with ld's --wrap, this is
 * what its objects are given in place of lib/clock.c's. WEEK_NOW in the environment holds the
 * milliseconds since 1970. The monotonic clock goes on, as do all of libraries.
 */
#include <stdlib.h>

#include "lib/clock.h"

int64_t __real_clock_wall_ms(void);
int64_t __wrap_clock_wall_ms(void);

int64_t __wrap_clock_wall_ms(void)
{
	const char *now = getenv("WEEK_NOW");
	return now ? strtoll(now, NULL, 10) : __real_clock_wall_ms();
}
