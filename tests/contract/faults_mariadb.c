/* A server that rolls back, goes away, dies, or takes no large packets: every sample is stored
 * exactly once all the same. */
#include "tests/contract/rounds.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/contract/relay.h"

#define DOUBLE "INSERT INTO weight SELECT a FROM weight;"
#define X128   DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE

static struct rig *rig(void **state)
{
	return *state;
}

/* A process that lets go once somebody waits for a row. */
static pid_t let_go_when_waited_for(struct rig *r)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	for (bool waiting = false; !waiting; wait_ms(150)) { /* read sooner, the view stays stale */
		char *got = rig_select(r, "SELECT count(*) > 0 FROM information_schema.innodb_trx"
					  " WHERE trx_state = 'LOCK WAIT'");
		waiting = got[0] == '1';
		free(got);
	}
	let_go(r);
	_exit(0);
}

/* The other side holds the last client and wants the first; the batch holds the first and wants the
 * last. The other side has changed more, so the batch is the one that is rolled back. */
static void meet_in_deadlock(struct rig *r, int clients)
{
	char held[800];
	const char *deadlocks = "SELECT count FROM information_schema.innodb_metrics"
				" WHERE name = 'lock_deadlocks'";
	assert_done(r, put_round_of(r->s, 0, clients, &r->err));
	char *before = rig_select(r, deadlocks);
	(void)snprintf(held, sizeof held,
		"CREATE TABLE weight (a INT); START TRANSACTION;"
		" INSERT INTO weight VALUES (1);" X128 X128
		"UPDATE client SET newest_id = newest_id WHERE name = 'host%d';",
		clients - 1);
	pid_t pid = hold(
		r, held, "UPDATE client SET newest_id = newest_id WHERE name = 'host0'; COMMIT;");
	pid_t starter = let_go_when_waited_for(r);
	assert_done(r, put_round_of(r->s, 1, clients, &r->err));
	assert_ended(starter);
	assert_ended(pid);
	char *after = rig_select(r, deadlocks);
	assert_int_equal(atoi(after), atoi(before) + 1);
	free(before);
	free(after);
	assert_rounds_of(r, 2, clients);
}

static void a_deadlock_is_run_again(void **state)
{
	meet_in_deadlock(rig(state), CLIENTS);
}

/* What the first chunk made is to be made again. */
static void a_deadlock_in_the_second_chunk(void **state)
{
	meet_in_deadlock(rig(state), MANY_CLIENTS);
}

static void cut_commits(struct rig *r, enum relay_cut cut)
{
	char relay[300];
	struct storage_config config = r->config;
	struct storage *s;
	(void)snprintf(relay, sizeof relay, "%s/relay", r->folder);
	pid_t pid = relay_start(relay, r->config.socket, cut, 1, 2);
	assert_true(pid > 0);
	config.socket = relay;
	/* the first commit of all is that of reading the schema's version; then twice in a row */
	assert_done(r, storage_open(&config, false, &s, &r->err));
	assert_done(r, put_round(s, 0, &r->err));
	assert_done(r, put_round(s, 1, &r->err));
	storage_close(s);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	assert_rounds(r, 2);
}

static void a_connection_lost_before_commit(void **state)
{
	cut_commits(rig(state), CUT_BEFORE);
}

static void a_connection_lost_after_commit(void **state)
{
	cut_commits(rig(state), CUT_AFTER);
}

/* The server dies under a writer, at another moment each time, and comes back; the writer
 * keeps what it could not store and stores it again. */
static void a_killed_server_loses_nothing(void **state)
{
	struct rig *r = rig(state);
	for (int i = 0; i < KILLS; i++) {
		pid_t pid = fork();
		if (pid == 0) {
			wait_ms(20 + 37 * i);
			rig_kill();
			_exit(0);
		}
		int n = 0, failed = 0;
		while (n < ROUNDS * (i + 1) && !failed)
			failed = put_round(r->s, n, &r->err) ? 1 : (n++, 0);
		assert_ended(pid);
		rig_start();
		for (n = 0; n < ROUNDS * (i + 1); n++) /* by the same handle */
			assert_done(r, put_round(r->s, n, &r->err));
	}
	assert_rounds(r, ROUNDS * KILLS);
}

static void a_server_that_is_not_there(void **state)
{
	struct rig *r = rig(state);
	struct storage_config config = r->config;
	struct storage *s;
	config.socket = "/nonexistent/socket";
	assert_int_equal(storage_open(&config, false, &s, &r->err), -1);
	assert_non_null(strstr(r->err.text, "/nonexistent/socket"));
}

/* The partitions of a program that ran last ten days ago and today. */
static void make_gap(struct rig *r)
{
	int64_t day = 24 * 3600 * 1000, now = clock_wall_ms(), today = now - now % day;
	for (int i = 0; i < 2; i++) {
		char sql[400];
		(void)snprintf(sql, sizeof sql,
			"ALTER TABLE %s PARTITION BY RANGE (%s) ("
			"PARTITION p20200101 VALUES LESS THAN (%llu),"
			"PARTITION p20200102 VALUES LESS THAN (%llu),"
			"PARTITION pmax VALUES LESS THAN MAXVALUE)",
			i ? "sample" : "reading", i ? "id" : "sample_id",
			(unsigned long long)attempt_floor(today - 10 * day),
			(unsigned long long)attempt_floor(today + day));
		rig_execute(r, sql);
	}
}

