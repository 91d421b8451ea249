#ifndef FLEET_LOCK_H
#define FLEET_LOCK_H

#include "lib/error.h"

/*
 * Who reads a file, changes it and puts it back, or adds to it, holds its lock meanwhile, so that
 * of many programs at once none loses another's changes.
 *
 * flock(2) of a file of its own beside it, PATH.lock, that nobody else may open: whoever can open
 * what is locked can lock it as well, and a folder or a known_hosts may be anybody's to read. Not
 * of the file itself, which a rename replaces. It goes when it is released, and holds nobody up
 * when it was left by a program that was killed.
 */
struct lock {
	int fd;
	char *path; /* NULL: not taken */
};

enum { LOCK_WAIT_MS = 3000 };

/* Waits at most LOCK_WAIT_MS for those who hold it. On failure there is nothing to release. */
int lock_take(struct lock *ret_lock, const char *path, struct error *err) MUST_CHECK;

/* For CLEANUP() of a zeroed one; keeps errno. */
void lock_release(struct lock *l);

#endif
