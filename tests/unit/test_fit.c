/* What a series' history says of its future. */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/alerts/fit.h"

enum { MINUTE = 60000 };

/* Values at ten minutes' distance, in percent. */
static size_t parse(const char *text, struct history_point *points)
{
	size_t count = 0;
	for (char *end; *text; text = *end ? end + 1 : end) {
		points[count].value = strtod(text, &end) / 100;
		points[count].at = (int64_t)count * 10 * MINUTE;
		count++;
	}
	return count;
}

static const struct {
	const char *name, *values;
	enum fit fit;
	double hours;
} rows[] = {
	{ "nothing", "", FIT_UNKNOWN, 0 },
	{ "too few", "50 51 52 53 54 55 56", FIT_UNKNOWN, 0 },
	{ "a line", "50 51 52 53 54 55 56 57 58 59 60", FIT_KNOWN, 40 / 6.0 },
	{ "a line with noise", "50 51.4 51.8 53.1 54.3 54.8 56.1 56.9 58.2 58.7 60", FIT_KNOWN,
		40 / 6.0 },
	{ "full already", "90 92 94 96 98 99 99.5 100 100 100", FIT_KNOWN, 0 },
	{ "flat", "50 50 50 50 50 50 50 50 50 50", FIT_NEVER, 0 },
	{ "falling", "60 59 58 57 56 55 54 53 52 51", FIT_NEVER, 0 },
	{ "one step", "50 50 50 50 50 70 70 70 70 70", FIT_NEVER, 0 },
	{ "to and fro", "50 54 50 54 50 54 50 54 50 54 50 54", FIT_NEVER, 0 },
	{ "a cleanup begins anew", "80 85 90 95 50 51 52 53 54 55 56 57 58 59 60", FIT_KNOWN,
		40 / 6.0 },
	{ "after a cleanup too little is known: it is none now",
		"50 55 60 65 70 75 80 85 90 95 50 52 54", FIT_NEVER, 0 },
	{ "a cleanup of little", "90 90.4 90.8 91.2 91.6 92 92.4 92.8 93.2 93.6 90 90.4 90.8",
		FIT_NEVER, 0 },
	{ "a cleanup in several steps", "80 85 90 95 82 70 50 51 52 53 54 55 56 57 58 59 60",
		FIT_KNOWN, 40 / 6.0 },
	{ "much noise on much growth", "10 17 14 26 27 21 36 41 38 50 57 51 66 70 64 76 80",
		FIT_KNOWN, NAN },
	{ "a small fall is none", "50 52 54 56 55 58 60 62 64 66", FIT_KNOWN, NAN },
};

static void every_history(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct history_point points[32];
		double seconds = -1;
		size_t count = parse(rows[i].values, points);
		enum fit fit = fit_full(points, count, 60 * MINUTE, &seconds);
		if (fit != rows[i].fit)
			fail_msg("%s: %d, not %d", rows[i].name, fit, rows[i].fit);
		if (fit == FIT_KNOWN && !isnan(rows[i].hours) &&
			fabs(seconds / 3600 - rows[i].hours) > 0.3)
			fail_msg("%s: %g hours, not %g", rows[i].name, seconds / 3600,
				rows[i].hours);
	}
}

static void a_short_time_says_nothing(void **state)
{
	(void)state;
	struct history_point points[32];
	double seconds;
	size_t count = parse("50 51 52 53 54 55 56 57 58 59 60", points);
	assert_int_equal(fit_full(points, count, 100 * MINUTE, &seconds), FIT_KNOWN);
	assert_int_equal(fit_full(points, count, 101 * MINUTE, &seconds), FIT_UNKNOWN);
}

static void clocks_that_stand_still(void **state)
{
	(void)state;
	struct history_point points[10];
	double seconds;
	for (size_t i = 0; i < ARRAY_LEN(points); i++)
		points[i] = (struct history_point){ 5, (double)i };
	assert_int_equal(fit_full(points, ARRAY_LEN(points), 0, &seconds), FIT_NEVER);
}

static void the_nearest_value(void **state)
{
	(void)state;
	struct history_point points[4];
	double value = -1;
	size_t count = parse("10 20 30 40", points);
	assert_int_equal(fit_past(points, count, 21 * MINUTE, 2 * MINUTE, &value), FIT_KNOWN);
	assert_true(fabs(value - 0.3) < 1e-9);
	assert_int_equal(fit_past(points, count, 25 * MINUTE, 2 * MINUTE, &value), FIT_UNKNOWN);
	assert_int_equal(fit_past(points, 0, 0, MINUTE, &value), FIT_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_history),
		cmocka_unit_test(a_short_time_says_nothing),
		cmocka_unit_test(clocks_that_stand_still),
		cmocka_unit_test(the_nearest_value),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
