#ifndef FLEET_ALERTS_STEP_H
#define FLEET_ALERTS_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/alerts/verdict.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * How the alerts of rules move: ok, pending, firing and back. Everything here is pure: the old
 * row, what was seen and the time go in, a verdict comes out. A row exists only while it is not
 * plainly ok, or its openings are counted (verdict.h).
 *
 * Samples are ordered by their attempt ids, which never run backwards, also when the wall
 * clock does; durations are differences of taken_at, and one that would be negative begins
 * anew. Nothing is known of a gap between samples, so it counts neither as time beyond the limit
 * nor as clear: of the time since the sample before, at most twice the usual counts, and what
 * began before the gap began as much later.
 *
 * A rule with two limits has one row, whose severity is the present one. A rise is told at once;
 * a fall is silent, when the value was below the critical limit's clear level for clear-for.
 */

/* What is usual between two good samples of a client: what it was the last time, or up to twice
 * and down to half of that; so one sample that is out of turn changes little, and an every="1h"
 * is learnt. 0 = not known yet. The row `last-good` keeps it: `since` is so long before as_of. */
struct pace {
	int64_t usual_ms;
	int64_t gap_ms; /* of the time since the sample before, what does not count */
};
struct pace pace_step(int64_t usual_ms, int64_t interval_ms) MUST_CHECK;

/* What one good sample says about one instance of a rule's metric. */
struct look {
	uint64_t sample_id;
	int64_t taken_at;
	const char *instance;
	bool present; /* the sample has this instance */
	double value;
	int64_t gap_ms; /* see struct pace */
};

/* Whether this value breaks the rule: the limit itself does. */
bool rule_broken(const struct rule *rule, double value);

/* One rule, one instance, one good sample that is newer than all before. `old` may be NULL. */
struct verdict alert_step(const struct alerter_config *config, const struct rule *rule,
	const struct alert *old, const struct look *look, int64_t now) MUST_CHECK;

/* A rule of kind RULE_ABSENT: the look says whether the sample has any instance that matches.
 * `seen_at` is when the last good sample before this one was taken, 0 when there was none. The
 * row's `since` is when it was seen last. */
struct verdict absent_step(const struct alerter_config *config, const struct rule *rule,
	const struct alert *old, const struct look *look, int64_t seen_at, int64_t now) MUST_CHECK;

/* A good sample that is older than what was evaluated already moves nothing. Breaches nobody
 * was told of are gathered in a row of their own (`since` to `as_of`, `count` of them, the
 * worst `value`) until a clear reading after them, or late_close(), makes one event of them, if
 * they held for the rule's `for`; `breaches` are those of this run. `firing` is the alert's present
 * row or NULL, `old` the gathered one or NULL. */
struct verdict late_step(const struct rule *rule, const struct alert *firing,
	const struct alert *old, const struct look *look) MUST_CHECK;
struct verdict late_close(const struct rule *rule, const struct alert *old) MUST_CHECK;

/* The rule or the client is gone from the configuration. */
struct verdict gone_step(const struct alert *old, int64_t now) MUST_CHECK;

#endif
