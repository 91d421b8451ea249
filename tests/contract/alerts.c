/* Alerts and their events. */
#include "tests/contract/moves.h"

#include <math.h>

static struct rig *rig(void **state)
{
	return *state;
}

static void an_alert_reads_back(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct transition t[] = {
		{ .alert = firing("web1", "/mnt/it's") },
		{ .alert = firing("", "") },
	};
	struct alert_set got;
	t[1].alert.state = ALERT_PENDING;
	t[1].alert.value = NAN;
	t[1].alert.recipients = "";
	apply(r, epoch, t, 2);
	assert_done(r, storage_get_alerts(r->s, &got, &r->err));
	assert_int_equal(got.count, 2);
	const struct alert *a = &got.items[0], *b = &t[0].alert;
	assert_true(a->id > 0);
	assert_string_equal(a->client, b->client);
	assert_string_equal(a->rule, b->rule);
	assert_string_equal(a->instance, b->instance);
	assert_string_equal(a->recipients, b->recipients);
	assert_int_equal(a->state, b->state);
	assert_int_equal(a->severity, b->severity);
	assert_true(a->value == b->value && a->limit == b->limit);
	assert_int_equal(a->since, b->since);
	assert_int_equal(a->as_of, b->as_of);
	assert_int_equal(a->as_of_id, b->as_of_id);
	assert_int_equal(a->clear_since, 0);
	assert_int_equal(a->count, b->count);
	assert_int_equal(a->last_good_at, b->last_good_at);
	assert_int_equal(a->told_at, b->told_at);
	assert_int_equal(a->opened_event, 0);
	assert_string_equal(got.items[1].client, "");
	assert_true(isnan(got.items[1].value));
	alert_set_finish(&got);
	assert_select(r, "SELECT client, rule, instance, severity, value, since FROM open_alerts",
		"web1|disk/warning/*|/mnt/it's|critical|0.96875|2026-11-22 11:59:59.000\n");
}

/* What a caller leaves out is empty; what storage itself knows is not written with the row. */
static void an_alert_remembers_more_than_its_state(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct transition t[] = { { .alert = firing("web1", "/") },
		{ .alert = firing("web2", "/") } };
	struct alert *a = &t[0].alert;
	a->held = "silence 3: it's \"caf\xc3\xa9\"";
	a->breaches = 7;
	a->level_since = noon - 5;
	a->flaps = 4;
	a->flaps_since = noon - 4;
	a->worst = a->told_severity = SEVERITY_CRITICAL;
	t[1].alert.worst = SEVERITY_CRITICAL;
	a->escalated_at = noon - 3;
	a->acked_at = noon;
	a->acked_by = "nobody";
	apply(r, epoch, t, 2);
	apply(r, epoch, t, 2);
	struct alert_set got;
	assert_done(r, storage_get_alerts(r->s, &got, &r->err));
	assert_int_equal(got.count, 2);
	const struct alert *b = &got.items[0], *none = &got.items[1];
	assert_string_equal(b->held, a->held);
	assert_int_equal(b->breaches, 7);
	assert_int_equal(b->level_since, noon - 5);
	assert_int_equal(b->flaps, 4);
	assert_int_equal(b->flaps_since, noon - 4);
	assert_int_equal(b->worst, SEVERITY_CRITICAL);
	assert_int_equal(b->told_severity, SEVERITY_CRITICAL);
	assert_int_equal(b->escalated_at, noon - 3);
	assert_int_equal(b->acked_at, 0);
	assert_string_equal(b->acked_by, "");
	assert_string_equal(none->held, "");
	assert_int_equal(none->level_since, 0);
	assert_int_equal(none->flaps_since, 0);
	assert_int_equal(none->worst, SEVERITY_CRITICAL);
	assert_int_equal(none->told_severity, SEVERITY_WARNING);
	assert_int_equal(none->escalated_at, 0);
	alert_set_finish(&got);
	assert_select(r, "SELECT client, held FROM open_alerts",
		"web1|silence 3: it's \"caf\xc3\xa9\"\nweb2|\n");
}

