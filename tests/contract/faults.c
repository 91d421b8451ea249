/* Locks, deadlocks, lost connections, killed processes and full disks: each ends with every
 * sample stored exactly once, or with an error and nothing changed. */
#include "tests/contract/rig.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/process.h"
#include "tests/contract/relay.h"

enum { CLIENTS = 40, READINGS = 10, WRITERS = 3, ROUNDS = 12, KILLS = 6 };

static struct rig *rig(void **state)
{
	return *state;
}

static void wait_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
}

/* Round `n` of the whole fleet. The arrays live until the next call. */
static struct sample *fleet_round(int n)
{
	static struct sample batch[CLIENTS];
	static struct reading readings[READINGS];
	static char names[CLIENTS][16], instances[READINGS][16];
	for (int i = 0; i < READINGS; i++) {
		(void)snprintf(instances[i], sizeof instances[i], "/mnt/%d", i);
		readings[i] = (struct reading){ "filesystem_used_ratio", instances[i], 0.5 };
	}
	for (int i = 0; i < CLIENTS; i++) {
		(void)snprintf(names[i], sizeof names[i], "host%d", i);
		batch[i] = good_sample(n * 1000 + i, names[i], readings, READINGS);
		batch[i].counters = "counters";
		batch[i].counters_len = 8;
	}
	return batch;
}

static int put_round(struct storage *s, int n, struct error *err)
{
	enum put_result results[CLIENTS];
	return storage_put_samples(s, fleet_round(n), CLIENTS, results, err);
}

static void assert_rounds(struct rig *r, int rounds)
{
	char expected[64];
	(void)snprintf(expected, sizeof expected, "%d|%d\n", rounds * CLIENTS, rounds * CLIENTS);
	assert_select(r, "SELECT count(*), count(DISTINCT id) FROM sample", expected);
	(void)snprintf(expected, sizeof expected, "%d\n", rounds * CLIENTS * READINGS);
	assert_select(r, "SELECT count(*) FROM reading", expected);
	(void)snprintf(expected, sizeof expected, "%d|%d\n", CLIENTS, CLIENTS * READINGS);
	assert_select(
		r, "SELECT (SELECT count(*) FROM client), (SELECT count(*) FROM series)", expected);
}

