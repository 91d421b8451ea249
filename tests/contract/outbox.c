/* Notifications of events. */
#include "tests/contract/moves.h"

static struct rig *rig(void **state)
{
	return *state;
}

static void tell(struct rig *r, uint64_t epoch, const struct notification *n, size_t count,
	const uint64_t *events, size_t event_count)
{
	const struct composed c = {
		.items = n, .count = count, .events = events, .event_count = event_count
	};
	bool lost;
	assert_done(r, storage_put_composed(r->s, epoch, &c, &lost, &r->err));
	assert_false(lost);
}

static void told_once_and_never_again(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids);
	struct notification n[] = { mail("a@example.com", "1@fleet", ids, 2),
		mail("b@example.com", "2@fleet", ids, 1) };
	for (int again = 0; again < 2; again++) { /* the third has nobody to be told to */
		tell(r, epoch, n, 2, ids, 3);
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
	three_events(r, epoch, ids);
	struct notification n[] = { mail("a@example.com", "1@fleet", ids, 3),
		mail("b@example.com", "2@fleet", ids, 3) };
	n[1].next_try_at = 0; /* at once */
	n[1].references = "0@fleet";
	tell(r, epoch, n, 2, ids, 3);
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
	assert_int_equal(b.newest_failed_at, noon);
	assert_int_equal(b.channel_count, 1);
	assert_string_equal(b.channels[0].channel, "mail");
	assert_int_equal(b.channels[0].waiting, 1);
	assert_int_equal(b.channels[0].failed, 1);
	assert_int_equal(b.channels[0].oldest_waiting_at, noon);
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

static void assert_before(
	struct rig *r, bool is_end, uint32_t waiting, uint32_t sent, uint32_t failed)
{
	struct notification_set due;
	struct earlier_messages before;
	assert_done(r, storage_due_notifications(r->s, noon + 1, 0, 9, &due, &r->err));
	assert_true(due.count > 0);
	const struct notification *last = &due.items[due.count - 1];
	assert_int_equal(last->is_end, is_end);
	assert_done(r, storage_earlier_messages(r->s, last, &before, &r->err));
	assert_int_equal(before.waiting, waiting);
	assert_int_equal(before.sent, sent);
	assert_int_equal(before.failed, failed);
	notification_set_finish(&due);
}

static void an_end_knows_what_became_of_its_problem(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids); /* firing, again, over */
	struct notification n[] = { mail("b@example.com", "0@fleet", ids, 1),
		mail("a@example.com", "1@fleet", ids, 1),
		mail("a@example.com", "2@fleet", ids + 1, 2),
		mail("a@example.com", "3@fleet", ids + 2, 1) };
	tell(r, epoch, n, 3, ids, 2);
	assert_before(r, false, 1, 0, 0); /* tells of more than the end */
	tell(r, epoch, &n[3], 1, &ids[2], 1);
	assert_before(r, true, 2, 0, 0);
	rig_execute(r, "UPDATE notification SET state = 'failed' WHERE message_id = '1@fleet'");
	assert_before(r, true, 1, 0, 1);
	rig_execute(r, "UPDATE notification SET state = 'sent' WHERE message_id = '2@fleet'");
	assert_before(r, true, 0, 1, 1);
}

/* A thread of an event each: told and sent long ago, still open, waiting, failed long ago,
 * recent, and one nobody is told of. */
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
	tell(r, epoch, n, THREADS - 1, ids, THREADS);
	assert_done(r, storage_retain(r->s, noon - 10 * day, 100, &deleted, &r->err));
	assert_done(r, storage_retain(r->s, noon - 5 * day, 0, &deleted, &r->err));
	assert_select(r, "SELECT count(*) FROM event", "6\n");
	assert_done(r, storage_retain(r->s, noon - 5 * day, 1, &deleted, &r->err));
	assert_select(r, "SELECT count(*) FROM event", "5\n"); /* at most one */
	assert_done(r, storage_retain(r->s, noon - 5 * day, 100, &deleted, &r->err));
	assert_select(r, "SELECT instance FROM event ORDER BY id", "open\nwaiting\nnew\n");
	assert_select(r,
		"SELECT recipient FROM notification n"
		" JOIN notification_event m ON m.notification_id = n.id ORDER BY n.id",
		"open\nwaiting\nnew\n");
	assert_select(r, "SELECT count(*) FROM notification_event", "3\n");
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
	uint64_t opened = three_events(r, epoch, ids);
	first_message(r, opened, "a@example.com", "");
	struct notification n[] = { mail("a@example.com", "1@fleet", &ids[0], 1),
		mail("a@example.com", "2@fleet", &ids[1], 1),
		mail("b@example.com", "3@fleet", &ids[1], 2),
		mail("c@example.com", "4@fleet", &ids[0], 1) };
	n[3].state = NOTIFICATION_FAILED;
	tell(r, epoch, n, 4, ids, 3);
	first_message(r, opened, "a@example.com", "1@fleet");
	first_message(r, opened, "b@example.com", "3@fleet"); /* was only told the repeat */
	first_message(r, opened, "c@example.com", "");	      /* never got there */
	first_message(r, opened, "d@example.com", "");
	first_message(r, opened + 100, "a@example.com", "");
}

