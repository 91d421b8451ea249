/* The numbers of collectors, which keep the ids of their attempts apart. */
#include "tests/contract/rig.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/relay.h"

enum { CLAIMANTS = 8, CUTS_MAX = 2 };

static struct rig *rig(void **state)
{
	return *state;
}

static uint8_t claim(struct rig *r, uint64_t who, uint8_t wanted)
{
	uint8_t number = 0;
	assert_done(
		r, storage_claim_number(r->s, who, wanted, "here:/spool", noon, &number, &r->err));
	return number;
}

static void a_claim_keeps_its_number(void **state)
{
	struct rig *r = rig(state);
	assert_int_equal(claim(r, 71, 0), 1);
	assert_int_equal(claim(r, INT64_MAX, 0), 2);
	assert_int_equal(claim(r, 73, 9), 9);
	assert_int_equal(claim(r, 74, 2), 3); /* that is another's */
	assert_int_equal(claim(r, 75, 255), 4);
	rig_reopen(r);
	assert_int_equal(claim(r, 71, 0), 1);
	assert_int_equal(claim(r, 71, 200), 1);
	assert_int_equal(claim(r, INT64_MAX, 0), 2);
	assert_int_equal(claim(r, 73, 0), 9);
	assert_select(r, "SELECT * FROM collector WHERE number < 3 ORDER BY number",
		"1|71|here:/spool|2026-11-22 12:00:00.000\n"
		"2|9223372036854775807|here:/spool|2026-11-22 12:00:00.000\n");
	rig_execute(r, "DELETE FROM collector WHERE number = 1");
	assert_int_equal(claim(r, 71, 1), 1); /* the table was lost: it stays the same */
}

static void numbers_end_some_day(void **state)
{
	struct rig *r = rig(state);
	uint8_t number = 77;
	rig_execute(r, "INSERT INTO collector WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
		       " SELECT i + 1 FROM n WHERE i < 253) SELECT i, i + 1000, 'there:/spool',"
		       " '2026-11-22 12:00:00.000' FROM n");
	assert_int_equal(claim(r, 1, 0), ATTEMPT_COLLECTOR_MAX);
	assert_int_equal(storage_claim_number(r->s, 2, 0, "", noon, &number, &r->err), -1);
	assert_non_null(strstr(r->err.text, "delete the rows"));
	assert_int_equal(number, 77);
	assert_int_equal(claim(r, 1100, 0), 100);
	rig_execute(r, "DELETE FROM collector WHERE number = 100");
	assert_int_equal(claim(r, 2, 0), 100);
}

static void many_at_the_same_time(void **state)
{
	struct rig *r = rig(state);
	pid_t pids[CLAIMANTS];
	for (unsigned i = 0; i < CLAIMANTS; i++) {
		pids[i] = fork();
		if (pids[i] != 0)
			continue;
		struct error err;
		struct storage *s;
		uint8_t number;
		_exit(storage_open(&r->config, false, &s, &err) ||
			storage_claim_number(s, 100 + i, 1, "", noon, &number, &err));
	}
	for (unsigned i = 0; i < CLAIMANTS; i++) {
		int status;
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	assert_select(r, "SELECT count(*), min(number), max(number) FROM collector", "8|1|8\n");
}

static void a_commit_that_nobody_answered(void **state)
{
	struct rig *r = rig(state);
	for (int i = 0; i < CUTS_MAX * 2; i++) {
		char relay[300];
		struct storage_config config = r->config;
		struct storage *s;
		uint8_t number = 0;
		(void)snprintf(relay, sizeof relay, "%s/relay", r->folder);
		/* the first two commits are of reading */
		pid_t pid = relay_start(
			relay, r->config.socket, i % 2 ? CUT_AFTER : CUT_BEFORE, 2, 1 + i / 2);
		assert_true(pid > 0);
		config.socket = relay;
		assert_done(r, storage_open(&config, false, &s, &r->err));
		assert_done(r,
			storage_claim_number(s, 10 + (unsigned)i, 0, "", noon, &number, &r->err));
		assert_int_equal(number, i + 1);
		storage_close(s);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		assert_int_equal(claim(r, 10 + (unsigned)i, 0), number);
	}
	assert_select(r, "SELECT count(*) FROM collector", "4\n");
}

const struct CMUnitTest collector_tests[] = {
	RIG_TEST(a_claim_keeps_its_number),
	RIG_TEST(numbers_end_some_day),
	RIG_TEST(many_at_the_same_time),
};
const size_t collector_test_count = ARRAY_LEN(collector_tests);

const struct CMUnitTest mariadb_collector_tests[] = {
	RIG_TEST(a_commit_that_nobody_answered),
};
const size_t mariadb_collector_test_count = ARRAY_LEN(mariadb_collector_tests);
