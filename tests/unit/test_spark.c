/* A day in one line. */
#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

#include "lib/alerts/spark.h"

enum { DAY = 24 * 60 * 60 * 1000, COLUMN = DAY / SPARK_WIDTH };

/* A point for each of the values, in columns of their own; what stands in those, '1' to '8'. */
static const struct {
	double values[SPARK_WIDTH];
	size_t count;
	const char *levels;
	double least, most;
} rows[] = {
	{ { 1, 2, 3, 4, 5, 6, 7, 8 }, 8, "12345678", 1, 8 },
	{ { 5, 5, 5 }, 3, "111", 5, 5 },
	{ { 0, 100 }, 2, "18", 0, 100 },
	{ { -1, 0, 1 }, 3, "158", -1, 1 },
	{ { 1, NAN, INFINITY, -INFINITY, 2 }, 5, "1   8", 1, 2 },
	{ { -1e308, 1e308, 0 }, 3, "185", -1e308, 1e308 },
	{ { 0, 5e-324 }, 2, "11", 0, 5e-324 },
};

static char level_at(const struct spark *s, size_t column)
{
	const char *c = s->text;
	for (; column > 0; column--)
		c += *c == ' ' ? 1 : 3;
	if (*c == ' ')
		return ' ';
	assert_memory_equal(c, "\xe2\x96", 2);
	return (char)('1' + ((unsigned char)c[2] - 0x81));
}

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct history_point points[SPARK_WIDTH];
		for (size_t k = 0; k < rows[i].count; k++)
			points[k] =
				(struct history_point){ (int64_t)k * COLUMN, rows[i].values[k] };
		struct spark s = spark_draw(points, rows[i].count, 0, DAY, false);
		assert_true(s.least == rows[i].least && s.most == rows[i].most);
		for (size_t k = 0; k < SPARK_WIDTH; k++) {
			char expected = k < rows[i].count ? rows[i].levels[k] : ' ';
			if (level_at(&s, k) != expected)
				fail_msg("row %zu, column %zu: %c", i, k, level_at(&s, k));
		}
	}
}

static void nothing_is_no_line(void **state)
{
	(void)state;
	const struct history_point bad[] = { { -1, 1 }, { DAY, 1 }, { 5, NAN } };
	assert_string_equal(spark_draw(NULL, 0, 0, DAY, false).text, "");
	assert_string_equal(spark_draw(bad, ARRAY_LEN(bad), 0, DAY, false).text, "");
}

/* Of many points in a column the one that a limit would meet. */
static void a_peak_is_seen(void **state)
{
	(void)state;
	static struct history_point points[1440];
	for (size_t i = 0; i < ARRAY_LEN(points); i++)
		points[i] = (struct history_point){ (int64_t)i * 60 * 1000, 0.5 };
	points[700].value = 0.875;
	points[100].value = 0.125;
	struct spark high = spark_draw(points, ARRAY_LEN(points), 0, DAY, false);
	struct spark low = spark_draw(points, ARRAY_LEN(points), 0, DAY, true);
	assert_int_equal(strlen(high.text), 3 * SPARK_WIDTH);
	assert_int_equal(level_at(&high, 700 / 30), '8');
	assert_int_equal(level_at(&high, 100 / 30), '5');
	assert_int_equal(level_at(&low, 100 / 30), '1');
	assert_int_equal(level_at(&low, 700 / 30), '5');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(nothing_is_no_line),
		cmocka_unit_test(a_peak_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
