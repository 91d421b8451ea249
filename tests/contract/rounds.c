#include "tests/contract/rounds.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

void wait_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };
	(void)nanosleep(&t, NULL);
}

/* Round `n` of a fleet. The arrays live until the next call. */
static struct sample *fleet_round(int n, int clients)
{
	static struct sample batch[MANY_CLIENTS];
	static struct reading readings[READINGS];
	static char names[MANY_CLIENTS][24], instances[READINGS][24];
	for (int i = 0; i < READINGS; i++) {
		(void)snprintf(instances[i], sizeof instances[i], "/mnt/%d", i);
		readings[i] = (struct reading){ "filesystem_used_ratio", instances[i], 0.5 };
	}
	for (int i = 0; i < clients; i++) {
		(void)snprintf(names[i], sizeof names[i], "host%d", i);
		batch[i] = good_sample(n * 1000 + i, names[i], readings, READINGS);
		batch[i].counters = "counters";
		batch[i].counters_len = 8;
	}
	return batch;
}

int put_round_of(struct storage *s, int n, int clients, struct error *err)
{
	enum put_result results[MANY_CLIENTS];
	return storage_put_samples(s, fleet_round(n, clients), (size_t)clients, results, err);
}

int put_round(struct storage *s, int n, struct error *err)
{
	return put_round_of(s, n, CLIENTS, err);
}

void assert_rounds_of(struct rig *r, int rounds, int clients)
{
	char expected[64];
	(void)snprintf(expected, sizeof expected, "%d|%d\n", rounds * clients, rounds * clients);
	assert_select(r, "SELECT count(*), count(DISTINCT id) FROM sample", expected);
	(void)snprintf(expected, sizeof expected, "%d\n", rounds * clients * READINGS);
	assert_select(r, "SELECT count(*) FROM reading", expected);
	(void)snprintf(expected, sizeof expected, "%d|%d\n", clients, clients * READINGS);
	assert_select(
		r, "SELECT (SELECT count(*) FROM client), (SELECT count(*) FROM series)", expected);
}

void assert_rounds(struct rig *r, int rounds)
{
	assert_rounds_of(r, rounds, CLIENTS);
}

void assert_ended(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

pid_t start_writer(struct rig *r, int first, int rounds)
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

pid_t start_sql(struct rig *r, const char *sql)
{
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	rig_execute(r, sql);
	_exit(0);
}

pid_t hold(struct rig *r, const char *sql, const char *after)
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

void let_go(struct rig *r)
{
	char fifo[300];
	(void)snprintf(fifo, sizeof fifo, "%s/fifo", r->folder);
	close(open(fifo, O_WRONLY | O_CLOEXEC));
}
