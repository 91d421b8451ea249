#include "tests/contract/rig.h"

int main(void)
{
	const struct {
		const char *name;
		const struct CMUnitTest *tests;
		size_t count;
	} groups[] = {
		{ "samples", sample_tests, sample_test_count },
	};
	int failed = 0;
	for (size_t i = 0; i < ARRAY_LEN(groups); i++)
		failed += _cmocka_run_group_tests(
			groups[i].name, groups[i].tests, groups[i].count, NULL, NULL);
	return failed != 0;
}
