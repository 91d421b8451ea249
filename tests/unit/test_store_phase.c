#include "tests/unit/unit.h"

#include "collector/store_phase.h"

#define START INT64_C(1795348800000)

static void the_alerter_is_missed_in_time(void **state)
{
	(void)state;
	enum { MINUTE = 60000, HOUR = 60 * MINUTE };
	/* clang-format off */
	static const struct {
		int64_t oldest_ms_ago, last_run_ms_ago; /* 0 = none, never */
		bool missing;
	} rows[] = {
		{ 0, 0, false },
		{ 0, 9 * HOUR, false },
		{ 10 * MINUTE, 9 * HOUR, false },
		{ 20 * MINUTE, MINUTE, false },
		{ 20 * MINUTE, 20 * MINUTE, true },
		{ 20 * MINUTE, 0, false }, /* not set up yet, perhaps */
		{ HOUR + MINUTE, 0, true },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct storage_backlog backlog = { .unprocessed = rows[i].oldest_ms_ago ? 7 : 0,
			.oldest_unprocessed_at = START - rows[i].oldest_ms_ago };
		int64_t last = rows[i].last_run_ms_ago ? START - rows[i].last_run_ms_ago : 0;
		assert_int_equal(alerter_is_missing(START, last, &backlog), rows[i].missing);
	}
}

static void what_does_not_go_out_is_seen(void **state)
{
	(void)state;
	enum { MINUTE = 60000, HOUR = 60 * MINUTE };
	/* clang-format off */
	static const struct {
		int64_t oldest_ms_ago, failed_ms_ago, complained_ms_ago; /* 0 = none, never */
		bool stuck;
	} rows[] = {
		{ 0, 0, 0, false },
		{ 10 * MINUTE, 0, 0, false },
		{ HOUR + MINUTE, 0, 0, true },
		{ HOUR + MINUTE, 0, HOUR, true },
		{ 0, MINUTE, 0, true },
		{ 0, MINUTE, HOUR, true },
		{ 0, 2 * HOUR, HOUR, false }, /* said already */
		{ 0, 25 * HOUR, 0, false },   /* long ago */
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct storage_backlog backlog = { .waiting = rows[i].oldest_ms_ago ? 2 : 0,
			.oldest_waiting_at = START - rows[i].oldest_ms_ago,
			.failed = rows[i].failed_ms_ago ? 3 : 0,
			.newest_failed_at = START - rows[i].failed_ms_ago };
		int64_t said = rows[i].complained_ms_ago ? START - rows[i].complained_ms_ago : 0;
		assert_int_equal(outbox_is_stuck(START, said, &backlog), rows[i].stuck);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_does_not_go_out_is_seen),
		cmocka_unit_test(the_alerter_is_missed_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
