#ifndef FLEET_SEND_COMMAND_H
#define FLEET_SEND_COMMAND_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/*
 * A program that is run for at most so long, with a text on its standard input. No shell is in
 * between. It is a session of its own without a terminal, its folder is /, and none of our
 * descriptors are open in it; when it ends, or its time is over, all that it started goes with it
 * (what leaves the session does not). It ends with us, too, but then without what it started.
 */
struct command_order {
	const char *const *argv; /* the first is absolute */
	const char *const *env;	 /* "NAME=value"; all there is; NULL-terminated as `argv` */
	const char *input;
	size_t len;
	int64_t timeout_ms;
	const volatile sig_atomic_t *stop; /* set: it is ended at once; NULL */
};

struct command_end {
	bool timed_out;
	int status;	   /* exit status; -1 when a signal ended it */
	int signal;	   /* that signal, or 0 */
	char output[1000]; /* how what it wrote to 1 and 2 begins, in one line, escaped */
};

/* Runs it to its end; to that of a signal, when it is stopped. -1 when it could not be started, or
 * watched; then nothing of it is left.
 * Whether it read its input is its own affair. SIGPIPE has to be ignored: process_setup(). */
int command_run(const struct command_order *order, struct command_end *ret_end,
	struct error *err) MUST_CHECK;

#endif
