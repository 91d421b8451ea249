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
	assert_int_equal(outcomes_add(&o, NULL, 0xaa, first, sizeof first - 1, NULL), 0);
	assert_int_equal(outcomes_add(&o, NULL, 0xaa, second, sizeof second - 1, NULL), 0);
	assert_int_equal(outcomes_add(&o, NULL, 0xaa, NULL, 0, NULL), 0);
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

/* Memory is not for a poller to choose that tells of its hosts again and again. */
static void who_repeats_itself_takes_no_room(void **state)
{
	(void)state;
	enum { HOSTS = 100, TIMES = 1000 };
	struct outcomes o = { 0 };
	char line[128];
	for (int i = 0; i < HOSTS * TIMES; i++) {
		int len = snprintf(line, sizeof line, "%016x 00000000000000aa 0f %s 1 2 3 web \n",
			1 + i % HOSTS, i == HOSTS ? "ok -" : "timeout connect");
		assert_int_equal(outcomes_add(&o, NULL, 0xaa, line, (size_t)len, NULL), 0);
		assert_true(o.size <= 512);
	}
	outcomes_sort(&o);
	assert_int_equal(o.count, HOSTS);
	assert_int_equal(o.malformed, 0);
	assert_int_equal(o.items[0].outcome, OUTCOME_OK);
	assert_int_equal(o.items[1].outcome, OUTCOME_TIMEOUT);
	outcomes_finish(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_several_files_are_one_list),
		cmocka_unit_test(who_repeats_itself_takes_no_room),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
