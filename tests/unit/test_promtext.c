#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buffer.h"
#include "lib/metrics/promtext.h"

static struct promtext parse(const char *text, size_t len)
{
	/* a copy of exactly this size, so that one byte too far is seen */
	char *exact = malloc(len ? len : 1);
	assert_non_null(exact);
	memcpy(exact, text, len);
	struct promtext t;
	assert_int_equal(promtext_parse(exact, len, &t, NULL), 0);
	free(exact);
	return t;
}

static void a_report_is_read(void **state)
{
	(void)state;
	static const char text[] =
		"# HELP node_load1 1m load average.\n"
		"# TYPE node_load1 gauge\n"
		"node_load1 0.21\n"
		"\n"
		"  \t\n"
		"node_fs{mountpoint=\"/a \\\"b\\\\c\\nd\",device=\"/dev/sda\"} +1.5e3\n"
		"\ta:b { x = \"1\" , } -7 1700000000000\n"
		"empty{} 1\n"
		"close{x=\"\"}2\n"
		"# EOF\n";
	struct promtext t = parse(text, strlen(text));
	assert_int_equal(t.rejected, 0);
	assert_true(t.complete);
	assert_int_equal(t.count, 5);
	assert_string_equal(t.samples[0].name, "node_load1");
	assert_true(t.samples[0].value == 0.21);
	assert_int_equal(t.samples[0].label_count, 0);
	assert_null(prom_label(&t.samples[0], "device"));
	assert_string_equal(t.samples[1].name, "node_fs");
	assert_true(t.samples[1].value == 1500);
	assert_int_equal(t.samples[1].label_count, 2);
	assert_string_equal(t.samples[1].labels[0].name, "device");
	assert_string_equal(prom_label(&t.samples[1], "mountpoint"), "/a \"b\\c\nd");
	assert_string_equal(t.samples[2].name, "a:b");
	assert_string_equal(prom_label(&t.samples[2], "x"), "1");
	assert_true(t.samples[2].value == -7);
	assert_int_equal(t.samples[3].label_count, 0);
	assert_string_equal(prom_label(&t.samples[4], "x"), "");
	promtext_finish(&t);
	assert_null(t.samples);
}

/* The type of the last sample. */
static const struct {
	const char *text;
	enum prom_type type;
} types[] = {
	{ "x 1\n", PROM_UNTYPED },
	{ "# TYPE x gauge\nx 1\n", PROM_GAUGE },
	{ "# TYPE x counter\nx 1\n", PROM_COUNTER },
	{ "# TYPE x counter\nx 1\nx{a=\"b\"} 1\n", PROM_COUNTER },
	{ "# TYPE x \t counter\nx 1\n", PROM_COUNTER },
	{ "# TYPE x untyped\nx 1\n", PROM_UNTYPED },
	{ "# TYPE x Counter\nx 1\n", PROM_UNTYPED },
	{ "# TYPE x counter and more\nx 1\n", PROM_UNTYPED },
	{ "# TYPE x\nx 1\n", PROM_UNTYPED },
	{ "# TYPE\nx 1\n", PROM_UNTYPED },
	{ "# TYPE  x counter\nx 1\n", PROM_UNTYPED },
	{ "# HELP x counter\nx 1\n", PROM_UNTYPED },
	{ "# TYPE x counter\nxy 1\n", PROM_UNTYPED },
	{ "# TYPE xy counter\nx 1\n", PROM_UNTYPED },
	{ "# TYPE x counter\n# TYPE y gauge\nx 1\n", PROM_UNTYPED },
	{ "# TYPE x histogram\nx_bucket{le=\"1\"} 1\n", PROM_PART },
	{ "# TYPE x histogram\nx_count 1\n", PROM_PART },
	{ "# TYPE x summary\nx{quantile=\"0.5\"} 1\n", PROM_PART },
	{ "# TYPE x summary\nx_sum 1\ny 1\n", PROM_UNTYPED },
	{ "# TYPE x summary\nx_sums 1\n", PROM_UNTYPED },
	{ "# TYPE x summary\nxs 1\n", PROM_UNTYPED },
	{ "# TYPE x counter \t\nx 1\n", PROM_COUNTER },
};

