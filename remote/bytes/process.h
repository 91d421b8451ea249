#ifndef FLEET_REMOTE_BYTES_PROCESS_H
#define FLEET_REMOTE_BYTES_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/*
 * What /proc/PID says of one process. Its name is the process's own choice and may hold any byte
 * but NUL: blanks, parentheses and newlines too.
 */
enum { PROCESS_NAME_MAX = 64 }; /* the kernel keeps 15 bytes, of its own threads' names more */

struct process {
	uint64_t pid;	     /* set by the caller: the folder's name */
	struct span name;    /* into the bytes that were parsed */
	struct span command; /* /proc/PID/cmdline, of those whose name may be cut; or empty */
	char state;	     /* R, S, D, Z, … */
	uint64_t threads;
	uint64_t cpu_ticks;   /* user and system; 100 a second */
	uint64_t start_ticks; /* after boot */
	uint64_t rss_pages;
};

/* proc_pid_stat(5): "PID (NAME) STATE …". All but `pid` and `command` is set. */
bool process_parse(struct span stat, struct process *ret_process);

/* Whether the kernel may have cut the process's name short of `name`; then `command` tells. */
bool process_may_be(const struct process *p, struct span name);

/* Whether it goes by that name: its own, or, if that one is cut, its program's or its script's. */
bool process_is(const struct process *p, struct span name);

/* A program that ended, and whose parent did not ask yet, runs no more. */
bool process_runs(const struct process *p);

/* passwd(5): the name of a user, in `passwd`; false when there is none by that number. */
bool passwd_name(struct span passwd, uint64_t uid, struct span *ret_name);

#endif
