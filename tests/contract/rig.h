#ifndef FLEET_TESTS_CONTRACT_RIG_H
#define FLEET_TESTS_CONTRACT_RIG_H

#include "tests/unit/unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attempt.h"
#include "lib/clock.h"
#include "lib/storage/storage.h"

/*
 * One engine under test: SQLite in a temporary folder, or the private MariaDB server that
 * integration/rig/mariadb.py has started (FLEET_MARIADB names its folder). Every test begins with
 * an empty database.
 */
struct rig {
	struct storage_config config;
	char folder[256];
	struct storage *s; /* open */
	struct error err;
};

/* cmocka fixtures: an empty database with its tables, opened as rig->s. */
int rig_set_up(void **state);
int rig_tear_down(void **state);
bool rig_is_mariadb(void);

/* A second connection, to be closed by the caller. */
struct storage *rig_open(struct rig *r);

/* Closes and opens rig->s: what is cached is forgotten. */
void rig_reopen(struct rig *r);

/* What the engine's own shell prints for a plain SELECT: rows as lines, columns with '|'
 * between, times as "2026-11-22 04:33:34.123", NULL as "NULL". Heap. */
char *rig_select(struct rig *r, const char *sql);

/* The same, compared and freed. */
#define assert_select(rig, sql, expected)            \
	do {                                         \
		char *got_ = rig_select(rig, sql);   \
		assert_string_equal(got_, expected); \
		free(got_);                          \
	} while (0)

/* Runs SQL that changes something in the engine's shell. */
void rig_execute(struct rig *r, const char *sql);

/* The server itself: SIGKILL, and a new start on the same data. MariaDB only. */
void rig_kill(void);
void rig_start(void);

/* Fails the test with the error's text. */
#define assert_done(rig, call)                                      \
	do {                                                        \
		if ((call) != 0)                                    \
			fail_msg("%s: %s", #call, (rig)->err.text); \
	} while (0)

/* A time at noon, and the id of an attempt n milliseconds after it. */
extern const int64_t noon;
uint64_t id_at(int64_t n);

/* A failed attempt, and one with a report; ids by id_at(n), taken at noon + n. */
struct sample failed_sample(int64_t n, const char *client);
struct sample good_sample(
	int64_t n, const char *client, const struct reading *readings, size_t count);

/* Stores one sample and returns what became of it. */
enum put_result put(struct rig *r, const struct sample *s);

extern const struct CMUnitTest sample_tests[], work_tests[], alert_tests[], status_tests[],
	fault_tests[], batch_tests[], collector_tests[], outbox_tests[], deferred_tests[],
	operator_tests[], watch_tests[], schema_tests[], custom_tests[];
extern const struct CMUnitTest sqlite_fault_tests[], mariadb_fault_tests[], mariadb_work_tests[],
	mariadb_collector_tests[], mariadb_schema_tests[], mariadb_watch_tests[];
extern const size_t sample_test_count, work_test_count, alert_test_count, status_test_count,
	fault_test_count, batch_test_count, collector_test_count, outbox_test_count,
	deferred_test_count, operator_test_count, watch_test_count, schema_test_count,
	custom_test_count;
extern const size_t sqlite_fault_test_count, mariadb_fault_test_count, mariadb_work_test_count,
	mariadb_collector_test_count, mariadb_schema_test_count, mariadb_watch_test_count;

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

#endif
