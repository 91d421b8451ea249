/* Rules that look at the past of a series. */
#include "tests/unit/unit.h"

#include "tests/unit/evaluate_rig.h"

static void a_disk_that_is_going_to_be_full(void **state)
{
	(void)state;
	struct evaluating f;
	rig_begin(&f, NULL);
	f.book.history = rig_history;
	f.book.history_arg = &f;
	f.growth = 0.01;
	for (int i = 0; i < 60; i++)
		rig_add_one(&f, "web1", 3, DISK, "/", 0.5);
	assert_string_equal(rig_told(&f), "");
	assert_in_range(f.asked, 3, 5); /* every quarter of an hour or later */
	f.growth = 0.6;
	for (int i = 0; i < 20; i++)
		rig_add_one(&f, "web1", 3, DISK, "/", 0.5);
	assert_string_equal(rig_told(&f), "FIRING web1 disk/warning/*/full-within /\n");
	f.growth = -0.1;
	for (int i = 0; i < 5; i++)
		rig_add_one(&f, "web1", 3, DISK, "/", 0.5);
	assert_string_equal(rig_told(&f), "RESOLVED web1 disk/warning/*/full-within /\n");
	book_finish(&f.book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_disk_that_is_going_to_be_full),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
