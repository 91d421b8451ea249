#ifndef FLEET_ALERTS_HOLD_H
#define FLEET_ALERTS_HOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/alerts/verdict.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * Alerts that fire while nobody is to be told: silenced, under something else that is down, or
 * kept quiet by another alert. They go on moving, and their events are history. When nothing
 * holds one any more and it still fires, that is told then; a recovery goes to whom the problem
 * went. Pure.
 */

/* What a silence is compared with. `metric` is the friendly name of an alert's rule, or the rule
 * of one that needs no configuration; `type` the metric's full name or "". */
struct hold_subject {
	const char *client, *group, *metric, *type, *instance;
};

/* Whether it covers this alert at this time. The pattern of the group may also match a group that
 * is around it. A `weekly` that is none covers nothing. */
bool silence_covers(const struct silence *silence, const struct hold_subject *subject, int64_t at);

/* "sun 02:00-04:00", "mon-fri 22:00-06:00", "daily 12:00-12:30": days of local time on which it
 * begins; an end before the beginning is one of the next day. A day ends at 24:00, and an end that
 * is the beginning is refused. */
struct weekly {
	bool days[7]; /* Sunday first, as in struct tm */
	int from_min, until_min;
};
int weekly_parse(const char *text, struct weekly *ret_weekly, struct error *err) MUST_CHECK;
bool weekly_covers(const struct weekly *weekly, int64_t at);

/* The name before the first slash of a rule's key, as <alert unless> has it: whether it is this. */
bool rule_is_called(const char *key, const char *name);

/* Decides who hears of a verdict: `hold` says what holds the alert now ("" = nothing). Sets
 * told_at and `held` of the row, and `held` of the event; a reminder that is held is none. */
void hold_apply(struct verdict *v, const char *hold, int64_t now);

/* A row that fires, looked at again: nothing to do, held by something else than before, or free
 * again. Then it is told: as FIRING, also when somebody took it on while it was held, who goes on
 * to have it; or, when `again`, or it got worse than what was told, as REPEAT to those who know of
 * it, unless somebody has taken it on. One that is clear already, and may be about to end, stays
 * held. */
struct verdict hold_review(
	const struct alert *row, const char *hold, bool again, int64_t now) MUST_CHECK;

/* A row that fires, and which nobody acknowledged for so long since it was told: ESCALATED, once.
 */
struct verdict hold_escalate(const struct alert *row, int64_t after_ms, int64_t now) MUST_CHECK;

#endif
