#include "tests/unit/unit.h"

#include "collector/progress.h"

/* clang-format off */
static const struct {
	struct poll_progress progress;
	int64_t now;
	const char *line;
} rows[] = {
	{ { .total = 1000, .started_ms = 5 }, 5, "0 of 1000 done, 0 failed, 0/s" },
	{ { 1000, 308, 4, 9, 0 }, 8914, "312 of 1000 done, 4 failed, 35/s, 19 s left" },
	{ { 10, 9, 1, 0, 0 }, 2000, "10 of 10 done, 1 failed, 5/s" },
	{ { UINT32_MAX, UINT32_MAX - 1, 0, 0, 0 }, INT64_C(1) << 28,
	  "4294967294 of 4294967295 done, 0 failed, 15999/s, 0 s left" },
};
/* clang-format on */

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char line[PROGRESS_LINE_MAX];
		assert_string_equal(
			progress_format(&rows[i].progress, rows[i].now, line), rows[i].line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
