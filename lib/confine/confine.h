#ifndef FLEET_CONFINE_CONFINE_H
#define FLEET_CONFINE_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/error.h"

/*
 * What a process gives up before it meets the bytes of strangers. Nothing of it can be taken
 * back, children inherit all of it, and each is for a process of one thread.
 *
 * A table serves several kinds of process: a row is for those whose bits it has in `kinds`.
 *
 * Sanitizers read files, map terabytes and start a process of their own: under them limits,
 * files and calls stay as they are.
 */

/* Resource limits, setrlimit(2). */
struct confine_limit {
	unsigned kinds;
	int resource; /* RLIMIT_… */
	const char *name;
	uint64_t max;
};

/* Lowers hard and soft limits; one that is lower already, by the administrator's will, stays. */
int confine_limits(unsigned kind, const struct confine_limit *limits, size_t count,
	struct error *err) MUST_CHECK;

/* Files, landlock(7). */
struct confine_place {
	unsigned kinds;
	const char *path; /* the file, or the folder and all below it, to read; may be missing */
};

/* Forbids every file that is not open yet and not in these places. Does nothing on a kernel
 * without Landlock. */
int confine_files(unsigned kind, const struct confine_place *places, size_t count,
	struct error *err) MUST_CHECK;

/* System calls, seccomp(2). */
enum { CONFINE_ARGS = 3 };

struct confine_call {
	unsigned kinds;
	const char *name; /* one that this machine does not have is passed over */
	struct confine_arg {
		unsigned index;
		uint32_t mask; /* 0: no condition */
		uint32_t value;
	} args[CONFINE_ARGS]; /* all have to hold, of an argument's lower half; rows add up */
};

/* Forbids all other calls: the first of them ends the process after a line on standard error
 * that begins with `who` and tells the call's number, and is in the kernel's audit log. Does
 * nothing when built without libseccomp, or on a kernel without seccomp. */
int confine_calls(const char *who, unsigned kind, const struct confine_call *calls, size_t count,
	struct error *err) MUST_CHECK;

/* Whom a process of root's becomes. */
struct confine_user {
	bool is_other; /* than the one it is */
	uid_t uid;
	gid_t gid;
};

/* The account of that name. With name "", the highest number of those that systemd gives to
 * services without an account (61184 to 65519) that nobody has. Whoever is not root stays who
 * it is. */
int confine_user_find(
	const char *name, struct confine_user *ret_user, struct error *err) MUST_CHECK;

/* Becomes that user for good; -1 with errno. Async-signal-safe. */
int confine_user_become(const struct confine_user *user) MUST_CHECK;

/* Whether a child could become that user: in a container with one user only it cannot. */
int confine_user_is_possible(
	const struct confine_user *user, bool *ret_is_possible, struct error *err) MUST_CHECK;

/* What this build on this kernel does, for people: "system calls filtered (libseccomp 2.5.4)",
 * or why they are not. */
const char *confine_describe_calls(void);
const char *confine_describe_files(void);

#endif
