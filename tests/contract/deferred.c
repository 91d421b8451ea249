/* Events that are told later. */
#include "tests/contract/moves.h"

static struct rig *rig(void **state)
{
	return *state;
}

static void assert_deferred(struct rig *r, int64_t now, size_t limit, const char *expected)
{
	struct buffer got = { 0 };
	struct deferred_set due;
	assert_done(r, storage_get_deferred(r->s, now, limit, &due, &r->err));
	for (size_t i = 0; i < due.count; i++)
		assert_int_equal(
			buffer_printf(&got, "%s %s %lld\n", due.items[i].recipient,
				due.items[i].event.kind == EVENT_FIRING ? "firing" : "other",
				(long long)(due.items[i].due_at - noon)),
			0);
	assert_string_equal(got.data ? got.data : "", expected);
	deferred_set_finish(&due);
	buffer_finish(&got);
}

static uint64_t count_notifications(
	struct rig *r, const char *recipient, int64_t since, int64_t until)
{
	uint64_t count;
	assert_done(r, storage_count_notifications(r->s, recipient, since, until, &count, &r->err));
	return count;
}

/* In quiet hours: one recipient is told at once, the other in the morning, and then once more
 * later, as there were too many. */
static void a_deferred_event_is_told_in_its_time(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids);
	struct notification now = mail("a@example.com", "1@fleet", ids, 3);
	struct notification later = mail("b@example.com", "2@fleet", ids, 2);
	const struct deferral night[] = { { ids[0], "b@example.com", noon + 100 },
		{ ids[1], "b@example.com", noon + 100 }, { ids[2], "b@example.com", noon + 300 } };
	const struct deferral again = { ids[1], "b@example.com", noon + 200 };
	put_composed(r, epoch,
		&(struct composed){ .items = &now,
			.count = 1,
			.events = ids,
			.event_count = 3,
			.deferred = night,
			.deferred_count = 3 });
	assert_deferred(r, noon, 9,
		"b@example.com firing 100\nb@example.com other 100\nb@example.com other 300\n");
	put_composed(r, epoch,
		&(struct composed){ .items = &later,
			.count = 1,
			.done = night,
			.done_count = 2,
			.deferred = &again,
			.deferred_count = 1 });
	assert_deferred(r, noon, 9, "b@example.com other 200\nb@example.com other 300\n");
	assert_select(r, "SELECT recipient FROM notification ORDER BY id",
		"a@example.com\nb@example.com\n");
	assert_int_equal(count_notifications(r, "b@example.com", noon, noon), 1);
	assert_int_equal(count_notifications(r, "b@example.com", noon + 1, noon + 2), 0);
	assert_int_equal(count_notifications(r, "b@example.com", noon - 2, noon - 1), 0);
}

/* What was put off until then waits for a clock that was ahead. */
static void a_clock_that_was_ahead_keeps_nothing_waiting(void **state)
{
	static const int64_t year = INT64_C(365) * 24 * 3600 * 1000;
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids);
	struct notification n[] = { mail("a@example.com", "1@fleet", ids, 3),
		mail("b@example.com", "2@fleet", ids, 3) };
	n[0].next_try_at = noon + year;
	n[1].next_try_at = noon + STORAGE_TRY_MAX_MS;
	const struct deferral waiting[] = { { ids[0], "c@example.com", noon + STORAGE_WAIT_MAX_MS },
		{ ids[0], "d@example.com", noon + year } };
	put_composed(r, epoch,
		&(struct composed){ .items = n,
			.count = 2,
			.events = ids,
			.event_count = 3,
			.deferred = waiting,
			.deferred_count = 2 });
	struct notification_set due;
	assert_done(r, storage_due_notifications(r->s, noon, 0, 9, &due, &r->err));
	assert_int_equal(due.count, 1);
	assert_string_equal(due.items[0].message_id, "1@fleet");
	notification_set_finish(&due);
	struct deferred_set deferred;
	assert_done(r, storage_get_deferred(r->s, noon, 1, &deferred, &r->err));
	assert_int_equal(deferred.count, 1);
	assert_string_equal(deferred.items[0].recipient, "d@example.com");
	assert_true(storage_is_due(&deferred.items[0], noon));
	deferred_set_finish(&deferred);
	struct storage_backlog b;
	assert_done(r, storage_get_backlog(r->s, &b, &r->err));
	assert_int_equal(b.deferred, 2);
}

/* What is not due keeps nobody from being told, however much of it there is. */
static void those_with_something_due_come_first(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids);
	const struct deferral all[] = { { ids[0], "a@example.com", noon + 100 },
		{ ids[1], "a@example.com", noon + 100 }, { ids[0], "z@example.com", noon + 300 },
		{ ids[2], "z@example.com", noon } };
	put_composed(r, epoch,
		&(struct composed){
			.events = ids, .event_count = 3, .deferred = all, .deferred_count = 4 });
	assert_deferred(r, noon, 3,
		"z@example.com firing 300\nz@example.com other 0\na@example.com firing 100\n");
	assert_deferred(r, noon - 1, 2, "a@example.com firing 100\na@example.com other 100\n");
}

static void what_is_gone_does_not_wait(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	three_events(r, epoch, ids);
	const struct deferral later[] = { { ids[0], "a@example.com", noon + 100 },
		{ ids[2] + 9, "a@example.com", noon + 100 } };
	put_composed(r, epoch, &(struct composed){ .deferred = later, .deferred_count = 2 });
	assert_select(r, "SELECT count(*) FROM deferred", "1\n");
}

/* It waits for its time, however old it is. */
static void what_is_deferred_is_kept(void **state)
{
	struct rig *r = rig(state);
	uint64_t epoch = take(r), ids[3];
	uint32_t deleted;
	three_events(r, epoch, ids);
	const struct deferral later = { ids[1], "a@example.com", noon + 1000 };
	put_composed(r, epoch,
		&(struct composed){
			.events = ids, .event_count = 3, .deferred = &later, .deferred_count = 1 });
	rig_execute(r, "DELETE FROM alert");
	assert_done(r, storage_retain(r->s, noon + INT64_C(90000000), 100, &deleted, &r->err));
	assert_deferred(r, noon, 9, "a@example.com other 1000\n");
	assert_select(r, "SELECT count(*) FROM event", "1\n");
}

const struct CMUnitTest deferred_tests[] = {
	RIG_TEST(a_deferred_event_is_told_in_its_time),
	RIG_TEST(a_clock_that_was_ahead_keeps_nothing_waiting),
	RIG_TEST(those_with_something_due_come_first),
	RIG_TEST(what_is_gone_does_not_wait),
	RIG_TEST(what_is_deferred_is_kept),
};
const size_t deferred_test_count = ARRAY_LEN(deferred_tests);
