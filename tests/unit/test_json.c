#include "tests/unit/unit.h"

#include <math.h>
#include <string.h>

#include "lib/send/json.h"

static const struct {
	const char *in, *out;
} texts[] = {
	{ "", "" },
	{ "plain", "plain" },
	{ "a \"b\" \\c", "a \\\"b\\\" \\\\c" },
	{ "one\ntwo\tthree", "one\\ntwo\\tthree" },
	{ "\n\n", "\\n\\n" },
	{ "\r\x01\x7f", "\\\\x0d\\\\x01\\\\x7f" },
	{ "caf\u00e9 \u20ac", "caf\u00e9 \u20ac" },
	{ "cut \xe2\x82", "cut \\\\xe2\\\\x82" },
	{ "rtl \u202e", "rtl \\\\xe2\\\\x80\\\\xae" },
	{ "{a} {{token}}", "{a} {\\u007btoken}}" },
	{ "{{{{", "{\\u007b{\\u007b" },
};

static void every_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		assert_int_equal(buffer_append_text(&out, "\""), 0);
		assert_int_equal(json_put_text(texts[i].in, strlen(texts[i].in), &out), 0);
		assert_string_equal(out.data + 1, texts[i].out);
		assert_int_equal(buffer_append_text(&out, "\""), 0);
		assert_true(json_valid(out.data, out.len));
	}
}

static const struct {
	double value;
	const char *out;
} numbers[] = {
	{ 0, "0" },
	{ 0.931, "0.931" },
	{ -1.5e-7, "-1.5e-07" },
	{ 1099511627776.0, "1099511627776" },
	{ NAN, "null" },
	{ INFINITY, "null" },
};

static void every_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++) {
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		assert_int_equal(json_put_number(numbers[i].value, &out), 0);
		assert_string_equal(out.data, numbers[i].out);
		assert_true(json_valid(out.data, out.len));
	}
}

static const struct {
	const char *text;
	bool valid;
} rows[] = {
	{ "{}", true }, { " [ ] ", true },
	{ "{\"a\":[1,-2.5e+3,true,false,null,\"\\u00e9\\n\"],\"b\":{}}", true }, { "0", true },
	{ "\"x\"", true }, { "", false }, { "{", false }, { "[1,]", false }, { "[1 2]", false },
	{ "{\"a\"}", false }, { "{\"a\":}", false }, { "{a:1}", false }, { "{\"a\":1,}", false },
	{ "01", false }, { "-", false }, { "1.", false }, { "1e", false }, { "nul", false },
	{ "\"a", false }, { "\"a\nb\"", false }, { "\"\\x\"", false }, { "\"\\u12\"", false },
	{ "\"\\u12g4\"", false }, { "\"\\", false }, { "\"\xff\"", false }, { "{} {}", false },
	{ "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", false }, /* 33 */
};

static void every_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (json_valid(rows[i].text, strlen(rows[i].text)) != rows[i].valid)
			fail_msg("%s", rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_text),
		cmocka_unit_test(every_number),
		cmocka_unit_test(every_row),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
