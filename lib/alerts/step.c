#include "lib/alerts/step.h"

#include <math.h>

static struct verdict keep(void)
{
	return (struct verdict){ .row = ROW_KEEP };
}

static struct verdict write_row(struct alert a)
{
	return (struct verdict){ .row = ROW_WRITE, .alert = a };
}

static struct verdict remove_row(struct alert a)
{
	a.state = ALERT_OK;
	return (struct verdict){ .row = ROW_REMOVE, .alert = a };
}

static struct verdict tell(struct verdict v, enum event_kind kind, int64_t now)
{
	v.tell = true;
	v.kind = kind;
	v.alert.told_at = now;
	return v;
}

/* Milliseconds from *since to `at`; after a clock that went back it counts anew. */
static int64_t lasted(int64_t *since, int64_t at)
{
	if (at < *since)
		*since = at;
	return at - *since;
}

static bool repeat_due(int64_t repeat_ms, int64_t told_at, int64_t now)
{
	return repeat_ms > 0 && lasted(&told_at, now) >= repeat_ms;
}

bool rule_broken(const struct rule *rule, double value)
{
	return rule->below ? value <= rule->limit : value >= rule->limit;
}

static bool rule_cleared(const struct rule *rule, double value)
{
	return rule->below ? value > rule->clear : value < rule->clear;
}

/* A firing alert whose instance vanished closes; one that only was pending is forgotten. */
static struct verdict step_absent(uint32_t absent_after, struct alert a, int64_t now)
{
	a.count++;
	if (a.count < absent_after)
		return write_row(a);
	bool firing = a.state == ALERT_FIRING;
	struct verdict v = remove_row(a);
	return firing ? tell(v, EVENT_CLOSED, now) : v;
}

static struct verdict step_quiet(const struct rule *rule, struct alert a, int64_t now)
{
	if (!rule_broken(rule, a.value))
		return a.state == ALERT_PENDING ? remove_row(a) : keep();
	if (a.state == ALERT_OK)
		a.since = a.as_of;
	a.state = ALERT_PENDING;
	if (lasted(&a.since, a.as_of) < rule->for_ms)
		return write_row(a);
	a.state = ALERT_FIRING;
	return tell(write_row(a), EVENT_FIRING, now);
}

static struct verdict step_firing(const struct rule *rule, struct alert a, int64_t now)
{
	if (!rule_cleared(rule, a.value)) {
		a.clear_since = 0;
		if (repeat_due(rule->repeat_ms, a.told_at, now))
			return tell(write_row(a), EVENT_REPEAT, now);
		return write_row(a);
	}
	if (a.clear_since == 0)
		a.clear_since = a.as_of;
	if (lasted(&a.clear_since, a.as_of) < rule->clear_for_ms)
		return write_row(a);
	return tell(remove_row(a), EVENT_RESOLVED, now);
}

struct verdict alert_step(const struct rule *rule, uint32_t absent_after, const struct alert *old,
	const struct look *look, int64_t now)
{
	if (!old && !look->present)
		return keep();
	struct alert a = old ? *old : (struct alert){ .instance = look->instance };
	a.severity = rule->severity;
	a.limit = rule->limit;
	a.as_of = look->taken_at;
	a.as_of_id = look->sample_id;
	if (!look->present)
		return step_absent(absent_after, a, now);
	a.count = 0;
	a.value = look->value;
	a.last_good_at = look->taken_at;
	return a.state == ALERT_FIRING ? step_firing(rule, a, now) : step_quiet(rule, a, now);
}

struct verdict late_step(const struct rule *rule, const struct alert *firing,
	const struct alert *old, const struct look *look)
{
	if (!look->present || !rule_broken(rule, look->value))
		return keep();
	if (firing && firing->state == ALERT_FIRING && firing->since <= look->taken_at)
		return keep();
	struct alert a = old ? *old
			     : (struct alert){
				       .instance = look->instance,
				       .state = ALERT_PENDING,
				       .value = look->value,
				       .since = look->taken_at,
				       .as_of = look->taken_at,
			       };
	a.severity = rule->severity;
	a.limit = rule->limit;
	a.value = rule->below ? fmin(a.value, look->value) : fmax(a.value, look->value);
	if (look->taken_at < a.since)
		a.since = look->taken_at;
	if (look->taken_at > a.as_of)
		a.as_of = look->taken_at;
	a.as_of_id = look->sample_id;
	a.count++;
	return write_row(a);
}

struct verdict late_close(const struct rule *rule, const struct alert *old)
{
	struct verdict v = remove_row(*old);
	return old->as_of - old->since >= rule->for_ms ? tell(v, EVENT_LATE, old->as_of) : v;
}

/* How many attempts in a row may fail for no fault of the client's beyond those that may fail
 * by its own, before people hear that nobody watches it. */
enum { BLAMELESS_MORE = 3 };

bool outcome_blameless(enum outcome o)
{
	return o == OUTCOME_NOT_DONE || o == OUTCOME_INTERNAL;
}

