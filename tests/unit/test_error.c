#include "tests/unit/unit.h"

#include <errno.h>
#include <string.h>

#include "lib/error.h"

static void layers_read_from_outside_in(void **state)
{
	(void)state;
	struct error err;
	assert_int_equal(error_set(&err, "changed from %s", "SHA256:x"), -1);
	assert_int_equal(error_context(&err, "host key"), -1);
	assert_int_equal(error_context(&err, "web%d", 1), -1);
	assert_string_equal(err.text, "web1: host key: changed from SHA256:x");
}

static void errno_is_named_and_kept(void **state)
{
	(void)state;
	struct error err;
	errno = ENOENT;
	assert_int_equal(error_errno(&err, "open %s", "x"), -1);
	assert_string_equal(err.text, "open x: No such file or directory");
	assert_int_equal(errno, ENOENT);
}

static void long_texts_are_cut_not_overrun(void **state)
{
	(void)state;
	struct error err;
	char text[3000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	(void)error_set(&err, "%s", text);
	(void)error_context(&err, "%s", text);
	assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

static void null_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(error_set(NULL, "x"), -1);
	assert_int_equal(error_errno(NULL, "x"), -1);
	assert_int_equal(error_context(NULL, "x"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layers_read_from_outside_in),
		cmocka_unit_test(errno_is_named_and_kept),
		cmocka_unit_test(long_texts_are_cut_not_overrun),
		cmocka_unit_test(null_is_accepted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
