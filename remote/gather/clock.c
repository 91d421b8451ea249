#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

#include "remote/collect.h"
#include "remote/sources.h"

/* The time, and struct timex, a field a line. Who may not ask for that gets the time alone. */
ssize_t gather_clock(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct timex t = { .modes = 0 };
	struct timespec now;
	(void)s;
	if (*c->root || clock_gettime(CLOCK_REALTIME, &now) < 0)
		return -1;
	int len = snprintf(out, size, "now\t%lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
	int state = adjtimex(&t);
	if (state >= 0)
		len += snprintf(out + len, size - (size_t)len,
			"state\t%d\nstatus\t%d\ncalcnt\t%ld\nconstant\t%ld\nerrcnt\t%ld\n"
			"esterror\t%ld\nfreq\t%ld\njitcnt\t%ld\njitter\t%ld\nmaxerror\t%ld\n"
			"offset\t%ld\nppsfreq\t%ld\nshift\t%d\nstabil\t%ld\nstbcnt\t%ld\n"
			"tai\t%d\ntick\t%ld\n",
			state, t.status, t.calcnt, t.constant, t.errcnt, t.esterror, t.freq,
			t.jitcnt, t.jitter, t.maxerror, t.offset, t.ppsfreq, t.shift, t.stabil,
			t.stbcnt, t.tai, t.tick);
	return len;
}
