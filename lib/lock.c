#include "lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/clock.h"

/* Whoever held it before removed it, perhaps between our open(2) and flock(2): then another
 * file, or none, has its name now. */
static bool is_still_there(int fd, const char *path)
{
	struct stat held, named;
	return fstat(fd, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino;
}

/* The descriptor, or -1 with errno: EWOULDBLOCK when another has it. */
static int try(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	int r = flock(fd, LOCK_EX | LOCK_NB);
	if (r == 0 && is_still_there(fd, path))
		return fd;
	int saved = r < 0 && errno != EINTR ? errno : EWOULDBLOCK;
	(void)close(fd);
	errno = saved;
	return -1;
}

static int wait_for(const char *path)
{
	const struct timespec nap = { .tv_nsec = 5000000 };
	int64_t until_ms = clock_monotonic_ms() + LOCK_WAIT_MS;
	int fd;
	while ((fd = try(path)) < 0 && errno == EWOULDBLOCK && clock_monotonic_ms() < until_ms)
		(void)nanosleep(&nap, NULL);
	return fd;
}

int lock_take(struct lock *ret_lock, const char *path, struct error *err)
{
	struct lock l = { 0 };
	if (asprintf(&l.path, "%s.lock", path) < 0)
		return error_errno(err, "%s", path);
	l.fd = wait_for(l.path);
	if (l.fd >= 0) {
		*ret_lock = l;
		return 0;
	}
	if (errno == EWOULDBLOCK)
		(void)error_set(err, "%s: another program holds it; try again", l.path);
	else
		(void)error_errno(err, "%s: cannot be locked", l.path);
	free(l.path);
	return -1;
}

void lock_release(struct lock *l)
{
	int saved = errno;
	if (l->path) {
		(void)unlink(l->path); /* while it is held: nobody else's goes */
		(void)close(l->fd);
	}
	free(l->path);
	*l = (struct lock){ 0 };
	errno = saved;
}
