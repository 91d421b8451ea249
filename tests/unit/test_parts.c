/* What is composed for thousands is stored in parts that others can wait for. */
#include "tests/unit/unit.h"

#include "alerter/parts.h"

enum { MESSAGES = 3000, DIGEST = 1000, DEFERRED = 9000, EVENTS = 20000 };

static size_t rows_of(const struct composed *part)
{
	size_t rows = part->done_count + part->deferred_count + part->event_count;
	for (size_t i = 0; i < part->count; i++)
		rows += PARTS_MESSAGE + part->items[i].event_count;
	return rows;
}

/* Messages of an event that waited, but for a digest of all events. */
static void every_part_is_short(void **state)
{
	(void)state;
	static struct notification items[MESSAGES];
	static struct deferral done[MESSAGES], deferred[DEFERRED];
	static uint64_t events[EVENTS];
	for (size_t i = 0; i < MESSAGES; i++)
		items[i] = (struct notification){ .event_count = 1, .done_count = 1 };
	items[DIGEST] = (struct notification){ .event_count = EVENTS };
	const struct composed all = { items, MESSAGES, events, EVENTS, done, MESSAGES - 1, deferred,
		DEFERRED };
	struct parts parts = { .all = &all };
	struct composed part;
	size_t count = 0, seen = 0, seen_done = 0, seen_deferred = 0, seen_events = 0;
	for (; parts_next(&parts, &part); count++) {
		bool is_digest = part.count == 1 && part.items == &items[DIGEST];
		assert_true(is_digest || rows_of(&part) <= PARTS_ROWS);
		assert_ptr_equal(part.items, items + seen);
		assert_ptr_equal(part.done, done + seen_done);
		assert_ptr_equal(part.deferred, deferred + seen_deferred);
		assert_ptr_equal(part.events, events + seen_events);
		seen += part.count;
		seen_done += part.done_count;
		seen_deferred += part.deferred_count;
		assert_true(
			part.event_count == 0 || (seen == MESSAGES && seen_deferred == DEFERRED));
		seen_events += part.event_count;
	}
	assert_int_equal(seen, MESSAGES);
	assert_int_equal(seen_done, MESSAGES - 1);
	assert_int_equal(seen_events, EVENTS);
	assert_in_range(count, 10, 20);
}

static void little_is_one_part(void **state)
{
	(void)state;
	const uint64_t events[] = { 1, 2 };
	const struct notification item = { .event_count = 2, .done_count = 1 };
	const struct deferral waiting[2] = { 0 };
	const struct composed all = { &item, 1, events, 2, waiting, 1, waiting, 2 };
	struct parts parts = { .all = &all };
	struct composed part;
	assert_true(parts_next(&parts, &part));
	assert_int_equal(part.count + part.event_count + part.done_count + part.deferred_count, 6);
	assert_false(parts_next(&parts, &part));
}

static void nothing_is_no_part(void **state)
{
	(void)state;
	const struct composed all = { 0 };
	struct parts parts = { .all = &all };
	struct composed part;
	assert_false(parts_next(&parts, &part));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_short),
		cmocka_unit_test(little_is_one_part),
		cmocka_unit_test(nothing_is_no_part),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
