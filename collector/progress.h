#ifndef FLEET_COLLECTOR_PROGRESS_H
#define FLEET_COLLECTOR_PROGRESS_H

#include <stddef.h>

#include "collector/dispatch/pollers.h"

/*
 * One line on a terminal, rewritten in place while the hosts are polled.
 */
enum { PROGRESS_LINE_MAX = 128 };

/* "312 of 1000 done, 4 failed, 35/s, 20 s left". Pure; `now` is monotonic. Returns `out`. */
char *progress_format(
	const struct poll_progress *p, int64_t now, char out[static PROGRESS_LINE_MAX]);

void progress_show(const struct poll_progress *p);
void progress_clear(void);

#endif
