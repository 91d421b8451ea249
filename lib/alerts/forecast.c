#include <math.h>
#include <string.h>

#include "lib/alerts/bind.h"
#include "lib/alerts/fit.h"
#include "lib/alerts/visit.h"

enum {
	MINUTE_MS = 60 * 1000,
	SOON_MS = 5 * MINUTE_MS,   /* between two looks at what fires, or may soon */
	LATER_MS = 15 * MINUTE_MS, /* at anything else */
	SPREAD_MS = 5 * MINUTE_MS, /* so that not all of a fleet is looked at in one run */
	POINTS_MAX = 96,
	LEAST_SPAN_PARTS = 4, /* of the history looked at, that must be there */
	SLACK_PARTS = 10,     /* of a change's time, by which its beginning may differ */
	CHANGE_PARTS = 12,    /* of the same, between two looks */
};

static uint32_t spread(uint64_t series)
{
	return (uint32_t)(series * UINT64_C(0x9e3779b97f4a7c15) >> 40) % SPREAD_MS;
}

static int64_t interval(const struct watch *w)
{
	const struct alert *a = &w->row->alert;
	bool soon = a->state != ALERT_OK || a->value < 4 * w->rule->limit;
	if (w->rule->kind == RULE_FULL_WITHIN)
		return soon ? SOON_MS : LATER_MS + spread(w->series);
	int64_t part = w->rule->within_ms / CHANGE_PARTS;
	return part < SOON_MS ? part : SOON_MS;
}

static bool is_due(const struct watch *w, int64_t at)
{
	int64_t elapsed = w->row ? at - w->row->alert.last_good_at : -1;
	return elapsed < 0 || elapsed >= interval(w);
}

/* Nothing grows by more than it is, but for what can be negative: whatever the past was, the rule
 * is not broken. */
static bool cannot_have_grown(const struct rule *rule, double value)
{
	return rule->kind == RULE_CHANGE && !rule->below && value < rule->limit &&
	       strcmp(rule->type, "clock_skew_seconds") != 0;
}

static bool is_ok(const struct watch *w)
{
	return !w->row || w->row->alert.state == ALERT_OK;
}

static int ask(const struct visit *v, const struct rule *rule, const char *instance, int64_t from,
	int64_t to, struct history_point *points, size_t *ret_count)
{
	return v->book->history(v->book->history_arg, v->client->name, rule->type, instance, from,
		to, POINTS_MAX, points, ret_count, v->err);
}

static int forecast(const struct visit *v, const struct rule *rule, const char *instance,
	enum fit *ret_fit, double *ret_value)
{
	struct history_point points[POINTS_MAX];
	size_t count = 0;
	int64_t at = v->sample->taken_at;
	if (ask(v, rule, instance, at - rule->within_ms, at, points, &count) < 0)
		return -1;
	*ret_value = FIT_NEVER_S;
	*ret_fit = fit_full(points, count, rule->within_ms / LEAST_SPAN_PARTS, ret_value);
	*ret_value = fmin(*ret_value, FIT_NEVER_S);
	return 0;
}

static int compare(const struct visit *v, const struct rule *rule, const char *instance,
	double value, enum fit *ret_fit, double *ret_value)
{
	struct history_point points[POINTS_MAX];
	size_t count = 0;
	double past = 0;
	int64_t then = v->sample->taken_at - rule->within_ms;
	int64_t slack = rule->within_ms / SLACK_PARTS;
	if (slack < SOON_MS)
		slack = rule->within_ms / 2 < SOON_MS ? rule->within_ms / 2 : SOON_MS;
	if (ask(v, rule, instance, then - slack, then + slack, points, &count) < 0)
		return -1;
	*ret_fit = fit_past(points, count, then, slack, &past);
	*ret_value = value - past;
	if (*ret_fit == FIT_UNKNOWN && cannot_have_grown(rule, value)) {
		*ret_fit = FIT_KNOWN;
		*ret_value = value;
	}
	return 0;
}

/* The time of this look, last_good_at, is all that is remembered of it. */
static struct verdict remember(const struct watch *w, const struct look *look, double value)
{
	struct alert a = w->row ? w->row->alert : (struct alert){ .instance = look->instance };
	a.as_of = look->taken_at;
	a.as_of_id = look->sample_id;
	a.last_good_at = look->taken_at;
	a.count = 0;
	a.value = value;
	return verdict_write(a);
}

static struct verdict judge(
	const struct visit *v, const struct watch *w, const struct look *look, enum fit fit)
{
	const struct alert *old = w->row ? &w->row->alert : NULL;
	double unknown = w->rule->kind == RULE_FULL_WITHIN ? FIT_NEVER_S : 0;
	if (fit == FIT_UNKNOWN)
		return remember(w, look, old ? old->value : unknown);
	struct verdict verdict = alert_step(&v->book->config->alerter, w->rule, old, look, v->now);
	if (verdict.tell || verdict.row == ROW_WRITE)
		return verdict;
	struct verdict quiet = remember(w, look, look->value);
	quiet.alert.state = ALERT_OK;
	quiet.alert.breaches = 0;
	quiet.alert.level_since = 0;
	return quiet;
}

/* It is there again, whenever it is looked at next. */
static int note_present(const struct visit *v, const struct watch *w, const char *instance)
{
	if (!w->row || w->row->alert.count == 0)
		return 0;
	struct verdict verdict = verdict_write(w->row->alert);
	verdict.alert.count = 0;
	return visit_move(v, w->rule, instance, &verdict, NULL);
}

int visit_history(const struct visit *v, struct watch *w, const char *instance, double value)
{
	enum fit fit;
	double measured;
	if (!v->book->history)
		return 0;
	if ((is_ok(w) && cannot_have_grown(w->rule, value)) || !is_due(w, v->sample->taken_at))
		return note_present(v, w, instance);
	int r = w->rule->kind == RULE_FULL_WITHIN
			? forecast(v, w->rule, instance, &fit, &measured)
			: compare(v, w->rule, instance, value, &fit, &measured);
	if (r < 0)
		return -1;
	struct look look = visit_look(v, instance, true, measured);
	struct verdict verdict = judge(v, w, &look, fit);
	if (visit_move(v, w->rule, instance, &verdict, NULL) < 0)
		return -1;
	bind_moved(v->client, w, instance);
	return 0;
}
