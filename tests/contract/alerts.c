/* Alerts, their events, and the outbox. */
#include "tests/contract/rig.h"

#include <math.h>

static struct rig *rig(void **state)
{
	return *state;
}

/* An alert is of a client that is known by its attempts. */
static uint64_t take(struct rig *r)
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

static struct alert firing(const char *client, const char *instance)
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

static struct event event_of(const struct alert *a, enum event_kind kind, int64_t at)
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

static void apply(struct rig *r, uint64_t epoch, const struct transition *t, size_t count)
{
	bool lost;
	assert_done(r, storage_apply(r->s, epoch, NULL, 0, t, count, noon, &lost, &r->err));
	assert_false(lost);
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

/* Three events of one alert, untold; returns the id of the first. */
static uint64_t three_events(struct rig *r, uint64_t epoch, uint64_t ids[3])
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

static struct notification mail(
	const char *to, const char *id, const uint64_t *events, size_t count)
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

static void told_once_and_never_again(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	bool lost;
	three_events(r, epoch, ids);
	struct notification n[] = { mail("a@example.com", "1@fleet", ids, 2),
		mail("b@example.com", "2@fleet", ids, 1) };
	for (int again = 0; again < 2; again++) { /* the third has nobody to be told to */
		assert_done(
			r, storage_put_notifications(r->s, epoch, n, 2, ids, 3, &lost, &r->err));
		assert_false(lost);
		assert_select(r, "SELECT count(*) FROM notification", "2\n");
		assert_select(r, "SELECT count(*) FROM notification_event", "3\n");
	}
	struct event_set events;
	assert_done(r, storage_untold_events(r->s, 9, &events, &r->err));
	assert_int_equal(events.count, 0);
	event_set_finish(&events);
}

static void a_notification_waits_until_it_is_done(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	bool lost;
	three_events(r, epoch, ids);
	struct notification n[] = { mail("a@example.com", "1@fleet", ids, 3),
		mail("b@example.com", "2@fleet", ids, 3) };
	n[1].next_try_at = 0; /* at once */
	n[1].references = "0@fleet";
	assert_done(r, storage_put_notifications(r->s, epoch, n, 2, ids, 3, &lost, &r->err));
	struct notification_set due;
	assert_done(r, storage_due_notifications(r->s, noon - 1, 0, 9, &due, &r->err));
	assert_int_equal(due.count, 1);
	notification_set_finish(&due);
	assert_done(r, storage_due_notifications(r->s, noon, 0, 1, &due, &r->err));
	assert_int_equal(due.count, 1);
	assert_string_equal(due.items[0].message_id, "1@fleet");
	notification_set_finish(&due);
	assert_done(r, storage_due_notifications(r->s, noon, 0, 9, &due, &r->err));
	assert_int_equal(due.count, 2);
	struct notification_set rest;
	assert_done(r, storage_due_notifications(r->s, noon, due.items[0].id, 9, &rest, &r->err));
	assert_int_equal(rest.count, 1);
	assert_int_equal(rest.items[0].id, due.items[1].id);
	notification_set_finish(&rest);
	struct notification first = due.items[0], second = due.items[1];
	assert_string_equal(first.channel, "mail");
	assert_string_equal(first.recipient, "a@example.com");
	assert_string_equal(first.subject, n[0].subject);
	assert_string_equal(first.text, n[0].text);
	assert_string_equal(first.last_error, "");
	assert_string_equal(second.references, "0@fleet");
	assert_int_equal(first.state, NOTIFICATION_WAITING);
	assert_int_equal(first.created_at, noon);
	first.tries = 1;
	first.next_try_at = noon + 60000;
	first.last_error = "450 4.2.0 greylisted";
	assert_done(r, storage_put_delivery(r->s, &first, &r->err));
	second.state = NOTIFICATION_FAILED;
	second.done_at = noon;
	second.last_error = "550 no such user";
	const struct notification both[] = { first, second };
	assert_done(r, storage_put_delivery(r->s, &second, &r->err));
	assert_done(r, storage_put_deliveries(r->s, both, 2, &r->err));
	notification_set_finish(&due);
	struct storage_backlog b;
	assert_done(r, storage_get_backlog(r->s, &b, &r->err));
	assert_int_equal(b.waiting, 1);
	assert_int_equal(b.oldest_waiting_at, noon);
	assert_int_equal(b.failed, 1);
	assert_done(r, storage_due_notifications(r->s, noon + 59999, 0, 9, &due, &r->err));
	assert_int_equal(due.count, 0);
	notification_set_finish(&due);
	assert_done(r, storage_due_notifications(r->s, noon + 60000, 0, 9, &due, &r->err));
	assert_int_equal(due.count, 1);
	assert_int_equal(due.items[0].tries, 1);
	assert_string_equal(due.items[0].last_error, "450 4.2.0 greylisted");
	assert_string_equal(due.items[0].message_id, "1@fleet"); /* the same row, every time */
	due.items[0].state = NOTIFICATION_SENT;
	due.items[0].done_at = noon + 60001;
	assert_done(r, storage_put_delivery(r->s, &due.items[0], &r->err));
	due.items[0].state = NOTIFICATION_WAITING; /* one who was overtaken meant to try again */
	due.items[0].tries = 9;
	assert_done(r, storage_put_delivery(r->s, &due.items[0], &r->err));
	notification_set_finish(&due);
	assert_select(r,
		"SELECT recipient, state, tries, done_at, last_error FROM notification ORDER BY id",
		"a@example.com|sent|1|2026-11-22 12:01:00.001|450 4.2.0 greylisted\n"
		"b@example.com|failed|0|2026-11-22 12:00:00.000|550 no such user\n");
}

/* A thread of an event each: told and sent long ago, still open, waiting, failed, recent, and
 * one nobody is told of. */
static void what_was_told_long_ago_goes(void **state)
{
	enum { THREADS = 6 };
	static const int64_t day = 24 * 3600 * 1000;
	static const char *const instances[THREADS] = { "old", "open", "waiting", "failed", "new",
		"silent" };
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[THREADS];
	struct transition t[THREADS];
	struct event e[THREADS];
	struct notification n[THREADS - 1];
	struct event_set got;
	uint32_t deleted;
	bool lost;
	for (int i = 0; i < THREADS; i++) {
		t[i] = (struct transition){
			.alert = firing("web1", instances[i]), .event = &e[i], .remove = i != 1
		};
		e[i] = event_of(&t[i].alert, EVENT_LATE, i == 4 ? noon : noon - 9 * day);
		e[i].kind = i == 1 ? EVENT_FIRING : EVENT_LATE;
	}
	apply(r, epoch, t, THREADS);
	assert_done(r, storage_untold_events(r->s, 9, &got, &r->err));
	assert_int_equal(got.count, THREADS);
	for (int i = 0; i < THREADS; i++)
		ids[i] = got.items[i].id;
	event_set_finish(&got);
	for (int i = 0; i < THREADS - 1; i++) {
		n[i] = mail(instances[i], instances[i], &ids[i], 1);
		n[i].created_at = n[i].done_at = e[i].at;
		n[i].state = i == 2   ? NOTIFICATION_WAITING
			     : i == 3 ? NOTIFICATION_FAILED
				      : NOTIFICATION_SENT;
	}
	assert_done(r, storage_put_notifications(
			       r->s, epoch, n, THREADS - 1, ids, THREADS, &lost, &r->err));
	assert_done(r, storage_retain(r->s, noon - 10 * day, 100, &deleted, &r->err));
	assert_done(r, storage_retain(r->s, noon - 5 * day, 0, &deleted, &r->err));
	assert_select(r, "SELECT count(*) FROM event", "6\n");
	assert_done(r, storage_retain(r->s, noon - 5 * day, 1, &deleted, &r->err));
	assert_select(r, "SELECT count(*) FROM event", "5\n"); /* at most one */
	assert_done(r, storage_retain(r->s, noon - 5 * day, 100, &deleted, &r->err));
	assert_select(r, "SELECT instance FROM event ORDER BY id", "open\nwaiting\nfailed\nnew\n");
	assert_select(r,
		"SELECT recipient FROM notification n"
		" JOIN notification_event m ON m.notification_id = n.id ORDER BY n.id",
		"open\nwaiting\nfailed\nnew\n");
	assert_select(r, "SELECT count(*) FROM notification_event", "4\n");
}

static void first_message(struct rig *r, uint64_t opened, const char *to, const char *expected)
{
	struct buffer out = { 0 };
	assert_int_equal(buffer_append_text(&out, "<"), 0);
	assert_done(r, storage_first_message(r->s, opened, to, &out, &r->err));
	assert_string_equal(out.data + 1, expected);
	buffer_finish(&out);
}

static void a_thread_begins_with_the_first_mail(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	bool lost;
	uint64_t opened = three_events(r, epoch, ids);
	first_message(r, opened, "a@example.com", "");
	struct notification n[] = { mail("a@example.com", "1@fleet", &ids[0], 1),
		mail("a@example.com", "2@fleet", &ids[1], 1),
		mail("b@example.com", "3@fleet", &ids[1], 2),
		mail("c@example.com", "4@fleet", &ids[0], 1) };
	n[3].state = NOTIFICATION_FAILED;
	assert_done(r, storage_put_notifications(r->s, epoch, n, 4, ids, 3, &lost, &r->err));
	first_message(r, opened, "a@example.com", "1@fleet");
	first_message(r, opened, "b@example.com", "3@fleet"); /* was only told the repeat */
	first_message(r, opened, "c@example.com", "");	      /* never got there */
	first_message(r, opened, "d@example.com", "");
	first_message(r, opened + 100, "a@example.com", "");
}

const struct CMUnitTest alert_tests[] = {
	RIG_TEST(an_alert_reads_back),
	RIG_TEST(rows_are_found_by_their_key),
	RIG_TEST(events_hang_on_the_one_that_opened),
	RIG_TEST(one_time_two_samples_two_events),
	RIG_TEST(the_row_remembers_its_opening),
	RIG_TEST(thousands_of_alerts_at_once),
	RIG_TEST(told_once_and_never_again),
	RIG_TEST(a_notification_waits_until_it_is_done),
	RIG_TEST(a_thread_begins_with_the_first_mail),
	RIG_TEST(what_was_told_long_ago_goes),
};
const size_t alert_test_count = ARRAY_LEN(alert_tests);
