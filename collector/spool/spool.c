/*
 * The folder between pollers and ingest. A file there is either whole under its own name or
 * has a tmp- name; what an outage of the database leaves is simply taken by the next run.
 */
#include "collector/spool/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

enum { INDEX_MAX = 9999 };

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

/* Only what is longer is cut: blocks that stay need not be found again. */
static int cut(int fd, size_t len)
{
	return lseek(fd, 0, SEEK_END) > (off_t)len ? ftruncate(fd, (off_t)len) : 0;
}

/* Writes head and body over the file of that name, or to a new one. */
static int write_file(int dir_fd, const char *name, struct iovec parts[static 2], struct error *err)
{
	size_t len = parts[0].iov_len + parts[1].iov_len;
	int fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "spool: %s", name);
	if (write_parts(fd, parts) < 0 || cut(fd, len) < 0) {
		error_errno(err, "spool: %s", name);
		(void)close(fd);
		return -1;
	}
	if (close(fd) < 0)
		return error_errno(err, "spool: %s", name);
	return 0;
}

static void name_spare(char name[static SPOOL_NAME_MAX], const char *folder, uint32_t spare)
{
	(void)snprintf(name, SPOOL_NAME_MAX, "%s%" PRIu32, folder, spare);
}

int spool_name_sealed(int from_fd, const char *from, int to_fd, uint64_t attempt_id, uint32_t index,
	struct error *err)
{
	char name[SPOOL_NAME_MAX];
	for (; index <= INDEX_MAX; index++) {
		(void)snprintf(name, sizeof name, "%016" PRIx64 "-%02" PRIu32 ".sealed", attempt_id,
			index);
		if (renameat2(from_fd, from, to_fd, name, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return error_errno(err, "spool: %s", name);
}

int spool_put(int inbox_fd, const struct spool_head *head, uint32_t index, uint32_t spare,
	const void *sealed, struct error *err)
{
	char line[SPOOL_LINE_MAX], temporary[SPOOL_NAME_MAX];
	int len = spool_format_head(head, line, sizeof line);
	if (len < 0 || index > INDEX_MAX)
		return error_set(err, "spool: the name of the client is too long");
	name_spare(temporary, "", spare);
	struct iovec parts[2] = {
		{ .iov_base = line, .iov_len = (size_t)len },
		{ .iov_base = (void *)(uintptr_t)sealed, .iov_len = head->length },
	};
	if (write_file(inbox_fd, temporary, parts, err) == 0 &&
		spool_name_sealed(inbox_fd, temporary, inbox_fd, head->attempt_id, index, err) == 0)
		return 0;
	(void)unlinkat(inbox_fd, temporary, 0);
	return -1;
}

int spool_release(int spool_fd, const char *name, struct spool_spares *spares, struct error *err)
{
	char spare[SPOOL_NAME_MAX];
	while (spares->next < spares->end) {
		name_spare(spare, "in/", spares->next++);
		if (renameat2(spool_fd, name, spool_fd, spare, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return spool_remove(spool_fd, name, err);
}

void spool_trim_spares(int spool_fd, const struct spool_spares *spares)
{
	char spare[SPOOL_NAME_MAX];
	uint32_t i = spares->end;
	do
		name_spare(spare, "in/", i++);
	while (unlinkat(spool_fd, spare, 0) == 0);
}

int spool_sync(int spool_fd, struct error *err)
{
	if (syncfs(spool_fd) < 0)
		return error_errno(err, "spool: sync");
	return 0;
}

static void name_outcomes(char out[static SPOOL_NAME_MAX], uint64_t cycle_id, uint32_t poller)
{
	(void)snprintf(
		out, SPOOL_NAME_MAX, "%016" PRIx64 "-%02" PRIu32 ".outcomes", cycle_id, poller);
}

void spool_remove_outcomes(int spool_fd, uint64_t cycle_id, uint32_t poller)
{
	char name[SPOOL_NAME_MAX];
	name_outcomes(name, cycle_id, poller);
	(void)unlinkat(spool_fd, name, 0); /* what stays is taken for a killed run's */
}

int spool_open_outcomes(
	int spool_fd, uint64_t cycle_id, uint32_t poller, int *ret_fd, struct error *err)
{
	char name[SPOOL_NAME_MAX];
	name_outcomes(name, cycle_id, poller);
	int fd = openat(
		spool_fd, name, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "spool: %s", name);
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

int spool_put_cycle(int spool_fd, const struct spool_cycle *c, struct error *err)
{
	char line[SPOOL_LINE_MAX], temporary[SPOOL_NAME_MAX], name[SPOOL_NAME_MAX];
	int len = spool_format_cycle(c, line, sizeof line);
	if (len < 0)
		return error_set(err, "spool: cycle line too long");
	(void)snprintf(temporary, sizeof temporary, "tmp-%016" PRIx64 "-cycle", c->id);
	(void)snprintf(name, sizeof name, "%016" PRIx64 "-00.cycle", c->id);
	struct iovec parts[2] = { { .iov_base = line, .iov_len = (size_t)len } };
	if (write_file(spool_fd, temporary, parts, err) < 0)
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
