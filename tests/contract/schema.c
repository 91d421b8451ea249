/* The schema: made, upgraded, and refused when it is not this program's. */
#include "tests/contract/rounds.h"

#include <unistd.h>

enum { OPENERS = 4, MEETINGS = 8 };

static const struct reading two[] = {
	{ "memory_used_ratio", "", 0.5 },
	{ "filesystem_used_ratio", "/", 0.75 },
};

static struct rig *rig(void **state)
{
	return *state;
}

static void drop_database(struct rig *r)
{
	if (rig_is_mariadb())
		rig_execute(r, "DROP DATABASE fleet_test; CREATE DATABASE fleet_test");
	else
		assert_int_equal(unlink(r->config.path), 0);
}

static void a_missing_schema_names_the_command(void **state)
{
	struct rig *r = rig(state);
	struct storage *s;
	drop_database(r);
	assert_int_equal(storage_open(&r->config, false, &s, &r->err), -1);
	assert_non_null(strstr(r->err.text, "`fleet init`"));
	if (!rig_is_mariadb()) /* not even the file was made */
		assert_int_equal(access(r->config.path, F_OK), -1);
	storage_close(r->s);
	assert_done(r, storage_open(&r->config, true, &r->s, &r->err));
	struct sample sample = good_sample(0, "web1", two, 2);
	assert_int_equal(put(r, &sample), PUT_NEW);
}

static void a_newer_schema_is_refused(void **state)
{
	struct rig *r = rig(state);
	struct storage *s;
	rig_execute(r, "INSERT INTO schema_version VALUES (99, '2030-01-01 00:00:00', '9.9')");
	for (int migrate = 0; migrate < 2; migrate++) {
		assert_int_equal(storage_open(&r->config, migrate, &s, &r->err), -1);
		assert_non_null(strstr(r->err.text, "version 99"));
		assert_non_null(strstr(r->err.text, "version 3"));
	}
	rig_execute(r, "DELETE FROM schema_version");
	assert_int_equal(storage_open(&r->config, false, &s, &r->err), -1);
	assert_non_null(strstr(r->err.text, "`fleet init`"));
}

static void migrating_twice_keeps_what_is_there(void **state)
{
	struct rig *r = rig(state);
	struct sample s = good_sample(0, "web1", two, 2);
	assert_int_equal(put(r, &s), PUT_NEW);
	storage_close(r->s);
	if (rig_is_mariadb()) /* as after a step that was cut before its last statement */
		rig_execute(r, "DELETE FROM schema_version");
	assert_done(r, storage_open(&r->config, true, &r->s, &r->err));
	assert_select(r, "SELECT count(*) FROM latest", "2\n");
	assert_select(r, "SELECT version FROM schema_version ORDER BY version", "1\n2\n3\n");
	assert_select(r, "SELECT count(*) FROM lease", "1\n");
}

extern const char migration_sqlite_001[], migration_mariadb_001[];
extern const char migration_mariadb_002[], migration_mariadb_003[];

/* A database as the first version made it, with a client, a reading, and an open alert. */
static void make_version_1(struct rig *r)
{
	storage_close(r->s);
	r->s = NULL;
	drop_database(r);
	rig_execute(r, rig_is_mariadb() ? migration_mariadb_001 : migration_sqlite_001);
	rig_execute(r,
		"INSERT INTO schema_version VALUES (1, '2026-11-22 00:00:00', '0.1');"
		"INSERT INTO client VALUES (7, 'web1', '2026-11-22 00:00:00', 9, 9, NULL);"
		"INSERT INTO metric VALUES (3, 'memory_used_ratio', '', '');"
		"INSERT INTO series VALUES (70, 7, 3, '', '2026-11-22 00:00:00');"
		"INSERT INTO sample VALUES (9, 7, 0, '2026-11-22 00:00:00', '2026-11-22 00:00:00',"
		" 'ok', 'ok', 'none', '', 1, '', NULL, NULL);"
		"INSERT INTO reading VALUES (9, 70, 0.5);"
		"INSERT INTO alert VALUES (1, 7, 'cpu', '', 'firing', 'critical', 1, 1,"
		" NULL, NULL, 9, NULL, 0, NULL, NULL, 1, '', '');");
}