/* Of each event: who, under which Message-ID, how it went. */
static void assert_deliveries(
	struct rig *r, const uint64_t *ids, size_t count, const char *expected)
{
	static const char *const states[] = { "waiting", "sent", "failed" };
	struct delivery_set got;
	struct buffer text = { 0 };
	assert_done(r, storage_get_deliveries(r->s, ids, count, &got, &r->err));
	for (size_t i = 0; i < got.count; i++) {
		const struct delivery *d = &got.items[i];
		assert_int_equal(buffer_printf(&text, "%d %s %s <%s> %s %lld\n",
					 d->event_id == ids[0] ? 1 : 2, d->channel, d->recipient,
					 d->message_id, states[d->state],
					 (long long)(d->next_try_at ? d->next_try_at - noon : -1)),
			0);
	}
	assert_string_equal(text.data ? text.data : "", expected);
	delivery_set_finish(&got);
	buffer_finish(&text);
}

static void it_is_known_who_was_told_what(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids);
	assert_deliveries(r, ids, 3, "");
	struct notification n[] = { mail("a@example.com", "1@fleet", ids, 2),
		mail("b@example.com", "2@fleet", ids, 1) };
	n[1].state = NOTIFICATION_FAILED;
	n[1].next_try_at = 0;
	const struct deferral night = { ids[1], "c@example.com", noon + 100 };
	put_composed(r, epoch,
		&(struct composed){ .items = n,
			.count = 2,
			.events = ids,
			.event_count = 3,
			.deferred = &night,
			.deferred_count = 1 });
	assert_deliveries(r, ids, 3,
		"1 mail a@example.com <1@fleet> waiting 0\n"
		"1 mail b@example.com <2@fleet> failed -1\n"
		"2 mail a@example.com <1@fleet> waiting 0\n"
		"2  c@example.com <> waiting 100\n");
	assert_deliveries(r, ids, 0, "");
}

/* A part of what was composed, and the rest in another run. */
static void what_is_composed_already_is_known(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids);
	const struct notification n[] = { mail("a@example.com", "1@fleet", ids, 2),
		mail("b@example.com", "2@fleet", ids, 1) };
	struct told_set told;
	put_composed(r, epoch, &(struct composed){ .items = n, .count = 2 });
	assert_select(r, "SELECT count(*) FROM notification", "2\n");
	assert_done(r, storage_told_already(r->s, &told, &r->err));
	assert_int_equal(told.count, 3);
	assert_int_equal(told.items[0].event_id, ids[0]);
	assert_int_equal(told.items[2].event_id, ids[1]);
	assert_string_equal(told.items[2].recipient, "a@example.com");
	told_set_finish(&told);
	put_composed(r, epoch, &(struct composed){ .events = ids, .event_count = 3 });
	assert_done(r, storage_told_already(r->s, &told, &r->err));
	assert_int_equal(told.count, 0);
	told_set_finish(&told);
}

static void half_told_is_a_mistake(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	bool lost;
	three_events(r, epoch, ids);
	struct notification n = mail("a@example.com", "1@fleet", ids, 1);
	const struct deferral never = { ids[2], "a@example.com", noon };
	const struct composed c = { .items = &n,
		.count = 1,
		.events = ids,
		.event_count = 1,
		.done = &never,
		.done_count = 1 };
	assert_int_equal(storage_put_composed(r->s, epoch, &c, &lost, &r->err), -1);
	assert_non_null(strstr(r->err.text, "told already"));
	assert_select(r, "SELECT count(*) FROM notification", "0\n");
	assert_select(r, "SELECT count(*) FROM event WHERE told_at IS NULL", "3\n");
}

static void the_payload_goes_with_the_text(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	struct notification_set due;
	three_events(r, epoch, ids);
	struct notification n = mail("ops", "1@fleet", ids, 3);
	n.channel = "webhook";
	n.payload = "{\"text\": \"caf\xc3\xa9\"}";
	tell(r, epoch, &n, 1, ids, 3);
	assert_done(r, storage_due_notifications(r->s, noon, 0, 9, &due, &r->err));
	assert_int_equal(due.count, 1);
	assert_string_equal(due.items[0].channel, "webhook");
	assert_string_equal(due.items[0].payload, n.payload);
	assert_string_equal(due.items[0].text, n.text);
	notification_set_finish(&due);
}

const struct CMUnitTest outbox_tests[] = {
	RIG_TEST(told_once_and_never_again),
	RIG_TEST(a_notification_waits_until_it_is_done),
	RIG_TEST(an_end_knows_what_became_of_its_problem),
	RIG_TEST(a_thread_begins_with_the_first_mail),
	RIG_TEST(what_was_told_long_ago_goes),
	RIG_TEST(it_is_known_who_was_told_what),
	RIG_TEST(what_is_composed_already_is_known),
	RIG_TEST(half_told_is_a_mistake),
	RIG_TEST(the_payload_goes_with_the_text),
};
const size_t outbox_test_count = ARRAY_LEN(outbox_tests);
