/*
 * The files between pollers and ingest. One is whole under its own name, or is appended to, or has
 * a tmp- name; what an outage of the database leaves is simply taken by the next run.
 */
#include "collector/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

/* What is left of `parts` after a failure was not written. */
static int write_parts(int fd, struct iovec parts[static 2])
{
	while (parts[0].iov_len + parts[1].iov_len > 0) {
		ssize_t n = writev(fd, parts, 2);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		for (int i = 0; i < 2; i++) {
			size_t took = (size_t)n < parts[i].iov_len ? (size_t)n : parts[i].iov_len;
			parts[i].iov_base = (char *)parts[i].iov_base + took;
			parts[i].iov_len -= took;
			n -= (ssize_t)took;
		}
	}
	return 0;
}

int spool_put(int frames_fd, const struct spool_head *head, const void *sealed, bool *torn,
	struct error *err)
{
	char line[SPOOL_LINE_MAX];
	int len = spool_format_head(head, line, sizeof line);
	if (len < 0)
		return error_set(err, "spool: the name of the client is too long");
	if (*torn)
		return error_set(
			err, "spool: an earlier report did not get onto the disk as a whole");
	struct iovec parts[2] = {
		{ .iov_base = line, .iov_len = (size_t)len },
		{ .iov_base = (void *)(uintptr_t)sealed, .iov_len = head->length },
	};
	if (write_parts(frames_fd, parts) == 0)
		return 0;
	*torn = parts[0].iov_len < (size_t)len;
	return error_errno(err, "spool: a report");
}

int spool_sync(int frames_fd, struct error *err)
{
	if (fdatasync(frames_fd) < 0)
		return error_errno(err, "spool: sync");
	return 0;
}

static void name_file(
	char out[static SPOOL_NAME_MAX], uint64_t cycle_id, uint32_t poller, const char *suffix)
{
	(void)snprintf(
		out, SPOOL_NAME_MAX, "%016" PRIx64 "-%02" PRIu32 "%s", cycle_id, poller, suffix);
}

static const char frames[] = ".frames", outcomes[] = ".outcomes";

void spool_remove_files(int spool_fd, uint64_t cycle_id, uint32_t poller)
{
	char name[SPOOL_NAME_MAX];
	name_file(name, cycle_id, poller, outcomes);
	(void)unlinkat(spool_fd, name, 0); /* what stays is taken for a killed run's */
	name_file(name, cycle_id, poller, frames);
	(void)unlinkat(spool_fd, name, 0);
}

static int open_appended(
	int spool_fd, uint64_t cycle_id, uint32_t poller, const char *suffix, struct error *err)
{
	char name[SPOOL_NAME_MAX];
	name_file(name, cycle_id, poller, suffix);
	int fd = openat(
		spool_fd, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		(void)error_errno(err, "spool: %s", name);
	return fd;
}

int spool_open_outcomes(
	int spool_fd, uint64_t cycle_id, uint32_t poller, int *ret_fd, struct error *err)
{
	int fd = open_appended(spool_fd, cycle_id, poller, outcomes, err);
	if (fd < 0)
		return -1;
	*ret_fd = fd;
	return 0;
}

int spool_open_frames(
	int spool_fd, uint64_t cycle_id, uint32_t poller, int *ret_fd, struct error *err)
{
	int fd = open_appended(spool_fd, cycle_id, poller, frames, err);
	if (fd < 0)
		return -1;
	if (fsync(spool_fd)) {
		(void)error_errno(err, "spool");
		(void)close(fd);
		return -1;
	}
	*ret_fd = fd;
	return 0;
}

int spool_put_outcome(int outcomes_fd, const struct spool_outcome *o, struct error *err)
{
	char line[SPOOL_LINE_MAX];
	int len = spool_format_outcome(o, line, sizeof line);
	if (len < 0)
		return error_set(err, "spool: outcome line too long");
	ssize_t n;
	do
		n = write(outcomes_fd, line, (size_t)len);
	while (n < 0 && errno == EINTR);
	if (n == len)
		return 0;
	if (n < 0)
		return error_errno(err, "spool: outcome line");
	off_t end = lseek(outcomes_fd, 0, SEEK_CUR);
	if (end < n || ftruncate(outcomes_fd, end - n) < 0)
		return error_errno(err, "spool: outcome line cut");
	return error_set(err, "spool: outcome line: the disk is full");
}

static int write_line(
	int spool_fd, const char *name, const char *line, size_t len, struct error *err)
{
	struct iovec parts[2] = { { .iov_base = (void *)(uintptr_t)line, .iov_len = len } };
	int fd =
		openat(spool_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	int r = fd < 0 || write_parts(fd, parts) ? error_errno(err, "spool: %s", name) : 0;
	if (fd >= 0 && close(fd) && r == 0)
		r = error_errno(err, "spool: %s", name);
	return r;
}

int spool_put_cycle(int spool_fd, const struct spool_cycle *c, struct error *err)
{
	char line[SPOOL_LINE_MAX], temporary[SPOOL_NAME_MAX], name[SPOOL_NAME_MAX];
	int len = spool_format_cycle(c, line, sizeof line);
	if (len < 0)
		return error_set(err, "spool: cycle line too long");
	(void)snprintf(temporary, sizeof temporary, "tmp-%016" PRIx64 "-cycle", c->id);
	(void)snprintf(name, sizeof name, "%016" PRIx64 "-00.cycle", c->id);
	if (write_line(spool_fd, temporary, line, (size_t)len, err) < 0)
		return -1;
	if (renameat(spool_fd, temporary, spool_fd, name) < 0)
		return error_errno(err, "spool: %s", name);
	return 0;
}

int spool_read(int spool_fd, const char *name, struct buffer *out, struct error *err)
{
	int fd = openat(spool_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "spool: %s", name);
	for (;;) {
		char *to = buffer_reserve(out, 65536);
		ssize_t n = to ? read(fd, to, 65536) : -1;
		if (n > 0) {
			out->len += (size_t)n;
			out->data[out->len] = 0;
		} else if (n == 0 || !to || errno != EINTR) {
			int saved = errno;
			if (n < 0)
				error_errno(err, "spool: %s", name);
			(void)close(fd);
			errno = saved;
			return n == 0 ? 0 : -1;
		}
	}
}

int spool_remove(int spool_fd, const char *name, struct error *err)
{
	if (unlinkat(spool_fd, name, 0) < 0 && errno != ENOENT)
		return error_errno(err, "spool: %s", name);
	return 0;
}
