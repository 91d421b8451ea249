#ifndef FLEET_REMOTE_BYTES_ZONE_RULE_H
#define FLEET_REMOTE_BYTES_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/* What local time is at one moment. */
struct zone_time {
	struct span name; /* "CEST" */
	int64_t offset_s; /* ahead of UTC */
};

/*
 * A time zone as POSIX.1 (Base Definitions, 8.3) writes it: "CET-1CEST,M3.5.0,M10.5.0/3", and
 * with hours up to 167 either way, as RFC 9636 allows. `now` is in seconds since 1970. False
 * when the rule is not well-formed, or the moment is before 1970 or after 9998.
 */
bool zone_rule(struct span rule, int64_t now, struct zone_time *ret_time);

#endif
