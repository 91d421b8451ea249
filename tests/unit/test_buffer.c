#include "tests/unit/unit.h"

#include <string.h>

#include "lib/buffer.h"

static void grows_and_stays_terminated(void **state)
{
	(void)state;
	struct buffer b = { 0 };
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buffer_printf(&b, "%d,", i % 10), 0);
	assert_int_equal(b.len, 2000);
	assert_int_equal(strlen(b.data), 2000);
	buffer_consume(&b, 1998);
	assert_string_equal(b.data, "9,");
	buffer_clear(&b);
	assert_string_equal(b.data, "");
	buffer_finish(&b);
}

static void refuses_beyond_its_cap(void **state)
{
	(void)state;
	struct buffer b = { .cap = 4 };
	assert_int_equal(buffer_append_text(&b, "abc"), 0);
	assert_int_equal(buffer_append_text(&b, "de"), -1);
	assert_int_equal(buffer_printf(&b, "%s", "de"), -1);
	assert_null(buffer_reserve(&b, SIZE_MAX));
	assert_string_equal(b.data, "abc");
	assert_int_equal(buffer_append_text(&b, "d"), 0);
	assert_int_equal(b.len, 4);
	assert_int_equal(b.size, 5);
	buffer_finish(&b);
	assert_int_equal(b.cap, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows_and_stays_terminated),
		cmocka_unit_test(refuses_beyond_its_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