static void assert_upgraded(struct rig *r)
{
	struct sample s = good_sample(0, "web1", two, 2);
	assert_done(r, storage_open(&r->config, true, &r->s, &r->err));
	assert_select(r, "SELECT version FROM schema_version ORDER BY version", "1\n2\n3\n");
	assert_select(
		r, "SELECT client, metric, value FROM latest", "web1|memory_used_ratio|0.5\n");
	assert_select(r, "SELECT client, held, acknowledged_by FROM open_alerts", "web1||\n");
	assert_int_equal(put(r, &s), PUT_NEW);
	assert_select(r, "SELECT client, metric, value FROM history ORDER BY value",
		"web1|memory_used_ratio|0.5\nweb1|memory_used_ratio|0.5\n"
		"web1|filesystem_used_ratio|0.75\n");
	assert_select(r, "SELECT min(id), max(id) FROM series", "70|71\n");
	assert_select(r, "SELECT worst, told_severity FROM alert", "critical|critical\n");
	assert_select(r, "SELECT series_turn FROM client", "1\n");
}

static void an_older_schema_is_upgraded(void **state)
{
	struct rig *r = rig(state);
	struct storage *s;
	make_version_1(r);
	assert_int_equal(storage_open(&r->config, false, &s, &r->err), -1);
	assert_non_null(strstr(r->err.text, "version 1 and this program needs version 3"));
	assert_non_null(strstr(r->err.text, "`fleet init`"));
	assert_upgraded(r);
}

/* A process that upgrades as soon as nobody holds the other end of its gate any more. */
static pid_t start_opener(struct rig *r, const int gate[2])
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	char none;
	struct storage *s;
	struct error err;
	close(gate[1]);
	if (read(gate[0], &none, 1) != 0)
		_exit(2);
	int rc = storage_open(&r->config, true, &s, &err);
	if (rc)
		fprintf(stderr, "upgrade: %s\n", err.text);
	else
		storage_close(s);
	_exit(rc != 0);
}

/* As cron starts collector and alerter in the same minute. */
static void upgrade_together(struct rig *r)
{
	int gate[2];
	pid_t pids[OPENERS];
	assert_int_equal(pipe(gate), 0);
	for (size_t i = 0; i < OPENERS; i++)
		pids[i] = start_opener(r, gate);
	close(gate[0]);
	close(gate[1]);
	for (size_t i = 0; i < OPENERS; i++)
		assert_ended(pids[i]);
}

static void programs_that_upgrade_together(void **state)
{
	struct rig *r = rig(state);
	for (int i = 0; i < MEETINGS; i++) {
		make_version_1(r);
		upgrade_together(r);
		assert_upgraded(r);
	}
}

static void programs_that_make_the_tables_together(void **state)
{
	struct rig *r = rig(state);
	for (int i = 0; i < MEETINGS; i++) {
		storage_close(r->s);
		r->s = NULL;
		drop_database(r);
		upgrade_together(r);
		r->s = rig_open(r);
		assert_select(
			r, "SELECT version FROM schema_version ORDER BY version", "1\n2\n3\n");
	}
}

/* How many bytes the first `count` statements are; 0 when there are fewer. */
static size_t first_statements(const char *sql, size_t count)
{
	const char *end = sql;
	while (count-- > 0) {
		end = strstr(end, ";\n");
		if (!end)
			return 0;
		end += 2;
	}
	return (size_t)(end - sql);
}

/* No transaction spans its statements there. */
static void an_upgrade_that_was_cut_is_finished(void **state)
{
	struct rig *r = rig(state);
	char sql[16384];
	int len = snprintf(sql, sizeof sql, "%s%s", migration_mariadb_002, migration_mariadb_003);
	assert_in_range(len, 1, sizeof sql - 1);
	for (size_t i = 1; first_statements(sql, i); i += 3) {
		char *part = strndup(sql, first_statements(sql, i));
		make_version_1(r);
		rig_execute(r, part);
		assert_upgraded(r);
		free(part);
	}
}

const struct CMUnitTest schema_tests[] = {
	RIG_TEST(a_missing_schema_names_the_command),
	RIG_TEST(a_newer_schema_is_refused),
	RIG_TEST(migrating_twice_keeps_what_is_there),
	RIG_TEST(an_older_schema_is_upgraded),
	RIG_TEST(programs_that_upgrade_together),
	RIG_TEST(programs_that_make_the_tables_together),
};
const size_t schema_test_count = ARRAY_LEN(schema_tests);

const struct CMUnitTest mariadb_schema_tests[] = {
	RIG_TEST(an_upgrade_that_was_cut_is_finished),
};
const size_t mariadb_schema_test_count = ARRAY_LEN(mariadb_schema_tests);
