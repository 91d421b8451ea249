#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/process.h"

/* In a child, whose parent left it the worst. */
static bool passes(bool (*check)(void))
{
	pid_t pid = fork();
	int status = -1;
	if (pid == 0) {
		sigset_t all;
		(void)sigfillset(&all);
		(void)sigprocmask(SIG_SETMASK, &all, NULL);
		(void)signal(SIGXFSZ, SIG_DFL);
		(void)signal(SIGCHLD, SIG_IGN);
		_exit(check() ? 0 : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool a_full_file_is_an_error(void)
{
	const struct rlimit nothing = { 0, 0 };
	FILE *f = tmpfile();
	process_prepare();
	return f && setrlimit(RLIMIT_FSIZE, &nothing) == 0 && write(fileno(f), "x", 1) < 0 &&
	       errno == EFBIG;
}

static bool a_child_can_be_waited_for(void)
{
	int status;
	process_prepare();
	pid_t pid = fork();
	if (pid == 0)
		_exit(7);
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static bool a_signal_that_waited_asks_for_an_end(void)
{
	(void)raise(SIGTERM); /* blocked as yet */
	return *process_setup() == 1;
}

static bool a_closed_descriptor_takes_no_bytes(void)
{
	(void)close(STDOUT_FILENO);
	process_prepare();
	return write(STDOUT_FILENO, "x", 1) < 0 && errno == EBADF && dup(STDIN_FILENO) > 2;
}

static void whatever_the_parent_left(void **state)
{
	(void)state;
	assert_true(passes(a_full_file_is_an_error));
	assert_true(passes(a_child_can_be_waited_for));
	assert_true(passes(a_signal_that_waited_asks_for_an_end));
	assert_true(passes(a_closed_descriptor_takes_no_bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_the_parent_left),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