/* It opens its thread all the same, and is history at once. */
static void what_is_held_is_never_told(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert a = firing("web1", "/");
	struct event e[] = { event_of(&a, EVENT_FIRING, noon), event_of(&a, EVENT_WORSE, noon + 1),
		event_of(&a, EVENT_FIRING, noon + 2), event_of(&a, EVENT_FLAPPING, noon + 3),
		event_of(&a, EVENT_ESCALATED, noon + 4) };
	struct transition t[ARRAY_LEN(e)];
	e[0].held = e[1].held = "sw1 is down";
	for (size_t i = 0; i < ARRAY_LEN(e); i++)
		t[i] = (struct transition){ .alert = a, .event = &e[i] };
	apply(r, epoch, t, ARRAY_LEN(t));
	assert_select(r, "SELECT kind, held, told_at FROM event ORDER BY id LIMIT 2",
		"firing|sw1 is down|2026-11-22 12:00:00.000\n"
		"worse|sw1 is down|2026-11-22 12:00:00.001\n");
	struct event_set got;
	assert_done(r, storage_untold_events(r->s, 9, &got, &r->err));
	assert_int_equal(got.count, 3);
	for (size_t i = 0; i < got.count; i++) {
		assert_int_equal(got.items[i].kind, e[2 + i].kind);
		assert_int_equal(got.items[i].opened_event, got.items[0].id);
		assert_string_equal(got.items[i].held, "");
	}
	event_set_finish(&got);
}

static void a_good_sample_is_remembered(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct transition t = { .alert = { .client = "web1",
					.rule = "last-good",
					.instance = "",
					.recipients = "",
					.since = noon - 3,
					.as_of = noon - 2,
					.as_of_id = id_at(7),
					.last_good_at = noon - 1 } };
	struct alert_set got;
	apply(r, epoch, &t, 1);
	assert_done(r, storage_get_alerts(r->s, &got, &r->err));
	assert_int_equal(got.count, 1);
	const struct alert *a = &got.items[0];
	assert_true(a->id > 0);
	assert_string_equal(a->client, "web1");
	assert_string_equal(a->rule, "last-good");
	assert_int_equal(a->state, ALERT_OK);
	assert_int_equal(a->since, noon - 3);
	assert_int_equal(a->as_of, noon - 2);
	assert_int_equal(a->as_of_id, id_at(7));
	assert_int_equal(a->last_good_at, noon - 1);
	assert_true(a->value == 0 && a->told_at == 0 && a->opened_event == 0);
	assert_string_equal(a->text, "");
	alert_set_finish(&got);
}

static void rows_are_found_by_their_key(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct transition t[] = {
		{ .alert = firing("web1", "/") }, { .alert = firing("web1", "/") },
		{ .alert = firing("web2", "/") }, { .alert = firing("web3", "/") },
		{ .alert = firing("web3", "/"), .remove = true },
		{ .alert = firing("web4", "/"), .remove = true }, /* was never there */
	};
	t[1].alert.value = 0.5;
	apply(r, epoch, t, ARRAY_LEN(t));
	apply(r, epoch, t, ARRAY_LEN(t)); /* again: the same */
	struct alert_set got;
	assert_done(r, storage_get_alerts(r->s, &got, &r->err));
	assert_int_equal(got.count, 2);
	assert_string_equal(got.items[0].client, "web1");
	assert_true(got.items[0].value == 0.5);
	alert_set_finish(&got);
}

/* An alert through its whole life within one call, then the same call again, as after a commit
 * of which nobody knows. */
static void events_hang_on_the_one_that_opened(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert a = firing("web1", "/"), resolved = a;
	resolved.state = ALERT_OK;
	struct event e[] = {
		event_of(&a, EVENT_FIRING, noon),
		event_of(&a, EVENT_REPEAT, noon + 1000),
		event_of(&a, EVENT_REPEAT, noon + 1500),
		event_of(&a, EVENT_RESOLVED, noon + 2000),
		event_of(&a, EVENT_FIRING, noon + 3000),
		event_of(&a, EVENT_LATE, noon + 3500),
		event_of(&a, EVENT_CLOSED, noon + 4000),
	};
	struct transition t[] = {
		{ .alert = a, .event = &e[0] },
		{ .alert = a, .event = &e[1] },
		{ .alert = a, .event = &e[2] },
		{ .alert = resolved, .event = &e[3] },
		{ .alert = a, .event = &e[4] },
		{ .alert = a, .event = &e[5] },
		{ .alert = a, .event = &e[6], .remove = true },
	};
	struct event_set got;
	for (int again = 0; again < 2; again++) {
		apply(r, epoch, t, ARRAY_LEN(t));
		assert_done(r, storage_untold_events(r->s, 100, &got, &r->err));
		assert_int_equal(got.count, 7);
		for (size_t i = 0; i < 7; i++) {
			size_t opener = i < 4 ? 0 : i == 5 ? 5 : 4;
			assert_int_equal(got.items[i].kind, e[i].kind);
			assert_int_equal(got.items[i].at, e[i].at);
			assert_int_equal(got.items[i].opened_event, got.items[opener].id);
			assert_true(got.items[i].alert_id > 0);
			assert_string_equal(got.items[i].text, "it's \"caf\xc3\xa9\"");
			assert_string_equal(got.items[i].recipients, a.recipients);
			assert_string_equal(got.items[i].client, "web1");
			assert_int_equal(got.items[i].since, a.since);
			assert_int_equal(got.items[i].last_good_at, a.last_good_at);
		}
		event_set_finish(&got);
	}
	assert_done(r, storage_untold_events(r->s, 3, &got, &r->err));
	assert_int_equal(got.count, 3);
	event_set_finish(&got);
}