static void assert_ended(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* A writer of its own: rounds from `first`, every second one shared with its neighbour. */
static pid_t start_writer(struct rig *r, int first, int rounds)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	struct storage *s;
	struct error err;
	int rc = storage_open(&r->config, false, &s, &err);
	for (int i = 0; i < rounds && rc == 0; i++)
		rc = put_round(s, first + i, &err);
	if (rc)
		fprintf(stderr, "writer %d: %s\n", first, err.text);
	_exit(rc != 0);
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

/* Runs SQL in the engine's shell in a process of its own. */
static pid_t start_sql(struct rig *r, const char *sql)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	rig_execute(r, sql);
	_exit(0);
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

/* Runs SQL, keeps its transaction until let_go(), and then runs `after`. */
static pid_t hold(struct rig *r, const char *sql, const char *after)
{
	char fifo[300], script[1000]; /* whoever opens it for writing goes on */
	(void)snprintf(fifo, sizeof fifo, "%s/fifo", r->folder);
	(void)snprintf(script, sizeof script, "%s\n%s cat %s\n%s\n", sql,
		rig_is_mariadb() ? "\\!" : ".shell", fifo, after);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	pid_t pid = start_sql(r, script);
	wait_ms(1000);
	return pid;
}

static void let_go(struct rig *r)
{
	char fifo[300];
	(void)snprintf(fifo, sizeof fifo, "%s/fifo", r->folder);
	close(open(fifo, O_WRONLY | O_CLOEXEC));
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

#define DOUBLE "INSERT INTO weight SELECT a FROM weight;"

/* The other side holds b and wants a; the batch holds a and wants b. The other side has
 * changed more, so the batch is the one that is rolled back. */
static void a_deadlock_is_run_again(void **state)
{
	struct rig *r = rig(state);
	const char *deadlocks = "SELECT count FROM information_schema.innodb_metrics"
				" WHERE name = 'lock_deadlocks'";
	assert_done(r, put_round(r->s, 0, &r->err));
	char *before = rig_select(r, deadlocks);
	pid_t pid = hold(r,
		"CREATE TABLE weight (a INT); START TRANSACTION; INSERT INTO weight VALUES "
		"(1);" DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE DOUBLE
			DOUBLE "UPDATE client SET newest_id = newest_id WHERE name = 'host39';",
		"UPDATE client SET newest_id = newest_id WHERE name = 'host0'; COMMIT;");
	pid_t starter = let_go_when_waited_for(r);
	assert_done(r, put_round(r->s, 1, &r->err));
	assert_ended(starter);
	assert_ended(pid);
	char *after = rig_select(r, deadlocks);
	assert_int_equal(atoi(after), atoi(before) + 1);
	free(before);
	free(after);
	assert_rounds(r, 2);
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

/* Puts rounds until one fails; says in how many it was, or fails with what is wrong. */
static int fill_up(struct storage *s, struct error *err)
{
	for (int n = 0; n < 2000; n++)
		if (put_round(s, n, err))
			return n;
	return -1;
}

static void a_file_size_limit_rolls_back(void **state)
{
	struct rig *r = rig(state);
	struct rlimit old, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 2 << 20, old.rlim_max };
	process_prepare();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int stored = fill_up(r->s, &r->err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(stored > 0);
	assert_non_null(strstr(r->err.text, r->config.path));
	assert_rounds(r, stored);
	assert_done(r, put_round(r->s, stored, &r->err)); /* the same handle goes on */
	assert_rounds(r, stored + 1);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

/* A small file system in a namespace of our own; false where that is not allowed. */
static bool mount_small(const char *folder)
{
	char map[64];
	uid_t uid = getuid();
	if (uid != 0) {
		(void)snprintf(map, sizeof map, "0 %u 1", uid);
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) || write_file("/proc/self/uid_map", map))
			return false;
	} else if (unshare(CLONE_NEWNS)) {
		return false;
	}
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", folder, "tmpfs", 0, "size=3m") == 0;
}

static void fill_disk(struct rig *r)
{
	struct error err;
	struct storage *s;
	char path[300];
	if (!mount_small(r->folder))
		_exit(77);
	if (storage_open(&r->config, true, &s, &err))
		_exit(1);
	int stored = fill_up(s, &err);
	if (stored <= 0 || !strstr(err.text, "full"))
		_exit(2);
	char expected[32], *got = rig_select(r, "SELECT count(*) FROM sample");
	(void)snprintf(expected, sizeof expected, "%d\n", stored * CLIENTS);
	if (strcmp(got, expected) != 0)
		_exit(3);
	free(got);
	if (mount("none", r->folder, NULL, MS_REMOUNT, "size=60m") || put_round(s, stored, &err))
		_exit(4);
	(void)snprintf(path, sizeof path, "%s/fleet.db", r->folder);
	_exit(access(path, R_OK) ? 5 : 0);
}

static void a_full_disk_rolls_back(void **state)
{
	struct rig *r = rig(state);
	int status;
	storage_close(r->s);
	r->s = NULL;
	pid_t pid = fork();
	if (pid == 0)
		fill_disk(r);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void a_file_that_is_no_database(void **state)
{
	struct rig *r = rig(state);
	struct storage *s;
	storage_close(r->s);
	r->s = NULL;
	assert_int_equal(truncate(r->config.path, 0), 0);
	assert_int_equal(write_file(r->config.path, "no database, but longer than a header is, and "
						    "with words enough to fill a page of one"),
		0);
	for (int migrate = 0; migrate < 2; migrate++) {
		assert_int_equal(storage_open(&r->config, migrate, &s, &r->err), -1);
		assert_non_null(strstr(r->err.text, "not a database"));
	}
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
	assert_in_range(clock_monotonic_ms() - start, 0, 9000);
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

const struct CMUnitTest fault_tests[] = {
	RIG_TEST(writers_at_the_same_time),
	RIG_TEST(a_lock_is_waited_for),
	RIG_TEST(a_lock_for_ever_is_an_error),
	RIG_TEST(a_killed_writer_loses_nothing),
};
const size_t fault_test_count = ARRAY_LEN(fault_tests);

const struct CMUnitTest sqlite_fault_tests[] = {
	RIG_TEST(a_file_size_limit_rolls_back),
	RIG_TEST(a_full_disk_rolls_back),
	RIG_TEST(a_file_that_is_no_database),
};
const size_t sqlite_fault_test_count = ARRAY_LEN(sqlite_fault_tests);

const struct CMUnitTest mariadb_fault_tests[] = {
	RIG_TEST(a_deadlock_is_run_again),
	RIG_TEST(a_connection_lost_before_commit),
	RIG_TEST(a_connection_lost_after_commit),
	RIG_TEST(a_killed_server_loses_nothing),
	RIG_TEST(a_server_that_is_not_there),
	RIG_TEST(a_long_reader_postpones_partitions),
	RIG_TEST(packets_stay_as_small_as_they_must),
	RIG_TEST(a_text_too_large_is_left_out),
};
const size_t mariadb_fault_test_count = ARRAY_LEN(mariadb_fault_tests);
