#ifndef FLEET_ALERTS_STEP_H
#define FLEET_ALERTS_STEP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * How alerts move: ok, pending, firing and back. Everything here is pure: the old row, what was
 * seen and the time go in, a verdict comes out. A row exists only while it is not plainly ok.
 *
 * Samples are ordered by their attempt ids, which never run backwards, also when the wall
 * clock does; durations are differences of taken_at, and one that would be negative begins
 * anew.
 */
#define RULE_UNREACHABLE "client-unreachable"
#define RULE_HOST_KEY	 "host-key-changed"
#define RULE_STALE	 "collector-stale"
#define RULE_LAST_GOOD	 "last-good" /* see storage_get_alerts() */
#define RULE_DELIVERY	 "delivery"  /* a mail server, webhook or command takes nothing */
#define RULE_LATE	 "late:"     /* before a rule's key: see late_step() */

/* What one good sample says about one instance of a rule's metric. */
struct look {
	uint64_t sample_id;
	int64_t taken_at;
	const char *instance;
	bool present; /* the sample has this instance */
	double value;
};

enum verdict_row { ROW_KEEP, ROW_WRITE, ROW_REMOVE };

/* `alert` is the row after the move; when the row goes, as it was at its end. Its client, rule
 * and recipients are the caller's to fill in for a new one. */
struct verdict {
	enum verdict_row row;
	bool tell;
	enum event_kind kind;
	struct alert alert;
};

/* Whether this value breaks the rule: the limit itself does. */
bool rule_broken(const struct rule *rule, double value);

/* One rule, one instance, one good sample that is newer than all before. `old` may be NULL. */
struct verdict alert_step(const struct rule *rule, uint32_t absent_after, const struct alert *old,
	const struct look *look, int64_t now) MUST_CHECK;

/* A good sample that is older than what was evaluated already moves nothing. Breaches nobody
 * was told of are gathered in a row of their own (`since` to `as_of`, `count` of them, the
 * worst `value`) until late_close() makes one event of them, if they held for the rule's
 * `for`. `firing` is the alert's present row or NULL, `old` the gathered one or NULL. */
struct verdict late_step(const struct rule *rule, const struct alert *firing,
	const struct alert *old, const struct look *look) MUST_CHECK;
struct verdict late_close(const struct rule *rule, const struct alert *old) MUST_CHECK;

/* Failures that say nothing about the client: ours, or time ran out. */
bool outcome_blameless(enum outcome o);

/* One sample of a client, good or not, against its client-unreachable row: counts failures.
 * Those that say nothing about the client count less, but it must not go unwatched unsaid. */
struct verdict unreachable_step(const struct alerter_config *config, const struct alert *old,
	const struct alert *last_good, const struct stored_sample *sample, int64_t now) MUST_CHECK;

/* Whether such a row fires: only failures of cycles that are over count, so that one that is
 * cut off half-way tells of all its victims at once. `running_cycle` is the id of the
 * collector's present cycle, 0 when none is running; ids of attempts are ordered with it. */
struct verdict unreachable_judge(const struct alerter_config *config, const struct alert *old,
	uint64_t running_cycle, int64_t now) MUST_CHECK;

/* One sample of a client against its host-key-changed row, which fires at once. */
struct verdict host_key_step(const struct alerter_config *config, const struct alert *old,
	const struct alert *last_good, const struct stored_sample *sample, int64_t now) MUST_CHECK;

/* The fleet's collector: `finished_at` of the newest finished cycle over the whole fleet, 0
 * when there never was one; then the time counts from the first look. */
struct verdict stale_step(const struct alerter_config *config, const struct alert *old,
	int64_t finished_at, int64_t now) MUST_CHECK;

/* The rule or the client is gone from the configuration. */
struct verdict gone_step(const struct alert *old, int64_t now) MUST_CHECK;

#endif