/* Its clock stood still: fired, resolved and fired again at one time, by three samples. */
static void one_time_two_samples_two_events(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert a[] = { firing("web1", "/"), firing("web1", "/"), firing("web1", "/") };
	struct event e[] = { event_of(&a[0], EVENT_FIRING, noon),
		event_of(&a[1], EVENT_RESOLVED, noon), event_of(&a[2], EVENT_FIRING, noon) };
	struct transition t[] = { { .alert = a[0], .event = &e[0] },
		{ .alert = a[1], .event = &e[1], .remove = true },
		{ .alert = a[2], .event = &e[2] } };
	t[1].alert.as_of_id = id_at(1);
	t[2].alert.as_of_id = id_at(2);
	for (int again = 0; again < 2; again++) {
		apply(r, epoch, t, ARRAY_LEN(t));
		assert_select(r, "SELECT kind, opened_event = id FROM event ORDER BY id",
			"firing|1\nresolved|0\nfiring|1\n");
		assert_select(r,
			"SELECT count(*) FROM alert a JOIN event e ON e.id = a.opened_event"
			" AND e.sample_id = a.as_of_id",
			"1\n");
	}
}

static void the_row_remembers_its_opening(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	struct alert a = firing("web1", "/");
	struct event e[] = { event_of(&a, EVENT_FIRING, noon),
		event_of(&a, EVENT_REPEAT, noon + 9) };
	struct transition opening = { .alert = a, .event = &e[0] };
	struct transition silent = { .alert = a };
	struct transition later = { .alert = a, .event = &e[1] };
	apply(r, epoch, &opening, 1);
	apply(r, epoch, &silent, 1);
	apply(r, epoch, &later, 1);
	struct alert_set alerts;
	struct event_set events;
	assert_done(r, storage_get_alerts(r->s, &alerts, &r->err));
	assert_done(r, storage_untold_events(r->s, 9, &events, &r->err));
	assert_int_equal(alerts.items[0].opened_event, events.items[0].id);
	assert_int_equal(events.items[1].opened_event, events.items[0].id);
	assert_int_equal(events.items[1].alert_id, alerts.items[0].id);
	alert_set_finish(&alerts);
	event_set_finish(&events);
}

static void thousands_of_alerts_at_once(void **state)
{
	enum { COUNT = 3000 };
	struct rig *r = rig(state);
	uint64_t epoch = take(r);
	static struct transition t[COUNT];
	static struct event e[COUNT];
	static char names[COUNT][16];
	static struct sample attempts[COUNT];
	static enum put_result results[COUNT];
	for (int i = 0; i < COUNT; i++) {
		(void)snprintf(names[i], sizeof names[i], "host%d", i);
		attempts[i] = failed_sample(10 + i, names[i]);
		t[i] = (struct transition){ .alert = firing(names[i], "/") };
		e[i] = event_of(&t[i].alert, EVENT_FIRING, noon);
		if (i % 2)
			t[i].event = &e[i];
	}
	assert_done(r, storage_put_samples(r->s, attempts, COUNT, results, &r->err));
	apply(r, epoch, t, COUNT);
	assert_select(r, "SELECT count(*), count(DISTINCT client_id) FROM alert", "3000|3000\n");
	assert_select(r, "SELECT count(*) FROM event WHERE opened_event = id", "1500\n");
}

const struct CMUnitTest alert_tests[] = {
	RIG_TEST(an_alert_reads_back),
	RIG_TEST(an_alert_remembers_more_than_its_state),
	RIG_TEST(what_is_held_is_never_told),
	RIG_TEST(a_good_sample_is_remembered),
	RIG_TEST(rows_are_found_by_their_key),
	RIG_TEST(events_hang_on_the_one_that_opened),
	RIG_TEST(one_time_two_samples_two_events),
	RIG_TEST(the_row_remembers_its_opening),
	RIG_TEST(thousands_of_alerts_at_once),
};
const size_t alert_test_count = ARRAY_LEN(alert_tests);
