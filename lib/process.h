#ifndef FLEET_PROCESS_H
#define FLEET_PROCESS_H

#include <signal.h>
#include <stddef.h>
#include <sys/types.h>

#include "lib/error.h"

/* Sanitizers trace their own process to find leaks, and reserve terabytes of addresses. */
#ifdef __has_feature
#define HAS_ASAN_FEATURE __has_feature(address_sanitizer)
#else
#define HAS_ASAN_FEATURE 0
#endif
#if defined(__SANITIZE_ADDRESS__) || HAS_ASAN_FEATURE
enum { IS_SANITIZED = 1 };
#else
enum { IS_SANITIZED = 0 };
#endif

/*
 * What every program has to see to first, since execve(2) hands on what its parent left it:
 * descriptors 0 to 2 may be closed, and whatever is opened next would take their place; signals
 * may be blocked; children may be reaped unseen (SIGCHLD ignored: wait(2)). A file size limit
 * is an error of write(2), as a full disk is, not a death. Files are private by default, and the
 * memory, which holds passwords, goes into no core dump.
 *
 * A descriptor that was closed becomes /dev/null, opened the other way round: reading from 0 and
 * writing to 1 or 2 fail with EBADF, so that nothing is believed to be told that was not.
 */
void process_prepare(void);

/*
 * The same for a program started by cron: SIGTERM asks for a clean end; a reader that went away
 * is an error of write(2), too.
 *
 * Returns the flag that SIGTERM, SIGINT and SIGHUP set.
 */
const volatile sig_atomic_t *process_setup(void);

/*
 * Starts a process that runs `child` and ends with what that returns, as fork(2) would, but without
 * a copy of this one's memory, which takes the longer the more there is: both have the same, errno
 * included, and this one stands still until the other has made way for a program or is over
 * (clone(2), CLONE_VFORK). So `child` makes calls that are safe in a handler of signals
 * (signal-safety(7)), leaves memory as it is, and has a stack of 32 KiB. It begins with all signals
 * blocked, since handlers are not to run in it. It stays the user that it is: who becomes another
 * changes what core dumps and ptrace(2) may see of the memory, which is this one's as well.
 *
 * For a process of one thread. Returns -1 and errno when none can be started.
 */
pid_t process_spawn(int (*child)(void *arg), void *arg) MUST_CHECK;

/* The folder that the running program's file lies in: what belongs to it was built, or installed,
 * beside. */
int process_folder(char *out, size_t size, struct error *err) MUST_CHECK;

/* Opens (O_PATH) a program of the collector's own that was built or installed with the running one:
 * fleet-helper or fleet-heartbeat. */
int process_open_beside(const char *name, int *ret_fd, struct error *err) MUST_CHECK;

#endif
