#include "tests/contract/rig.h"

int main(void)
{
	const struct {
		const char *name;
		const struct CMUnitTest *tests;
		size_t count;
	} groups[] = {
		{ "samples", sample_tests, sample_test_count },
		{ "work", work_tests, work_test_count },
		{ "alerts", alert_tests, alert_test_count },
		{ "status", status_tests, status_test_count },
		{ "faults", fault_tests, fault_test_count },
	};
	const char *only = getenv("FLEET_TEST_ONLY");
	int failed = 0;
	if (only)
		cmocka_set_test_filter(only);
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		failed += _cmocka_run_group_tests(
			groups[i].name, groups[i].tests, groups[i].count, NULL, NULL);
	return failed != 0;
}
