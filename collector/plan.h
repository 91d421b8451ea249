#ifndef FLEET_COLLECTOR_PLAN_H
#define FLEET_COLLECTOR_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/last_hosts.h"
#include "collector/poll/pollers.h"
#include "lib/attempt.h"
#include "lib/seal.h"

/*
 * Whom this run polls, and in which order. Pure.
 */
struct plan_input {
	const struct config *config;
	const struct known_hosts *known; /* NULL = nothing recorded */
	const struct last_hosts *last;
	const char *const *only; /* names; these are polled whether due or not */
	size_t only_count;	 /* 0 = the whole fleet */
	int64_t now;		 /* wall */
};

struct plan {
	struct poll_host *hosts; /* those that missed their turn first, the longest
				  * missed before all; then as in the file, the down last */
	size_t count;
	size_t not_due;
};

/* Every name in `only` must be a client's; otherwise -1 and all unknown names are told. */
int plan_make(const struct plan_input *in, struct plan *ret_plan, struct error *err) MUST_CHECK;

/* Gives each host its attempt id, nonce and keys. */
void plan_stamp(
	struct plan *plan, const struct keyring *ring, struct attempt_clock *clock, int64_t now);

void plan_finish(struct plan *plan);

/* Whether a client of this period is to be polled. A run that comes a little early, as cron's
 * do, does not wait for the next one: up to a tenth of the period. */
bool plan_is_due(int64_t every_ms, const struct last_host *last, int64_t now);

#endif
