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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_alerter_is_missed_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
