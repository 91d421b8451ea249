/* Programs that are told: those that end, and those that do not want to. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/send/command.h"

static const char *const env[] = { "PATH=/usr/bin:/bin", "FLEET_CLIENT=web1", NULL };

static int run(const char *script, const char *input, int64_t timeout_ms, struct command_end *end)
{
	const char *const argv[] = { "/bin/sh", "-c", script, "sh", "$(touch /no) `x` ; \"a",
		NULL };
	const struct command_order order = { argv, env, input, strlen(input), timeout_ms, NULL };
	struct error err = { "" };
	return command_run(&order, end, &err);
}

static const struct {
	const char *script, *input;
	int status, signal;
	const char *output;
} rows[] = {
	{ "exit 0", "", 0, 0, "" },
	{ "exit 75", "text", 75, 0, "" },
	{ "cat", "one\ntwo\n", 0, 0, "one two" },
	{ "echo told >&2; exit 3", "", 3, 0, "told" },
	{ "echo $FLEET_CLIENT $HOME", "", 0, 0, "web1" },
	{ "echo \"$1\"", "", 0, 0, "$(touch /no) `x` ; \"a" },
	{ "printf '\\033[2J\\377'", "", 0, 0, "\\x1b[2J\\xff" },
	{ "kill -9 $$", "", -1, SIGKILL, "" },
	{ "kill -TERM $$", "", -1, SIGTERM, "" },
	{ "pwd", "", 0, 0, "/" },
	{ "ls /proc/self/fd | wc -l", "", 0, 0, "4" }, /* 0 to 2, and that folder */
	{ "exec <&-; sleep 0.1", "nobody reads this", 0, 0, "" },
};

static void every_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct command_end end;
		assert_int_equal(run(rows[i].script, rows[i].input, 10000, &end), 0);
		assert_false(end.timed_out);
		assert_int_equal(end.status, rows[i].status);
		assert_int_equal(end.signal, rows[i].signal);
		assert_string_equal(end.output, rows[i].output);
	}
}

static void much_is_read_and_written(void **state)
{
	(void)state;
	enum { BYTES = 3 << 20 };
	struct command_end end;
	char *input = malloc(BYTES + 1);
	assert_non_null(input);
	memset(input, 'x', BYTES);
	input[BYTES] = 0;
	assert_int_equal(
		run("cat; cat /dev/zero | head -c 1000000 | tr '\\0' y", input, 20000, &end), 0);
	assert_int_equal(end.status, 0);
	assert_int_equal(strspn(end.output, "x"), 999);
	free(input);
}

/* Dead, though perhaps not yet reaped by whoever it fell to. */
static int is_gone(const char *pid)
{
	char path[64], state = 'Z';
	(void)snprintf(path, sizeof path, "/proc/%s/stat", pid);
	FILE *f = fopen(path, "r");
	if (f) {
		assert_int_equal(fscanf(f, "%*d (%*[^)]) %c", &state), 1);
		(void)fclose(f);
	}
	return state == 'Z' || state == 'X';
}

static void assert_gone(const char *pid)
{
	assert_true(atoi(pid) > 1);
	for (int i = 0; i < 200 && !is_gone(pid); i++)
		(void)usleep(20000);
	assert_true(is_gone(pid));
}

static void who_hangs_is_ended_with_all_of_his(void **state)
{
	(void)state;
	struct command_end end;
	int64_t began = clock_monotonic_ms();
	assert_int_equal(run("trap '' TERM; sleep 86391 & echo $!; sleep 86392", "", 500, &end), 0);
	assert_true(end.timed_out);
	assert_true(clock_monotonic_ms() - began < 10000);
	assert_gone(end.output);
}

/* A child that holds our pipe delays nobody, and does not stay. */
static void children_are_not_waited_for(void **state)
{
	(void)state;
	struct command_end end;
	int64_t began = clock_monotonic_ms();
	assert_int_equal(run("sleep 86393 & echo $!; exit 0", "", 60000, &end), 0);
	assert_int_equal(end.status, 0);
	assert_true(clock_monotonic_ms() - began < 30000);
	assert_gone(end.output);
}

static void who_is_not_there_is_said(void **state)
{
	(void)state;
	const char *const argv[] = { "/nonexistent/page", NULL };
	const struct command_order order = { argv, env, "", 0, 1000, NULL };
	struct command_end end;
	struct error err = { "" };
	assert_int_equal(command_run(&order, &end, &err), -1);
	assert_string_equal(err.text, "/nonexistent/page: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_end),
		cmocka_unit_test(much_is_read_and_written),
		cmocka_unit_test(who_hangs_is_ended_with_all_of_his),
		cmocka_unit_test(children_are_not_waited_for),
		cmocka_unit_test(who_is_not_there_is_said),
	};
	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