/* A good sample ends what is not newer than itself. */
static struct verdict step_good(
	const struct alert *old, const struct stored_sample *sample, int64_t now)
{
	if (!old || sample->id < old->as_of_id)
		return keep();
	struct alert a = *old;
	a.as_of = a.last_good_at = sample->taken_at;
	a.as_of_id = sample->id;
	bool firing = a.state == ALERT_FIRING;
	struct verdict v = remove_row(a);
	return firing ? tell(v, EVENT_RESOLVED, now) : v;
}

/* One more failure since the last good sample: `count` has those by the client's own fault,
 * `value` all of them. */
static struct verdict step_failed(const struct alert *old, const struct alert *last_good,
	const struct stored_sample *sample, uint32_t limit)
{
	if (last_good && sample->id < last_good->as_of_id)
		return keep();
	struct alert a = old ? *old
			     : (struct alert){
				       .instance = "",
				       .state = ALERT_PENDING,
				       .severity = SEVERITY_CRITICAL,
				       .limit = limit,
				       .since = sample->taken_at,
				       .last_good_at = last_good ? last_good->last_good_at : 0,
			       };
	if (sample->id > a.as_of_id) {
		a.as_of = sample->taken_at;
		a.as_of_id = sample->id;
	}
	a.count += !outcome_blameless(sample->outcome);
	a.value++;
	return write_row(a);
}

static struct verdict fire(struct alert a, int64_t now)
{
	a.state = ALERT_FIRING;
	return tell(write_row(a), EVENT_FIRING, now);
}

/* One that fires already is told again when it is time to. */
static struct verdict remind(struct verdict v, int64_t repeat_ms, int64_t now)
{
	if (v.row != ROW_WRITE || v.alert.state != ALERT_FIRING)
		return v;
	return repeat_due(repeat_ms, v.alert.told_at, now) ? tell(v, EVENT_REPEAT, now) : v;
}

struct verdict unreachable_step(const struct alerter_config *config, const struct alert *old,
	const struct alert *last_good, const struct stored_sample *sample, int64_t now)
{
	if (sample->outcome == OUTCOME_OK)
		return step_good(old, sample, now);
	if (sample->outcome == OUTCOME_HOST_KEY_CHANGED)
		return keep();
	return remind(step_failed(old, last_good, sample, config->unreachable_after),
		config->unreachable_repeat_ms, now);
}

struct verdict unreachable_judge(const struct alerter_config *config, const struct alert *old,
	uint64_t running_cycle, int64_t now)
{
	uint32_t unsure = running_cycle != 0 && old->as_of_id > running_cycle;
	uint32_t after = config->unreachable_after + unsure;
	if (old->state != ALERT_PENDING)
		return keep();
	if (old->count < after && old->value < (double)after + BLAMELESS_MORE)
		return keep();
	return fire(*old, now);
}

struct verdict host_key_step(const struct alerter_config *config, const struct alert *old,
	const struct alert *last_good, const struct stored_sample *sample, int64_t now)
{
	if (sample->outcome == OUTCOME_OK)
		return step_good(old, sample, now);
	if (sample->outcome != OUTCOME_HOST_KEY_CHANGED)
		return keep();
	struct verdict v = step_failed(old, last_good, sample, 1);
	if (v.row == ROW_WRITE && v.alert.state == ALERT_PENDING)
		return fire(v.alert, now);
	return remind(v, config->unreachable_repeat_ms, now);
}

struct verdict stale_step(const struct alerter_config *config, const struct alert *old,
	int64_t finished_at, int64_t now)
{
	struct alert a = old ? *old
			     : (struct alert){
				       .instance = "",
				       .state = ALERT_PENDING,
				       .severity = SEVERITY_CRITICAL,
				       .since = now,
			       };
	if (finished_at > 0 || !old)
		a.since = finished_at > 0 ? finished_at : now;
	a.as_of = now;
	a.last_good_at = finished_at;
	a.value = (double)lasted(&a.since, now) / 1000;
	a.limit = (double)config->collector_stale_ms / 1000;
	bool stale = now - a.since >= config->collector_stale_ms;
	if (!stale && finished_at > 0) {
		if (!old)
			return keep();
		a.since = old->since;
		struct verdict v = remove_row(a);
		return old->state == ALERT_FIRING ? tell(v, EVENT_RESOLVED, now) : v;
	}
	if (stale && a.state == ALERT_FIRING &&
		repeat_due(config->unreachable_repeat_ms, a.told_at, now))
		return tell(write_row(a), EVENT_REPEAT, now);
	if (!stale || a.state == ALERT_FIRING)
		return old ? keep() : write_row(a);
	a.state = ALERT_FIRING;
	return tell(write_row(a), EVENT_FIRING, now);
}

struct verdict gone_step(const struct alert *old, int64_t now)
{
	struct verdict v = remove_row(*old);
	v.alert.as_of = now;
	return old->state == ALERT_FIRING ? tell(v, EVENT_CLOSED, now) : v;
}
