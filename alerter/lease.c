#include "alerter/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"

/* Others may not open it: whoever can read a file can keep its lock. */
static int open_lock(const struct config *config, struct error *err)
{
	char *path = path_join(config->dir, "alerter.lock");
	if (!path)
		return error_no_memory(err);
	int fd = open(
		path, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (fd < 0)
		(void)error_errno(err, "%s", path);
	free(path);
	return fd;
}

/* Without the lock no other process may go on with our lease. */
static void name_holder(struct lease *l)
{
	char host[256] = "";
	struct stat st;
	(void)gethostname(host, sizeof host - 1);
	if (l->lock_fd >= 0 && fstat(l->lock_fd, &st) == 0)
		(void)snprintf(l->holder, sizeof l->holder, "%s:%ju:%ju", host,
			(uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	else
		(void)snprintf(l->holder, sizeof l->holder, "%s:%ld at %" PRId64, host,
			(long)getpid(), clock_wall_ms());
}

/* Leaves the mark that this run was refused and counts them. */
static uint32_t count_refused(int fd)
{
	struct stat st;
	return write(fd, ".", 1) == 1 && fstat(fd, &st) == 0 ? (uint32_t)st.st_size : 0;
}

int lease_lock(struct lease *l, const struct config *config, bool *ret_busy, struct error *err)
{
	*ret_busy = false;
	l->lock_fd = open_lock(config, err);
	if (l->lock_fd < 0)
		log_info("the lease alone keeps other alerters away: %s", err->text);
	name_holder(l);
	if (l->lock_fd < 0)
		return 0;
	if (flock(l->lock_fd, LOCK_EX | LOCK_NB) == 0)
		return ftruncate(l->lock_fd, 0) < 0 ? error_errno(err, "alerter.lock") : 0;
	if (errno != EWOULDBLOCK)
		return error_errno(err, "alerter.lock");
	*ret_busy = true;
	l->refused = count_refused(l->lock_fd);
	return 0;
}

int lease_take(struct lease *l, struct storage *storage, bool *ret_busy, struct error *err)
{
	uint64_t epoch = 0;
	if (storage_take_lease(storage, l->holder, clock_wall_ms(), LEASE_MS, &epoch, err) < 0)
		return error_context(err, "lease");
	*ret_busy = epoch == 0;
	l->storage = storage;
	l->epoch = epoch;
	l->taken_ms = clock_monotonic_ms();
	return 0;
}

int lease_keep(struct lease *l, struct error *err)
{
	bool busy = false;
	uint64_t epoch = l->epoch;
	if (clock_monotonic_ms() - l->taken_ms < LEASE_MS / 3)
		return 0;
	if (lease_take(l, l->storage, &busy, err) < 0)
		return -1;
	return busy || l->epoch != epoch ? lease_lost(err) : 0;
}

int lease_lost(struct error *err)
{
	return error_set(err, "another alerter has taken over");
}

void lease_finish(struct lease *l)
{
	struct error ignored;
	if (l->epoch != 0 && storage_drop_lease(l->storage, l->epoch, &ignored) < 0)
		l->epoch = 0; /* it ends by itself */
	if (l->lock_fd >= 0)
		(void)close(l->lock_fd);
}
