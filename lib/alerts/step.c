#include "lib/alerts/step.h"

#include <math.h>

struct pace pace_step(int64_t usual_ms, int64_t interval_ms)
{
	if (interval_ms <= 0)
		return (struct pace){ .usual_ms = usual_ms };
	if (usual_ms <= 0)
		return (struct pace){ .usual_ms = interval_ms };
	int64_t most = usual_ms * 2, least = usual_ms / 2;
	if (interval_ms > most)
		return (struct pace){ most, interval_ms - most };
	return (struct pace){ .usual_ms = interval_ms > least ? interval_ms : least };
}

bool rule_broken(const struct rule *rule, double value)
{
	return rule->below ? value <= rule->limit : value >= rule->limit;
}

static bool is_clear(const struct rule *rule, double value, double clear)
{
	return rule->below ? value > clear : value < clear;
}

/* Beyond the second limit. */
static bool is_worse(const struct rule *rule, double value)
{
	if (!rule->has_critical)
		return false;
	return rule->below ? value <= rule->critical : value >= rule->critical;
}

/* The limit is that of the severity. */
static void set_severity(const struct rule *rule, struct alert *a, enum severity severity)
{
	bool is_second = rule->has_critical && severity == SEVERITY_CRITICAL;
	a->severity = is_second ? SEVERITY_CRITICAL : rule->severity;
	a->limit = is_second ? rule->critical : rule->limit;
}

/* A firing alert whose instance vanished closes; one that only was pending is forgotten. */
static struct verdict step_vanished(const struct alerter_config *config, struct alert a)
{
	a.count++;
	if (a.count < config->absent_after)
		return verdict_write(a);
	return a.state == ALERT_FIRING ? verdict_vanish(config, a) : verdict_calm(config, a);
}

/* Counts one more sample beyond the limit, and since when all of them were beyond the second. */
static void count_breach(const struct rule *rule, struct alert *a)
{
	if (a->state == ALERT_OK) {
		a->since = a->as_of;
		a->breaches = 0;
		a->level_since = 0;
	}
	a->state = ALERT_PENDING;
	a->breaches++;
	if (!is_worse(rule, a->value))
		a->level_since = 0;
	else if (a->level_since == 0)
		a->level_since = a->as_of;
}

