/* Locks and killed processes: each ends with every sample stored exactly once, or with an error
 * and nothing changed. */
#include "tests/contract/rounds.h"

#include <signal.h>
#include <sys/wait.h>

enum { WRITERS = 3 };

static struct rig *rig(void **state)
{
	return *state;
}

static void writers_at_the_same_time(void **state)
{
	struct rig *r = rig(state);
	pid_t pids[WRITERS];
	for (int i = 0; i < WRITERS; i++) /* their rounds overlap by half */
		pids[i] = start_writer(r, i * ROUNDS / 2, ROUNDS);
	for (int i = 0; i < WRITERS; i++)
		assert_ended(pids[i]);
	assert_rounds(r, ROUNDS / 2 * (WRITERS + 1));
}

static void a_lock_is_waited_for(void **state)
{
	struct rig *r = rig(state);
	assert_done(r, put_round(r->s, 0, &r->err));
	/* on MariaDB for longer than its lock wait */
	pid_t pid =
		start_sql(r, rig_is_mariadb() ? "START TRANSACTION; UPDATE client SET newest_id = "
						"0; SELECT sleep(6); ROLLBACK"
					      : "BEGIN IMMEDIATE;\n.shell sleep 1\nROLLBACK;\n");
	wait_ms(400);
	int64_t start = clock_monotonic_ms();
	assert_done(r, put_round(r->s, 1, &r->err));
	assert_in_range(clock_monotonic_ms() - start, 300, 60000);
	assert_ended(pid);
	assert_rounds(r, 2);
}

static void a_lock_for_ever_is_an_error(void **state)
{
	struct rig *r = rig(state);
	assert_done(r, put_round(r->s, 0, &r->err));
	pid_t pid = hold(r,
		rig_is_mariadb() ? "START TRANSACTION; UPDATE client SET newest_id = 0;"
				 : "BEGIN EXCLUSIVE;",
		"ROLLBACK;");
	int64_t start = clock_monotonic_ms();
	assert_int_equal(put_round(r->s, 1, &r->err), -1);
	assert_in_range(clock_monotonic_ms() - start, 9000, 16000);
	let_go(r);
	assert_ended(pid);
	assert_non_null(strstr(r->err.text, rig_is_mariadb() ? "Lock wait" : "locked"));
	assert_non_null(strstr(r->err.text, storage_describe(r->s)));
	assert_done(r, put_round(r->s, 1, &r->err));
	assert_rounds(r, 2);
}

static void a_killed_writer_loses_nothing(void **state)
{
	struct rig *r = rig(state);
	for (int i = 0; i < KILLS; i++) {
		int status;
		pid_t pid = start_writer(r, 0, ROUNDS * 100);
		wait_ms(60 + 31 * i);
		(void)kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status));
	}
	char *last = rig_select(r, "SELECT count(*) FROM sample");
	int rounds = atoi(last) / CLIENTS;
	assert_int_equal(atoi(last) % CLIENTS, 0); /* whole transactions only */
	free(last);
	for (int n = 0; n < rounds + 5; n++)
		assert_done(r, put_round(r->s, n, &r->err));
	assert_rounds(r, rounds + 5);
}

const struct CMUnitTest fault_tests[] = {
	RIG_TEST(writers_at_the_same_time),
	RIG_TEST(a_lock_is_waited_for),
	RIG_TEST(a_lock_for_ever_is_an_error),
	RIG_TEST(a_killed_writer_loses_nothing),
};
const size_t fault_test_count = ARRAY_LEN(fault_tests);
