#include "alerter/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"

int lease_lock(struct lease *l, const struct config *config, bool *ret_busy, struct error *err)
{
	char host[256] = "";
	struct stat st;
	l->lock_fd = open(config->file, O_RDONLY | O_CLOEXEC);
	if (l->lock_fd < 0 || fstat(l->lock_fd, &st) < 0)
		return error_errno(err, "%s", config->file);
	bool busy = flock(l->lock_fd, LOCK_EX | LOCK_NB) < 0;
	if (busy && errno != EWOULDBLOCK)
		return error_errno(err, "%s: lock", config->file);
	(void)gethostname(host, sizeof host - 1);
	(void)snprintf(l->holder, sizeof l->holder, "%s:%ju:%ju", host, (uintmax_t)st.st_dev,
		(uintmax_t)st.st_ino);
	*ret_busy = busy;
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
