#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "collector/spool/outcomes.h"

static void lines_of_several_files_are_one_list(void **state)
{
	(void)state;
	static const char first[] =
		"0000000000000003 00000000000000aa 0f ok - 1 2 3 web3 \n"
		"0000000000000001 00000000000000bb 0f timeout connect 1 2 3 web1 \n"
		"0000000000000004 00000000000000aa 0f internal - 1 2 3 web4 died\n"
		"0000000000000005 00000000000000aa 0f refused connect 1 2 3 web5 \n";
	static const char second[] =
		"0000000000000002 00000000000000aa 0f auth auth 1 2 3 web2 no\n"
		"nonsense\n"
		"0000000000000003 00000000000000aa 0f internal - 1 2 3 web3 \n"
		"0000000000000004 00000000000000aa 0f timeout connect 1 2 3 web4 \n"
		"0000000000000005 00000000000000aa 0f internal - 1 2 3 web5 died\n"
		"0000000000000006 00000000000000aa 0f ok - 1 2 3 web6 ";
	struct outcomes o = { 0 };
	assert_int_equal(outcomes_add(&o, 0xaa, first, sizeof first - 1, NULL), 0);
	assert_int_equal(outcomes_add(&o, 0xaa, second, sizeof second - 1, NULL), 0);
	assert_int_equal(outcomes_add(&o, 0xaa, NULL, 0, NULL), 0);
	outcomes_sort(&o);
	assert_int_equal(o.malformed, 2);
	assert_int_equal(o.count, 5);
	for (size_t i = 0; i < o.count; i++) {
		assert_int_equal(o.items[i].attempt_id, i + 1);
		assert_int_equal(o.items[i].cycle_id, 0xaa); /* the file's, not the line's */
	}
	assert_int_equal(o.items[2].outcome, OUTCOME_OK); /* not what was said of its poller */
	assert_int_equal(o.items[3].outcome, OUTCOME_INTERNAL);
	assert_int_equal(o.items[4].outcome, OUTCOME_INTERNAL);
	outcomes_finish(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_several_files_are_one_list),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