static void types_are_of_what_follows(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		struct promtext t = parse(types[i].text, strlen(types[i].text));
		assert_true(t.count > 0);
		assert_int_equal(t.rejected, 0);
		if (t.samples[t.count - 1].type != types[i].type)
			fail_msg("%s", types[i].text);
		promtext_finish(&t);
	}
}

static const struct {
	const char *number;
	double value; /* NAN: refused */
} numbers[] = {
	{ "0", 0 }, { "-0", 0 }, { ".5", 0.5 }, { "5.", 5 }, { "1e3", 1000 }, { "1E+3", 1000 },
	{ "1e-3", 0.001 }, { "18446744073709551616", 18446744073709551616.0 }, { "1e-999", 0 },
	{ "1.7976931348623157e308", 1.7976931348623157e308 }, { "1e999", NAN }, { "-1e999", NAN },
	{ "NaN", NAN }, { "nan", NAN }, { "Inf", NAN }, { "+Inf", NAN }, { "-Inf", NAN },
	{ "infinity", NAN }, { "0x10", NAN }, { "0x1p3", NAN }, { "1_000", NAN }, { "1,5", NAN },
	{ "1e", NAN }, { "1e+", NAN }, { "e5", NAN }, { ".", NAN }, { "-", NAN }, { "", NAN },
	{ "+-1", NAN }, { "1.2.3", NAN }, { "1\r", NAN }, { "1 2 3", NAN }, { "1 x", NAN },
	{ "1 1.5", NAN }, { "1 -5", 1 }, { "1 ", 1 },
	{ "\xd9\xa1", NAN }, /* a digit, but not one of ours */
};

static void numbers_are_decimal_and_finite(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		char line[100];
		(void)snprintf(line, sizeof line, "x %s\n", numbers[i].number);
		struct promtext t = parse(line, strlen(line));
		if (t.count != !isnan(numbers[i].value) || t.count + t.rejected != 1)
			fail_msg("`%s` gives %zu samples", numbers[i].number, t.count);
		if (t.count)
			assert_true(t.samples[0].value == numbers[i].value);
		promtext_finish(&t);
	}
}

static const char *const bad_lines[] = {
	"x",
	"x1",
	"1x 1",
	"x-y 1",
	"x\xc3\xa9 1",
	"{} 1",
	"{a=\"b\"} 1",
	"x{ 1",
	"x{a 1",
	"x{a=b} 1",
	"x{a=\"b} 1",
	"x{a=\"b\" 1",
	"x{a=\"b\"\"c\"} 1",
	"x{a=\"b\" c=\"d\"} 1",
	"x{a=\"b\"c\"} 1",
	"x{,} 1",
	"x{a=\"b\",,} 1",
	"x{=\"b\"} 1",
	"x{1a=\"b\"} 1",
	"x{a:b=\"c\"} 1",
	"x{a=\"\\x\"} 1",
	"x{a=\"\\",
	"x{a=\"\\\"} 1",
	"x{a=\"b\"}",
	"x{a=\"b\"} ",
	"x{a=\"\xff\"} 1",
	"x{a=\"\xed\xa0\x80\"} 1",
	"x{a=\"1\",a=\"2\"} 1",
	"x{b=\"1\",a=\"2\",b=\"3\"} 1",
	"x{a=\"b\"} {c=\"d\"} 1",
};

static void bad_lines_are_skipped_and_counted(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_lines); i++) {
		char text[200];
		(void)snprintf(text, sizeof text, "ok 1\n%s\nok{a=\"b\"} 2\n# EOF\n", bad_lines[i]);
		struct promtext t = parse(text, strlen(text));
		if (t.count != 2 || t.rejected != 1 || !t.complete)
			fail_msg("`%s`: %zu samples, %zu refused", bad_lines[i], t.count,
				t.rejected);
		assert_true(t.samples[1].value == 2);
		assert_string_equal(prom_label(&t.samples[1], "a"), "b");
		promtext_finish(&t);
	}
}

