/* Work in a child that may never come back. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "remote/files/away.h"
#include "remote/files/io.h"

static char home[] = "/tmp/fleet-away-XXXXXX";
static struct folders folders;

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void answer(int fd, const void *data)
{
	if (io_write(fd, data, strlen(data)) < 0)
		_exit(1);
}

static void answer_and_sleep(int fd, const void *data)
{
	answer(fd, data);
	(void)pause();
}

/* Nothing of whoever started the probe is held on to. */
static void tell_what_is_open(int fd, const void *data)
{
	char list[64] = "";
	(void)data;
	for (int i = 0; i < 64; i++)
		if (fcntl(i, F_GETFD) >= 0)
			(void)strcat(list, i == fd ? "mine " : "other ");
	answer(fd, list);
}

static const char *run(away_work *work, const char *data, enum away_end *ret_end)
{
	static char out[64];
	ssize_t len = away_read(&folders, work, data, out, sizeof out - 1, ret_end);
	out[len] = 0;
	return out;
}

static void what_it_says_comes_back(void **state)
{
	(void)state;
	enum away_end end = AWAY_STUCK;
	assert_string_equal(run(answer, "so it is\n", &end), "so it is\n");
	assert_int_equal(end, AWAY_DONE);
	assert_string_equal(run(tell_what_is_open, "", &end), "other mine "); /* the lock */
}

static void it_is_not_waited_for(void **state)
{
	(void)state;
	enum away_end end;
	int64_t start = now_ms();
	assert_string_equal(run(answer_and_sleep, "first\n", &end), "first\n");
	assert_int_equal(end, AWAY_LATE);
	assert_in_range(now_ms() - start, AWAY_MS, AWAY_MS + 2000);
	assert_string_equal(run(answer, "again", &end), "again");
}

static void there_is_one_at_a_time(void **state)
{
	(void)state;
	enum away_end end = AWAY_DONE;
	int fd = open(folders.items[0].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0 && flock(fd, LOCK_EX) == 0);
	assert_string_equal(run(answer, "x", &end), "");
	assert_int_equal(end, AWAY_STUCK);
	(void)close(fd);
	assert_string_equal(run(answer, "x", &end), "x");
	assert_int_equal(end, AWAY_DONE);
}

static void another_that_comes_back_is_waited_for(void **state)
{
	(void)state;
	enum away_end end = AWAY_STUCK;
	int fd = open(folders.items[0].path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_true(fd >= 0 && flock(fd, LOCK_EX) == 0);
	pid_t other = fork(); /* has the lock, too */
	if (other == 0) {
		(void)usleep(50000);
		_exit(0);
	}
	(void)close(fd);
	assert_string_equal(run(answer, "x", &end), "x");
	assert_int_equal(end, AWAY_DONE);
	assert_int_equal(waitpid(other, NULL, 0), other);
}

static void without_a_folder_nothing_is_done(void **state)
{
	(void)state;
	char out[8];
	enum away_end end = AWAY_STUCK;
	const struct folders none = { .count = 0 };
	assert_int_equal(away_read(&none, answer, "x", out, sizeof out, &end), -1);
	assert_int_equal(end, AWAY_DONE);
}

static int make_folders(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(home));
	(void)snprintf(folders.items[0].path, sizeof folders.items[0].path, "%s/own", home);
	folders.count = 1;
	return 0;
}

static int remove_folders(void **state)
{
	(void)state;
	return rmdir(folders.items[0].path) | rmdir(home); /* nothing was left in them */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_says_comes_back),
		cmocka_unit_test(it_is_not_waited_for),
		cmocka_unit_test(there_is_one_at_a_time),
		cmocka_unit_test(another_that_comes_back_is_waited_for),
		cmocka_unit_test(without_a_folder_nothing_is_done),
	};
	return cmocka_run_group_tests(tests, make_folders, remove_folders);
}