static void a_long_reader_postpones_partitions(void **state)
{
	struct rig *r = rig(state);
	const char *count = "SELECT table_name, count(*) FROM information_schema.partitions"
			    " WHERE table_schema = 'fleet_test' AND partition_name IS NOT NULL"
			    " GROUP BY table_name";
	uint32_t deleted;
	make_gap(r);
	assert_done(r, put_round(r->s, 0, &r->err));
	pid_t pid = hold(r,
		"START TRANSACTION; SELECT count(*) FROM sample; SELECT count(*) FROM reading;",
		"ROLLBACK;");
	int64_t start = clock_monotonic_ms();
	storage_close(r->s);
	assert_done(r, storage_open(&r->config, true, &r->s, &r->err));
	assert_done(r, storage_retain(r->s, clock_wall_ms(), 100, &deleted, &r->err));
	assert_done(r, put_round(r->s, 1, &r->err));
	assert_in_range(clock_monotonic_ms() - start, 0, 30000);
	assert_select(r, count, "reading|3\nsample|3\n");
	let_go(r);
	assert_ended(pid);
	assert_done(r, storage_retain(r->s, clock_wall_ms(), 100, &deleted, &r->err));
	assert_select(r, count, "reading|4\nsample|4\n"); /* one went, two came */
	assert_rounds(r, 2);
}

static void packets_stay_as_small_as_they_must(void **state)
{
	enum { MANY = 20000 };
	struct rig *r = rig(state);
	static struct reading readings[MANY];
	static char instances[MANY][80];
	rig_execute(r, "SET GLOBAL max_allowed_packet = 131072");
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(instances[i], sizeof instances[i], "/mnt/%060d", i % 9000);
		readings[i] = (struct reading){ "filesystem_used_ratio", instances[i], i };
	}
	rig_reopen(r);
	struct sample s = good_sample(0, "web1", readings, MANY);
	assert_int_equal(put(r, &s), PUT_NEW);
	rig_execute(r, "SET GLOBAL max_allowed_packet = 16777216");
	assert_select(r, "SELECT count(*), count(DISTINCT instance) FROM latest", "9000|9000\n");
}

static void a_text_too_large_is_left_out(void **state)
{
	enum { SIZE = 300000 };
	struct rig *r = rig(state);
	static char noise[SIZE];
	static const struct reading one = { "cpu_used_ratio", "", 0.5 };
	uint32_t x = 1;
	for (size_t i = 0; i < SIZE; i++) { /* does not compress */
		x = x * 1664525 + 1013904223;
		noise[i] = (char)(x >> 24);
	}
	struct sample s[] = { good_sample(0, "web1", &one, 1),
		good_sample(700000, "web1", &one, 1) };
	for (size_t i = 0; i < 2; i++) {
		s[i].text = noise;
		s[i].text_len = SIZE;
	}
	rig_execute(r, "SET GLOBAL max_allowed_packet = 131072");
	rig_reopen(r);
	assert_int_equal(put(r, &s[0]), PUT_NEW);
	rig_execute(r, "SET GLOBAL max_allowed_packet = 16777216");
	assert_select(r, "SELECT (SELECT count(*) FROM latest), count(text) FROM report", "1|0\n");
	rig_reopen(r);
	assert_int_equal(put(r, &s[1]), PUT_NEW);
	assert_select(r, "SELECT text_size FROM report", "300000\n");
}

static void expect_counters(struct rig *r, const char *client, size_t len)
{
	CLEANUP(buffer_finish) struct buffer got = { 0 };
	int64_t text_at;
	assert_done(r, storage_get_counters(r->s, client, &got, &text_at, &r->err));
	assert_int_equal(got.len, len);
}

/* Those of the second of three clients; what was stored before goes as well. */
static void counters_too_large_are_left_out(void **state)
{
	enum { SIZE = 300000, FEW = 100 };
	static const struct {
		const char *sql;
		size_t len, stored;
	} rows[] = {
		{ "SET GLOBAL max_allowed_packet = 16777216", FEW, FEW },
		{ "SET GLOBAL max_allowed_packet = 131072", SIZE, 0 },
		{ "SET GLOBAL max_allowed_packet = 16777216", SIZE, SIZE },
	};
	static const char many[SIZE];
	struct rig *r = rig(state);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int64_t n = (int64_t)i * 1000;
		enum put_result results[3];
		struct sample s[] = { good_sample(n, "web1", NULL, 0),
			good_sample(n + 1, "web2", NULL, 0), good_sample(n + 2, "web3", NULL, 0) };
		for (size_t k = 0; k < 3; k++) {
			s[k].counters = many;
			s[k].counters_len = k == 1 ? rows[i].len : FEW;
		}
		rig_execute(r, rows[i].sql);
		rig_reopen(r);
		assert_done(r, storage_put_samples(r->s, s, 3, results, &r->err));
		for (size_t k = 0; k < 3; k++) {
			assert_int_equal(results[k], PUT_NEW);
			expect_counters(r, s[k].client, k == 1 ? rows[i].stored : FEW);
		}
	}
}

const struct CMUnitTest mariadb_fault_tests[] = {
	RIG_TEST(a_deadlock_is_run_again),
	RIG_TEST(a_deadlock_in_the_second_chunk),
	RIG_TEST(a_connection_lost_before_commit),
	RIG_TEST(a_connection_lost_after_commit),
	RIG_TEST(a_killed_server_loses_nothing),
	RIG_TEST(a_server_that_is_not_there),
	RIG_TEST(a_long_reader_postpones_partitions),
	RIG_TEST(packets_stay_as_small_as_they_must),
	RIG_TEST(a_text_too_large_is_left_out),
	RIG_TEST(counters_too_large_are_left_out),
};
const size_t mariadb_fault_test_count = ARRAY_LEN(mariadb_fault_tests);
