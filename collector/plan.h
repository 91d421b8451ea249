#ifndef FLEET_COLLECTOR_PLAN_H
#define FLEET_COLLECTOR_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/dispatch/pollers.h"
#include "collector/last_hosts.h"
#include "lib/attempt.h"

/*
 * Whom this run polls, and in which order. Pure.
 */
struct plan_input {
	const struct config *config;
	const struct last_hosts *last;
	const char *const *only; /* names; these are polled whether due or not */
	size_t only_count;	 /* 0 = the whole fleet */
	int64_t now;		 /* wall */
};

struct plan {
	struct poll_host *hosts; /* in their order, see plan_make() */
	size_t count;
	size_t not_due;
	struct poll_jump *jumps; /* that they are behind */
	size_t jump_count;
};

/* Those come first that missed their turn, the longest missed before all; then slow ones before
 * quick ones, by their last attempt, those never tried in the middle of them: so that the run does
 * not end with waiting for a few. Those that were down come late, the longest untried before all,
 * and suspects last, in each run in another order: who kills pollers has nobody else beside it.
 * Among equals the order of the file counts.
 *
 * Every name in `only` must be a client's; otherwise -1 and all unknown names are told. */
int plan_make(const struct plan_input *in, struct plan *ret_plan, struct error *err) MUST_CHECK;

/* Gives each host its attempt id. */
void plan_stamp(struct plan *plan, struct attempt_clock *clock, int64_t now);

/* A part of the first, in plan_jumps.c: finds the jump hosts of its hosts. -1 without memory. */
int plan_add_jumps(const struct plan_input *in, struct plan *plan) MUST_CHECK;

/* Fills in the keys recorded for hosts and jump hosts; they point into `known`. */
void plan_find_keys(struct plan *plan, const struct known_hosts *known);

void plan_finish(struct plan *plan);

/* Whether a client is to be polled that was tried last at `last_at` (0 = never), all wall ms.
 *
 * Time is cut into periods, which begin at a moment that the offset says (below the period), so
 * that a fleet is spread over it; a client is due once in each. So its moment stays the same
 * whatever happens: after an outage, or when it is new, it is due at once, and then again at its
 * moment. Runs that are as rare as the periods would miss one now and then, being a little late
 * and then a little early: so a client is due by so much before its period, too, at most a tenth
 * of it and 10 s, when it was polled in all of the one before. A clock that was set back by more
 * makes due. */
bool plan_is_due(int64_t every_ms, int64_t offset_ms, int64_t last_at, int64_t now);

/* What is to be remembered as the time of an attempt made now: when it was early, the beginning
 * of the period that it stands for. */
int64_t plan_attempt_at(int64_t every_ms, int64_t offset_ms, int64_t last_at, int64_t now);

/* Where in each period the moment of a client is: of its name, so that it is always the same, and
 * those of a fleet are evenly spread. */
int64_t plan_offset(const char *client, int64_t every_ms);

#endif