static void a_nul_byte_ends_no_line(void **state)
{
	(void)state;
	static const char text[] = "a 1\0\nb 2\nc{x=\"\0\"} 3\n";
	struct promtext t = parse(text, sizeof text - 1);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.rejected, 2);
	assert_string_equal(t.samples[0].name, "b");
	promtext_finish(&t);
}

static void a_cut_text_is_not_complete(void **state)
{
	(void)state;
	static const char text[] = "a 1\nb{c=\"d\"} 123\n# EOF\n";
	for (size_t len = 0; len < sizeof text - 1; len++) {
		struct promtext t = parse(text, len);
		assert_false(t.complete);
		assert_int_equal(t.count, (len >= 4) + (len >= 17)); /* never b 1 nor b 12 */
		promtext_finish(&t);
	}
}

static void nothing_counts_after_the_end(void **state)
{
	(void)state;
	static const char text[] = "a 1\n# EOF\n\nb 2\n# EOF\n";
	struct promtext t = parse(text, sizeof text - 1);
	assert_int_equal(t.count, 1);
	assert_int_equal(t.rejected, 2);
	promtext_finish(&t);
}

static void labels_are_sorted_and_capped(void **state)
{
	(void)state;
	struct buffer b = { 0 };
	for (int extra = 0; extra < 2; extra++) {
		buffer_clear(&b);
		assert_int_equal(buffer_append_text(&b, "x{"), 0);
		for (int i = PROMTEXT_LABELS_MAX + extra; i > 0; i--)
			assert_int_equal(buffer_printf(&b, "l%02d=\"%d\",", i, i), 0);
		assert_int_equal(buffer_append_text(&b, "} 1\n"), 0);
		struct promtext t = parse(b.data, b.len);
		assert_int_equal(t.count, !extra);
		for (size_t i = 0; t.count && i < PROMTEXT_LABELS_MAX; i++)
			assert_int_equal(atoi(t.samples[0].labels[i].value), i + 1);
		promtext_finish(&t);
	}
	buffer_finish(&b);
}

static void samples_are_capped(void **state)
{
	(void)state;
	struct buffer b = { 0 };
	for (int i = 0; i <= PROMTEXT_SAMPLES_MAX; i++)
		assert_int_equal(buffer_printf(&b, "x{i=\"%d\"} %d\n", i, i), 0);
	assert_int_equal(buffer_append_text(&b, "# EOF\n"), 0);
	struct promtext t = parse(b.data, b.len);
	assert_int_equal(t.count, PROMTEXT_SAMPLES_MAX);
	assert_int_equal(t.rejected, 1);
	assert_true(t.complete);
	assert_true(t.samples[PROMTEXT_SAMPLES_MAX - 1].value == PROMTEXT_SAMPLES_MAX - 1);
	promtext_finish(&t);
	buffer_finish(&b);
}

static void long_lines_are_refused(void **state)
{
	(void)state;
	static const size_t lengths[] = { PROMTEXT_LINE_MAX, PROMTEXT_LINE_MAX + 1, 1 << 20 };
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		struct buffer b = { 0 };
		char *at = buffer_reserve(&b, lengths[i] + 1);
		assert_non_null(at);
		memset(at, 'x', lengths[i]);
		memcpy(at + lengths[i] - 2, " 1\n", 3);
		struct promtext t = parse(at, lengths[i] + 1);
		assert_int_equal(t.count, lengths[i] <= PROMTEXT_LINE_MAX);
		promtext_finish(&t);
		buffer_finish(&b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_read),
		cmocka_unit_test(types_are_of_what_follows),
		cmocka_unit_test(numbers_are_decimal_and_finite),
		cmocka_unit_test(bad_lines_are_skipped_and_counted),
		cmocka_unit_test(a_nul_byte_ends_no_line),
		cmocka_unit_test(a_cut_text_is_not_complete),
		cmocka_unit_test(nothing_counts_after_the_end),
		cmocka_unit_test(labels_are_sorted_and_capped),
		cmocka_unit_test(samples_are_capped),
		cmocka_unit_test(long_lines_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
