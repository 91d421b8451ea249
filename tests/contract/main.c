#include "tests/contract/rig.h"

int main(void)
{
	const struct {
		const char *name;
		const struct CMUnitTest *tests;
		size_t count;
		enum { BOTH, SQLITE, MARIADB } engine;
	} groups[] = {
		{ "samples", sample_tests, sample_test_count, BOTH },
		{ "batches", batch_tests, batch_test_count, BOTH },
		{ "collectors", collector_tests, collector_test_count, BOTH },
		{ "custom metrics", custom_tests, custom_test_count, BOTH },
		{ "work", work_tests, work_test_count, BOTH },
		{ "watch", watch_tests, watch_test_count, BOTH },
		{ "alerts", alert_tests, alert_test_count, BOTH },
		{ "outbox", outbox_tests, outbox_test_count, BOTH },
		{ "deferred", deferred_tests, deferred_test_count, BOTH },
		{ "operator", operator_tests, operator_test_count, BOTH },
		{ "status", status_tests, status_test_count, BOTH },
		{ "schema", schema_tests, schema_test_count, BOTH },
		{ "faults", fault_tests, fault_test_count, BOTH },
		{ "faults of SQLite", sqlite_fault_tests, sqlite_fault_test_count, SQLITE },
		{ "faults of MariaDB", mariadb_fault_tests, mariadb_fault_test_count, MARIADB },
		{ "collectors on MariaDB", mariadb_collector_tests, mariadb_collector_test_count,
			MARIADB },
		{ "watch on MariaDB", mariadb_watch_tests, mariadb_watch_test_count, MARIADB },
		{ "upgrade of MariaDB", mariadb_schema_tests, mariadb_schema_test_count, MARIADB },
		{ "partitions", mariadb_work_tests, mariadb_work_test_count, MARIADB },
	};
	const char *only = getenv("FLEET_TEST_ONLY");
	int failed = 0;
	if (only)
		cmocka_set_test_filter(only);
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		if (groups[i].engine == (rig_is_mariadb() ? SQLITE : MARIADB))
			continue;
		failed += _cmocka_run_group_tests(
			groups[i].name, groups[i].tests, groups[i].count, NULL, NULL);
	}
	return failed != 0;
}
