#include "tests/unit/unit.h"

#include "lib/attempt.h"

static const int64_t noon = INT64_C(1795348800000); /* 2026-11-22T12:00:00Z */
static const int64_t hour = INT64_C(3600000);

static void time_makes_a_round_trip(void **state)
{
	(void)state;
	struct attempt_clock clock = { .collector = 255 };
	assert_int_equal(attempt_time_ms(attempt_next(&clock, noon)), noon);
	assert_int_equal(attempt_time_ms(attempt_next(&clock, noon + 1)), noon + 1);
	assert_int_equal(attempt_time_ms(attempt_floor(noon)), noon);
}

static void floor_is_the_smallest_of_its_time(void **state)
{
	(void)state;
	struct attempt_clock low = { 0 }, high = { .collector = 255 };
	assert_true(attempt_floor(noon) <= attempt_next(&low, noon));
	assert_true(attempt_floor(noon) > attempt_next(&high, noon - 1));
}

static void ids_rise_over_clock_jumps(void **state)
{
	(void)state;
	struct attempt_clock clock = { .collector = 3 };
	const int64_t walls[] = { noon, noon + 2 * hour, noon + 5, noon - 2 * hour, noon, 0, -1,
		INT64_MIN, noon + 2 * hour, noon + 2 * hour + 1, noon };
	uint64_t last = 0;
	for (size_t i = 0; i < ARRAY_LEN(walls); i++) {
		uint64_t id = attempt_next(&clock, walls[i]);
		assert_true(id > last);
		assert_true(id == clock.last);
		last = id;
	}
	assert_in_range(attempt_time_ms(last), noon + 2 * hour + 1, noon + 2 * hour + 10);
}

/* Of two runs the later one has the later time, if only by a little. */
static void time_goes_on_behind_a_jump(void **state)
{
	(void)state;
	struct attempt_clock clock = { .collector = 3 };
	assert_int_equal(attempt_ahead_ms(&clock), 0);
	(void)attempt_next(&clock, noon + 2 * hour);
	assert_int_equal(attempt_ahead_ms(&clock), 0);
	for (int run = 1; run <= 3; run++)
		for (int i = 0; i < 5; i++) {
			uint64_t id = attempt_next(&clock, noon + run);
			assert_int_equal(attempt_time_ms(id), noon + 2 * hour + run);
			assert_int_equal(attempt_ahead_ms(&clock), 2 * hour);
		}
	assert_int_equal(attempt_time_ms(attempt_next(&clock, noon + 3 * hour)), noon + 3 * hour);
	assert_int_equal(attempt_ahead_ms(&clock), 0);
}

static void a_full_millisecond_runs_into_the_next(void **state)
{
	(void)state;
	struct attempt_clock clock = { .collector = 255 };
	uint64_t last = 0;
	for (int i = 0; i < 100000; i++) {
		uint64_t id = attempt_next(&clock, noon);
		assert_true(id > last);
		assert_int_equal(id >> 14 & 255, 255);
		assert_int_equal(attempt_time_ms(id), noon + i / 16384);
		last = id;
	}
}

static void another_collector_number_does_not_step_back(void **state)
{
	(void)state;
	struct attempt_clock clock = { .collector = 9 };
	uint64_t last = attempt_next(&clock, noon);
	clock.collector = 2;
	assert_true(attempt_next(&clock, noon) > last);
}

static void stays_in_63_bits(void **state)
{
	(void)state;
	struct attempt_clock clock = { .collector = 255 };
	uint64_t first = attempt_next(&clock, INT64_MAX);
	uint64_t second = attempt_next(&clock, INT64_MAX);
	assert_true(first < second);
	assert_int_equal(second >> 63, 0);
	assert_int_equal(attempt_floor(INT64_MIN), 0);
}

static void zero_is_never_given_out(void **state)
{
	(void)state;
	struct attempt_clock clock = { 0 };
	assert_int_equal(attempt_next(&clock, 0), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_makes_a_round_trip),
		cmocka_unit_test(floor_is_the_smallest_of_its_time),
		cmocka_unit_test(ids_rise_over_clock_jumps),
		cmocka_unit_test(time_goes_on_behind_a_jump),
		cmocka_unit_test(a_full_millisecond_runs_into_the_next),
		cmocka_unit_test(another_collector_number_does_not_step_back),
		cmocka_unit_test(stays_in_63_bits),
		cmocka_unit_test(zero_is_never_given_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
