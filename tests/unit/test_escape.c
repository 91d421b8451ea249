#include "tests/unit/unit.h"

#include <string.h>

#include "lib/escape.h"

static const struct {
	const char *in, *out;
	bool valid;
} rows[] = {
	{ "", "", true },
	{ "plain /mnt/data", "plain /mnt/data", true },
	{ "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7",
		true },
	{ "a\nb\tc\x1b[31m\x7f", "a\\x0ab\\x09c\\x1b[31m\\x7f", true },
	{ "c1 \xc2\x9b", "c1 \\xc2\\x9b", true },
	{ "rtl \xe2\x80\xae", "rtl \\xe2\\x80\\xae", true },
	{ "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", "\\xe2\\x80\\x8e\\xe2\\x80\\x8f\\xd8\\x9c", true },
	{ "\xff\xfe", "\\xff\\xfe", false },
	{ "cut \xe2\x82", "cut \\xe2\\x82", false },
	{ "overlong \xc0\xaf", "overlong \\xc0\\xaf", false },
	{ "overlong \xe0\x80\xaf", "overlong \\xe0\\x80\\xaf", false },
	{ "surrogate \xed\xa0\x80", "surrogate \\xed\\xa0\\x80", false },
	{ "beyond \xf4\x90\x80\x80", "beyond \\xf4\\x90\\x80\\x80", false },
};

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char out[200];
		size_t n = escape_text(out, sizeof out, rows[i].in, strlen(rows[i].in));
		assert_string_equal(out, rows[i].out);
		assert_int_equal(n, strlen(rows[i].out));
		assert_int_equal(utf8_valid(rows[i].in, strlen(rows[i].in)), rows[i].valid);
	}
}

static void is_cut_at_a_character(void **state)
{
	(void)state;
	char out[4];
	assert_int_equal(escape_text(out, sizeof out, "ab\xe2\x82\xac", 5), 2);
	assert_string_equal(out, "ab");
	assert_int_equal(escape_text(out, 1, "ab", 2), 0);
	assert_string_equal(out, "");
}

static void is_one_line(void **state)
{
	(void)state;
	char out[20], in[] = "no\r\n\033way\tx \n";
	assert_int_equal(escape_line(out, sizeof out, in, sizeof in - 1), 13);
	assert_string_equal(out, "no  \\x1bway x");
	assert_int_equal(escape_line(out, sizeof out, in, 0), 0);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(is_cut_at_a_character),
		cmocka_unit_test(is_one_line),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
