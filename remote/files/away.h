#ifndef FLEET_REMOTE_FILES_AWAY_H
#define FLEET_REMOTE_FILES_AWAY_H

#include <stdbool.h>
#include <sys/types.h>

#include "lib/compiler.h"
#include "remote/files/folder.h"

/*
 * Work that may never come back, for a system call that asks a dead server sleeps beyond any
 * signal. A child does it and is left alone after AWAY_MS. It holds a lock on the first of the
 * probe's folders that takes one (flock(2), no file) as long as it lives, so there is no second one
 * of those who share that folder; and nothing else, so that whoever waits for the end of the
 * probe's output does not wait for it.
 */
enum { AWAY_MS = 200 };

/* Writes to `fd` what it finds, in the child. */
typedef void away_work(int fd, const void *data);

/* LATE: it was not done in time, and could be ended. STUCK: it, or one of an earlier run, is still
 * there. */
enum away_end { AWAY_DONE, AWAY_LATE, AWAY_STUCK };

/* What the child wrote, whole or not. -1 when there can be no child: no folder takes a lock, or
 * there is no process to be had. */
ssize_t away_read(const struct folders *folders, away_work *work, const void *data, char *out,
	size_t size, enum away_end *ret_end) MUST_CHECK;

#endif
