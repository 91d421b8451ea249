#include "tests/contract/moves.h"

uint64_t take(struct rig *r)
{
	static const char *const clients[] = { "web1", "web2", "web3", "web4" };
	uint64_t epoch;
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		struct sample s = failed_sample((int64_t)i, clients[i]);
		assert_int_equal(put(r, &s), PUT_NEW);
	}
	assert_done(r, storage_take_lease(r->s, "test", noon, 3600000, &epoch, &r->err));
	assert_true(epoch > 0);
	return epoch;
}

struct alert firing(const char *client, const char *instance)
{
	return (struct alert){
		.client = client,
		.rule = "disk/warning/*",
		.instance = instance,
		.state = ALERT_FIRING,
		.severity = SEVERITY_CRITICAL,
		.value = 0.96875,
		.limit = 0.9375,
		.since = noon - 1000,
		.as_of = noon,
		.as_of_id = id_at(0),
		.clear_since = 0,
		.count = 3,
		.last_good_at = noon - 60000,
		.told_at = noon,
		.recipients = "a@example.com\nb@example.com",
	};
}

struct event event_of(const struct alert *a, enum event_kind kind, int64_t at)
{
	return (struct event){
		.kind = kind,
		.at = at,
		.client = a->client,
		.rule = a->rule,
		.instance = a->instance,
		.severity = a->severity,
		.value = a->value,
		.limit = a->limit,
		.since = a->since,
		.last_good_at = a->last_good_at,
		.text = "it's \"caf\xc3\xa9\"",
		.recipients = a->recipients,
	};
}

void apply(struct rig *r, uint64_t epoch, const struct transition *t, size_t count)
{
	bool lost;
	assert_done(r, storage_apply(r->s, epoch, NULL, 0, t, count, noon, &lost, &r->err));
	assert_false(lost);
}

uint64_t three_events(struct rig *r, uint64_t epoch, uint64_t ids[3])
{
	struct alert a = firing("web1", "/");
	struct event e[] = { event_of(&a, EVENT_FIRING, noon), event_of(&a, EVENT_REPEAT, noon + 1),
		event_of(&a, EVENT_RESOLVED, noon + 2) };
	struct transition t[] = { { .alert = a, .event = &e[0] }, { .alert = a, .event = &e[1] },
		{ .alert = a, .event = &e[2] } };
	struct event_set got;
	apply(r, epoch, t, 3);
	assert_done(r, storage_untold_events(r->s, 9, &got, &r->err));
	assert_int_equal(got.count, 3);
	for (int i = 0; i < 3; i++)
		ids[i] = got.items[i].id;
	event_set_finish(&got);
	return ids[0];
}

struct notification mail(const char *to, const char *id, const uint64_t *events, size_t count)
{
	return (struct notification){
		.channel = "mail",
		.recipient = to,
		.message_id = id,
		.references = "",
		.subject = "web1: disk / 97 %",
		.text = "line one\n.\nline \"three\" caf\xc3\xa9\n",
		.created_at = noon,
		.next_try_at = noon,
		.events = events,
		.event_count = count,
	};
}

void put_composed(struct rig *r, uint64_t epoch, const struct composed *c)
{
	bool lost;
	for (int again = 0; again < 2; again++) {
		assert_done(r, storage_put_composed(r->s, epoch, c, &lost, &r->err));
		assert_false(lost);
	}
}
