#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/when.h"

static const int64_t now = 1795000000000;

static void spans_are_read_as_they_are_written(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
		{ "0", 0 },
		{ "250ms", 250 },
		{ "90s", 90000 },
		{ "5m", 300000 },
		{ "2h", 7200000 },
		{ "3d", 3 * 86400000LL },
		{ "2w", 14 * 86400000LL },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ms = -1;
		char text[SPAN_TEXT_SIZE];
		assert_true(span_parse(rows[i].text, &ms));
		assert_int_equal(ms, rows[i].ms);
		assert_string_equal(span_format(ms, text), rows[i].text);
	}
}

static void what_is_no_span_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = { "", "2", "h", "2 h", "-2h", "2hours", "1e3s", "2h30m",
		"9999999999999999s", "\xd9\xa2h" };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ms = 7;
		assert_false(span_parse(rows[i], &ms));
		assert_int_equal(ms, 7);
	}
	int64_t ms = 7;
	assert_true(span_parse("999999999999999w", &ms));
	assert_true(ms == INT64_MAX);
}

static void moments(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool back;
		int64_t ms;
	} rows[] = {
		{ "now", false, 1795000000000 },
		{ "2h", true, 1795000000000 - 7200000 },
		{ "2h", false, 1795000000000 + 7200000 },
		{ "1970-01-02T00:00Z", false, 86400000 },
		{ "1970-01-01T00:00:01.5Z", false, 1500 },
		{ "1970-01-01 00:00:00.123456Z", false, 123 },
		{ "1970-01-01T01:00+01:00", false, 0 },
		{ "1970-01-01T01:00-00:30", false, 5400000 },
		{ "1970-01-02", false, 86400000 - 3600000 }, /* local */
		{ "1970-01-02 03:00", false, 86400000 + 7200000 },
		{ "2024-02-29T00:00:00Z", false, 1709164800000 },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ms = -1;
		struct error err = { "" };
		assert_int_equal(moment_parse(rows[i].text, now, rows[i].back, &ms, &err), 0);
		assert_int_equal(ms, rows[i].ms);
	}
}

static void what_is_no_moment_is_refused(void **state)
{
	(void)state;
	static const char *const rows[] = { "", "yesterday", "2026", "2026-13-01", "2026-02-31",
		"2026-2-1", "2026-11-22T", "2026-11-22T25:00", "2026-11-22T10", "2026-11-22T10:00X",
		"2026-11-22T10:00+1", "2026-11-22 10:00:", "2026-11-22 10:00:00.", "1969-12-31",
		"2026-11-22T10:00Zx", "200000000000d" };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t ms = 7;
		struct error err = { "" };
		assert_int_equal(moment_parse(rows[i], now, false, &ms, &err), -1);
		assert_int_equal(ms, 7);
		assert_non_null(strstr(err.text, "write a span as 2h"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_are_read_as_they_are_written),
		cmocka_unit_test(what_is_no_span_is_refused),
		cmocka_unit_test(moments),
		cmocka_unit_test(what_is_no_moment_is_refused),
	};
	(void)setenv("TZ", "<+01>-1", 1); /* an hour before UTC */
	tzset();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