static struct verdict step_quiet(
	const struct alerter_config *config, const struct rule *rule, struct alert a)
{
	if (!rule_broken(rule, a.value))
		return verdict_calm(config, a);
	count_breach(rule, &a);
	if (alert_lasted(&a.since, a.as_of) < rule->for_ms || a.breaches < rule->samples)
		return verdict_write(a);
	bool critical = a.level_since != 0 && (rule->samples <= 1 || a.level_since <= a.since);
	set_severity(rule, &a, critical ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	struct verdict v = verdict_open(config, a, a.as_of);
	set_severity(rule, &v.alert, v.alert.severity);
	return v;
}

static struct verdict step_rise(const struct rule *rule, struct alert a)
{
	a.breaches = is_worse(rule, a.value) ? a.breaches + 1 : 0;
	if (a.breaches == 0 || a.breaches < rule->samples)
		return verdict_write(a);
	a.breaches = 0;
	set_severity(rule, &a, SEVERITY_CRITICAL);
	alert_worsened(&a);
	return verdict_tell(verdict_write(a), EVENT_WORSE);
}

static struct verdict step_fall(const struct rule *rule, struct alert a)
{
	if (!is_clear(rule, a.value, rule->critical_clear)) {
		a.level_since = 0;
		return verdict_write(a);
	}
	if (a.level_since == 0)
		a.level_since = a.as_of;
	if (alert_lasted(&a.level_since, a.as_of) >= rule->clear_for_ms) {
		a.level_since = 0;
		set_severity(rule, &a, SEVERITY_WARNING);
	}
	return verdict_write(a);
}

/* Which of the two levels it fires at. */
static struct verdict step_level(
	const struct alerter_config *config, const struct rule *rule, struct alert a)
{
	set_severity(rule, &a, a.severity);
	if (!rule->has_critical)
		return verdict_write(a);
	if (a.severity != SEVERITY_CRITICAL)
		return step_rise(rule, a);
	return alert_is_locked(config, &a) ? verdict_write(a) : step_fall(rule, a);
}

/* Its end is as severe as what ends: this look may have lowered that. */
static struct verdict step_clear(const struct alerter_config *config, const struct rule *rule,
	struct alert a, enum severity severity)
{
	struct verdict v = verdict_clear(config, a, rule->clear_for_ms);
	if (v.tell)
		set_severity(rule, &v.alert, severity);
	return v;
}

static struct verdict step_firing(
	const struct alerter_config *config, const struct rule *rule, struct alert a, int64_t now)
{
	struct verdict v = step_level(config, rule, a);
	if (is_clear(rule, a.value, rule->clear))
		return step_clear(config, rule, v.alert, a.severity);
	v.alert.clear_since = 0;
	return verdict_remind(v, rule->repeat_ms, now);
}

/* What was going on before a gap began later, by as much of it as does not count. */
static void skip_gap(struct alert *a, int64_t gap_ms)
{
	if (a->state == ALERT_PENDING)
		a->since += gap_ms;
	if (a->clear_since != 0)
		a->clear_since += gap_ms;
	if (a->level_since != 0)
		a->level_since += gap_ms;
}

/* The row that this look goes on from. */
static struct alert begin(const struct rule *rule, const struct alert *old, const struct look *look)
{
	struct alert a = old ? *old : (struct alert){ .instance = look->instance };
	if (a.state != ALERT_FIRING)
		set_severity(rule, &a, SEVERITY_WARNING);
	skip_gap(&a, look->gap_ms);
	a.as_of = look->taken_at;
	a.as_of_id = look->sample_id;
	return a;
}

struct verdict alert_step(const struct alerter_config *config, const struct rule *rule,
	const struct alert *old, const struct look *look, int64_t now)
{
	if (!old && !look->present)
		return verdict_keep();
	struct alert a = begin(rule, old, look);
	if (!look->present)
		return step_vanished(config, a);
	a.count = 0;
	a.value = look->value;
	a.last_good_at = look->taken_at;
	return a.state == ALERT_FIRING ? step_firing(config, rule, a, now)
				       : step_quiet(config, rule, a);
}

struct verdict absent_step(const struct alerter_config *config, const struct rule *rule,
	const struct alert *old, const struct look *look, int64_t seen_at, int64_t now)
{
	if (!old && look->present)
		return verdict_keep();
	struct alert a = begin(rule, old, look);
	if (a.state == ALERT_OK && seen_at > 0 && seen_at + look->gap_ms < look->taken_at)
		a.since = seen_at + look->gap_ms;
	else if (a.state == ALERT_OK)
		a.since = look->taken_at;
	a.value = look->present ? 0 : (double)alert_lasted(&a.since, look->taken_at) / 1000;
	if (look->present)
		return a.state == ALERT_FIRING ? step_firing(config, rule, a, now)
					       : verdict_calm(config, a);
	if (a.state == ALERT_FIRING)
		return step_firing(config, rule, a, now);
	a.state = ALERT_PENDING;
	if (!rule_broken(rule, a.value)) {
		a.breaches = 0;
		return verdict_write(a);
	}
	return step_quiet(config, rule, a);
}

struct verdict late_step(const struct rule *rule, const struct alert *firing,
	const struct alert *old, const struct look *look)
{
	if (!look->present)
		return verdict_keep();
	if (old && look->taken_at > old->since && is_clear(rule, look->value, rule->clear))
		return late_close(rule, old);
	if (!rule_broken(rule, look->value))
		return verdict_keep();
	if (firing && firing->state == ALERT_FIRING && firing->since <= look->taken_at)
		return verdict_keep();
	struct alert a = old ? *old
			     : (struct alert){
				       .instance = look->instance,
				       .state = ALERT_PENDING,
				       .value = look->value,
				       .since = look->taken_at,
				       .as_of = look->taken_at,
			       };
	a.value = rule->below ? fmin(a.value, look->value) : fmax(a.value, look->value);
	set_severity(rule, &a, is_worse(rule, a.value) ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	if (look->taken_at < a.since)
		a.since = look->taken_at;
	if (look->taken_at > a.as_of)
		a.as_of = look->taken_at;
	a.as_of_id = look->sample_id;
	a.count++;
	a.breaches++;
	return verdict_write(a);
}

struct verdict late_close(const struct rule *rule, const struct alert *old)
{
	struct verdict v = verdict_remove(*old);
	bool is_true = old->as_of - old->since >= rule->for_ms && old->count >= rule->samples;
	return is_true ? verdict_tell(v, EVENT_LATE) : v;
}

struct verdict gone_step(const struct alert *old, int64_t now)
{
	struct verdict v = verdict_remove(*old);
	v.alert.as_of = now;
	return old->state == ALERT_FIRING ? verdict_tell(v, EVENT_CLOSED) : v;
}
