#include "tests/unit/unit.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/confine/confine.h"
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

/* It has this one's memory, and no signal comes to it. */
static int mark(void *arg)
{
	sigset_t blocked;
	*(int *)arg = 1;
	return sigprocmask(SIG_SETMASK, NULL, &blocked) == 0 && sigismember(&blocked, SIGTERM) ? 7
											       : 8;
}

static void a_child_without_a_copy(void **state)
{
	(void)state;
	sigset_t blocked;
	int is_marked = 0, status = -1;
	pid_t pid = process_spawn(mark, &is_marked);
	assert_true(pid > 0);
	assert_int_equal(is_marked, 1); /* already: this one waited */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 7);
	assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &blocked), 0);
	assert_false(sigismember(&blocked, SIGTERM));
}

/* Else memory that is not to be dumped may be, since it was somebody else's for a moment. */
static void a_look_at_another_user_changes_nothing(void **state)
{
	(void)state;
	bool is_possible;
	int before = prctl(PR_GET_DUMPABLE);
	if (geteuid() != 0)
		skip();
	assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
	assert_int_equal(confine_user_is_possible(
				 &(struct confine_user){ true, 65000, 65000 }, &is_possible, NULL),
		0);
	assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
	assert_int_equal(prctl(PR_SET_DUMPABLE, before), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_the_parent_left),
		cmocka_unit_test(a_child_without_a_copy),
		cmocka_unit_test(a_look_at_another_user_changes_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
