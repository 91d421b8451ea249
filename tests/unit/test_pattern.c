#include "tests/unit/unit.h"

#include <string.h>

#include "lib/pattern.h"

/* The pattern, and what matches it or does not; the host names are those of ssh_config(5). */
static const struct {
	const char *pattern, *text;
	bool matches;
} rows[] = {
	{ "", "", true },
	{ "", "a", false },
	{ "*", "", true },
	{ "**", "", true },
	{ "?", "", false },
	{ "a", "", false },
	{ "a", "a", true },
	{ "a", "A", false },
	{ "a", "b", false },
	{ "a", "ab", false },
	{ "ab", "a", false },
	{ "a*", "a", true },
	{ "*a", "a", true },
	{ "a?", "a", false },
	{ "?b", "ab", true },
	{ "a?*", "ab", true },
	{ "a?*", "a", false },
	{ "a*?", "a", false },
	{ "a**c", "abc", true },
	{ "a*X*c", "aXbXc", true },
	{ "*abd", "abcabd", true },
	{ "*abd", "abcabdx", false },
	{ "*ab*ab", "abxab", true },
	{ "*ab*ab", "xabx", false },
	{ "*.co.uk", "www.example.co.uk", true },
	{ "*.co.uk", "co.uk", false },
	{ "192.168.0.?", "192.168.0.7", true },
	{ "192.168.0.?", "192.168.0.17", false },
	{ "/srv/*", "/srv/a/b", true },
	{ "/srv/*", "/srv", false },
	{ "[a]", "a", false },
	{ "[a]", "[a]", true },
	{ "\\*", "*", false },
	{ "\\*", "\\b", true },
	{ "a*", "a*", true },
	{ "!a", "!a", true },
	{ "\xc3?", "\xc3\xa4", true },
};

static bool matches(const char *pattern, const char *text)
{
	return pattern_matches(pattern, strlen(pattern), text, strlen(text));
}

static void patterns_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (matches(rows[i].pattern, rows[i].text) != rows[i].matches)
			fail_msg("%s: %s", rows[i].pattern, rows[i].text);
}

/* What stands behind either is not looked at, and a NUL is a byte like others. */
static void lengths_count(void **state)
{
	(void)state;
	assert_true(pattern_matches("ab*", 2, "abc", 2));
	assert_false(pattern_matches("ab*", 2, "abc", 3));
	assert_true(pattern_matches("a?c", 3, "a\0c", 3));
	assert_false(pattern_matches("a", 1, "a\0", 2));
	assert_true(pattern_matches("*", 1, NULL, 0));
	assert_true(pattern_matches(NULL, 0, NULL, 0));
}

/* One try for each star, in each place that those before it can have, would outlast the sun. */
static void stars_are_cheap(void **state)
{
	(void)state;
	enum { STARS = 1000, TEXT = 4000 };
	char pattern[2 * STARS + 1], text[TEXT];
	for (size_t i = 0; i < STARS; i++)
		memcpy(pattern + 2 * i, "*a", 2);
	pattern[2 * STARS] = 'b';
	memset(text, 'a', sizeof text);
	assert_false(pattern_matches(pattern, sizeof pattern, text, sizeof text));
	text[TEXT - 1] = 'b';
	assert_true(pattern_matches(pattern, sizeof pattern, text, sizeof text));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(patterns_match),
		cmocka_unit_test(lengths_count),
		cmocka_unit_test(stars_are_cheap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
