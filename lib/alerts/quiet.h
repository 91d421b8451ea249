#ifndef FLEET_ALERTS_QUIET_H
#define FLEET_ALERTS_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config/config.h"

/*
 * When a recipient is told something, and when it has to wait. Pure but for the machine's time
 * zone, in which quiet hours are meant.
 */
enum {
	QUIET_RETRY_MS = 5 * 60 * 1000, /* until it is seen again whether there is room */
	QUIET_HOUR_MS = 60 * 60 * 1000,
};

/* How many messages a recipient was given before now. */
struct told_before {
	uint64_t hour;	 /* within the last QUIET_HOUR_MS */
	uint64_t lately; /* within the last QUIET_RETRY_MS */
};

/* When the quiet hours of a recipient end; 0 when `now` is in none. */
int64_t quiet_until(const struct recipient *r, int64_t now);

/* Whether there is a number at all that the next function minds. */
bool quiet_is_limited(const struct recipient *r);

/* How many messages there is room for. Beyond the recipient's number an hour what is critical
 * need not wait an hour: there is room for one message with all of that when the last one, whatever
 * it told, is QUIET_RETRY_MS old. *ret_critical_only tells that the room is for nothing else. */
uint64_t quiet_room(
	const struct recipient *r, const struct told_before *told, bool *ret_critical_only);

#endif
