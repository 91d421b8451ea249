#include "lib/alerts/verdict.h"

struct verdict verdict_keep(void)
{
	return (struct verdict){ .row = ROW_KEEP };
}

struct verdict verdict_write(struct alert a)
{
	return (struct verdict){ .row = ROW_WRITE, .alert = a };
}

struct verdict verdict_remove(struct alert a)
{
	a.state = ALERT_OK;
	return (struct verdict){ .row = ROW_REMOVE, .alert = a };
}

struct verdict verdict_tell(struct verdict v, enum event_kind kind)
{
	v.tell = true;
	v.kind = kind;
	return v;
}

int64_t alert_lasted(int64_t *since, int64_t at)
{
	if (at < *since)
		*since = at;
	return at - *since;
}

bool alert_is_locked(const struct alerter_config *config, const struct alert *a)
{
	return config->flap_after > 0 && a->flaps > config->flap_after;
}

void alert_worsened(struct alert *a)
{
	if (a->severity > a->worst)
		a->worst = a->severity;
}

bool alert_is_acked(const struct alert *a)
{
	return a->acked_at != 0 && a->severity <= a->acked_severity;
}

struct event alert_event(const struct alert *a, enum event_kind kind)
{
	return (struct event){
		.kind = kind,
		.at = a->as_of,
		.client = a->client,
		.rule = a->rule,
		.instance = a->instance,
		.severity = a->severity,
		.value = a->value,
		.limit = a->limit,
		.since = a->since,
		.last_good_at = a->last_good_at,
		.opened_event = a->opened_event,
		.text = a->text,
		.recipients = a->recipients,
		.held = "",
	};
}

const char *alert_held(const struct alert *a)
{
	return a->held ? a->held : "";
}

/* Whether its openings are too old to count. */
static bool flaps_expired(const struct alerter_config *config, struct alert *a, int64_t at)
{
	return a->flaps == 0 || alert_lasted(&a->flaps_since, at) >= config->flap_window_ms;
}

struct verdict verdict_open(const struct alerter_config *config, struct alert a, int64_t at)
{
	if (flaps_expired(config, &a, at)) {
		a.flaps = 0;
		a.flaps_since = at;
		a.worst = a.severity;
	}
	alert_worsened(&a);
	a.flaps += config->flap_after > 0;
	a.state = ALERT_FIRING;
	a.clear_since = a.level_since = 0;
	a.breaches = 0;
	if (alert_is_locked(config, &a)) {
		a.severity = a.worst;
		return verdict_tell(verdict_write(a), EVENT_FLAPPING);
	}
	a.opened_at = a.acked_at = a.escalated_at = 0;
	return verdict_tell(verdict_write(a), EVENT_FIRING);
}

struct verdict verdict_calm(const struct alerter_config *config, struct alert a)
{
	bool was_ok = a.state == ALERT_OK;
	a.state = ALERT_OK;
	a.breaches = 0;
	a.level_since = 0;
	if (flaps_expired(config, &a, a.as_of))
		return verdict_remove(a);
	return was_ok ? verdict_keep() : verdict_write(a);
}

/* The end of a lock is the end of counting, too. */
static struct verdict end(const struct alerter_config *config, struct alert a, enum event_kind kind)
{
	if (alert_is_locked(config, &a))
		a.flaps = 0;
	struct alert ended = a;
	ended.state = ALERT_OK;
	ended.clear_since = ended.level_since = 0;
	ended.breaches = 0;
	return verdict_tell(a.flaps > 0 ? verdict_write(ended) : verdict_remove(ended), kind);
}

int64_t verdict_clear_for(
	const struct alerter_config *config, const struct alert *a, int64_t clear_for_ms)
{
	bool in_window = alert_is_locked(config, a) && clear_for_ms < config->flap_window_ms;
	return in_window ? config->flap_window_ms : clear_for_ms;
}

static struct verdict end_after(const struct alerter_config *config, struct alert a,
	int64_t clear_for_ms, enum event_kind kind)
{
	if (a.clear_since == 0)
		a.clear_since = a.as_of;
	if (alert_lasted(&a.clear_since, a.as_of) < verdict_clear_for(config, &a, clear_for_ms))
		return verdict_write(a);
	return end(config, a, kind);
}

struct verdict verdict_clear(
	const struct alerter_config *config, struct alert a, int64_t clear_for_ms)
{
	return end_after(config, a, clear_for_ms, EVENT_RESOLVED);
}

struct verdict verdict_vanish(const struct alerter_config *config, struct alert a)
{
	return end_after(config, a, 0, EVENT_CLOSED);
}

struct verdict verdict_remind(struct verdict v, int64_t repeat_ms, int64_t now)
{
	const struct alert *a = &v.alert;
	int64_t told_at = a->told_at;
	if (v.row != ROW_WRITE || v.tell || a->state != ALERT_FIRING || a->clear_since != 0 ||
		repeat_ms <= 0 || alert_is_acked(a) || alert_held(a)[0])
		return v;
	return alert_lasted(&told_at, now) >= repeat_ms ? verdict_tell(v, EVENT_REPEAT) : v;
}
