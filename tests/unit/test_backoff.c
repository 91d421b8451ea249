#include "tests/unit/unit.h"

#include "alerter/backoff.h"

static void doubles_up_to_its_cap(void **state)
{
	(void)state;
	static const struct {
		uint32_t tries;
		int message_minutes, channel_minutes;
	} rows[] = {
		{ 0, 1, 1 },
		{ 1, 1, 1 },
		{ 2, 2, 2 },
		{ 3, 4, 4 },
		{ 4, 8, 8 },
		{ 5, 16, 15 },
		{ 6, 32, 15 },
		{ 7, 60, 15 },
		{ 1000, 60, 15 },
		{ UINT32_MAX, 60, 15 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(
			backoff_message_ms(rows[i].tries), rows[i].message_minutes * 60000);
		assert_int_equal(
			backoff_channel_ms(rows[i].tries), rows[i].channel_minutes * 60000);
	}
}

static void gives_up_after_five_days(void **state)
{
	(void)state;
	const int64_t day = 24 * 3600 * 1000;
	assert_false(backoff_gives_up(100, 1000, 1000 + 5 * day - 1));
	assert_true(backoff_gives_up(12, 1000, 1000 + 5 * day));
	assert_false(backoff_gives_up(11, 1000, 1000 + 5 * day)); /* the clock jumped */
	assert_false(backoff_gives_up(100, 5 * day, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_up_to_its_cap),
		cmocka_unit_test(gives_up_after_five_days),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
