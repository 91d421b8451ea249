#include "tests/unit/unit.h"

#include <string.h>

#include "lib/wire/remote_shell.h"

#define HASH "0123456789abcdef0123456789abcdef"

/* Between the outer quotes stands nothing that a login shell could take for its own. */
static void assert_quoted_once(const struct buffer *b)
{
	static const char head[] = "exec /bin/sh -c '";
	assert_memory_equal(b->data, head, strlen(head));
	assert_ptr_equal(strchr(b->data + strlen(head), '\''), b->data + b->len - 1);
	assert_null(strpbrk(b->data, "!\n\\"));
}

static void commands_are_one_quoted_word(void **state)
{
	(void)state;
	const struct remote_probe probes[] = { { "x86_64", HASH }, { "aarch64", HASH } };
	const char *const ids[] = { "00112233aabbccdd", "ffffffffffffffff" };
	struct buffer out = { 0 };
	assert_int_equal(remote_shell_run(probes, 2, &out), 0);
	assert_quoted_once(&out);
	assert_non_null(strstr(out.data, "case $m in x86_64) h=" HASH ";; aarch64) h=" HASH ";;"));
	buffer_clear(&out);
	assert_int_equal(remote_shell_forget(ids, 2, &out), 0);
	assert_quoted_once(&out);
	assert_non_null(strstr(out.data, " 00112233aabbccdd ffffffffffffffff"));
	buffer_finish(&out);
}

static void only_plain_words_go_in(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "a b", "a;b", "$x", "a'b", "a/b", "*", "a\n" };
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct buffer out = { 0 };
		struct remote_probe probe = { bad[i], HASH };
		assert_int_equal(remote_shell_run(&probe, 1, &out), -1);
		probe.machine = "x86_64";
		(void)strcpy(probe.hash, bad[i]);
		assert_int_equal(remote_shell_run(&probe, 1, &out), -1);
		assert_int_equal(remote_shell_forget(&bad[i], 1, &out), -1);
		buffer_finish(&out);
	}
}

static void no_memory_is_said(void **state)
{
	(void)state;
	const struct remote_probe probe = { "x86_64", HASH };
	for (size_t cap = 1; cap < 1500; cap += 100) {
		struct buffer out = { .cap = cap };
		assert_int_equal(remote_shell_run(&probe, 1, &out), -1);
		buffer_finish(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commands_are_one_quoted_word),
		cmocka_unit_test(only_plain_words_go_in),
		cmocka_unit_test(no_memory_is_said),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
