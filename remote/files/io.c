#include "remote/files/io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

int64_t io_clock_ms(clockid_t clock)
{
	struct timespec t = { 0 };
	(void)clock_gettime(clock, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A driver that says EAGAIN once may say it for ever, and there is nothing to wait for. */
ssize_t io_read_some(int fd, char *out, size_t size)
{
	ssize_t n;
	do
		n = read(fd, out, size);
	while (n < 0 && errno == EINTR);
	return n;
}

/* For a file of /proc/sys the kernel clears as much memory as is asked for. */
enum { READ_MAX = 16 << 10 };

static ssize_t read_all(int fd, char *out, size_t size)
{
	size_t len = 0;
	ssize_t n = 1;
	while (len < size && n > 0) {
		n = io_read_some(fd, out + len, size - len < READ_MAX ? size - len : READ_MAX);
		len += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? -1 : (ssize_t)len;
}

/* Of what was opened, or -1; closes it. */
static ssize_t take_all(int fd, char *out, size_t size)
{
	if (fd < 0)
		return -1;
	ssize_t n = read_all(fd, out, size);
	(void)close(fd);
	return n;
}

ssize_t io_read_file(int dir_fd, const char *path, char *out, size_t size)
{
	return take_all(
		openat(dir_fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), out, size);
}

static int open_to_read(int dir_fd, const char *path)
{
	return openat(dir_fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

/* By way of a descriptor that opens nothing yet, so that what is looked at is what is opened. */
int io_open_regular(int dir_fd, const char *path)
{
	char found[32];
	struct stat st;
	int fd = -1, path_fd = openat(dir_fd, path, O_PATH | O_CLOEXEC);
	if (path_fd < 0)
		return -1;
	(void)snprintf(found, sizeof found, "/proc/self/fd/%d", path_fd);
	errno = ENOTSUP;
	if (fstat(path_fd, &st) == 0 && S_ISREG(st.st_mode))
		fd = open_to_read(AT_FDCWD, found);
	(void)close(path_fd);
	return fd;
}

ssize_t io_read_regular(int dir_fd, const char *path, char *out, size_t size)
{
	return take_all(io_open_regular(dir_fd, path), out, size);
}

ssize_t io_read_start(int dir_fd, const char *path, char *out, size_t size)
{
	int fd = open_to_read(dir_fd, path);
	if (fd < 0)
		return -1;
	ssize_t n = io_read_some(fd, out, size);
	(void)close(fd);
	return n;
}

bool io_path(struct span folder, struct span file, char out[static PATH_MAX])
{
	static const struct span slash = { "/", 1 };
	if (folder.len + 1 + file.len >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return false;
	}
	*span_copy(file, span_copy(slash, span_copy(folder, out))) = 0;
	return true;
}

/* getdents64(2); opendir(3) would allocate. */
struct entry {
	uint64_t inode;
	int64_t offset;
	uint16_t length;
	uint8_t type;
	char name[];
};

int io_each_name(int dir_fd, io_take_name *take, void *context)
{
	_Alignas(struct entry) char entries[4096];
	long n;
	while ((n = syscall(SYS_getdents64, dir_fd, entries, sizeof entries)) > 0)
		for (long at = 0; at < n;) {
			const struct entry *e = (const struct entry *)(entries + at);
			at += e->length;
			take(context, e->name);
		}
	return n < 0 ? -1 : 0;
}

struct listing {
	char *out;
	size_t len, size;
};

static void append_name(void *context, const char *name)
{
	struct listing *l = context;
	size_t len = strlen(name);
	if (len >= l->size - l->len || strchr(name, '\n'))
		return;
	memcpy(l->out + l->len, name, len);
	l->len += len + 1;
	l->out[l->len - 1] = '\n';
}

ssize_t io_list_fd(int dir_fd, char *out, size_t size)
{
	struct listing l = { .out = out, .size = size };
	return io_each_name(dir_fd, append_name, &l) < 0 ? -1 : (ssize_t)l.len;
}

/* Says whether the call is to be made again, after waiting where that is what it takes. */
static bool is_again(int fd, short events)
{
	if (errno == EAGAIN) {
		struct pollfd p = { .fd = fd, .events = events };
		(void)poll(&p, 1, -1); /* the alarm bounds it */
		return true;
	}
	return errno == EINTR;
}

int io_write(int fd, const void *data, size_t len)
{
	const char *at = data;
	while (len > 0) {
		ssize_t n = write(fd, at, len);
		if (n < 0 && !is_again(fd, POLLOUT))
			return -1;
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

static ssize_t wait_and_read(int fd, char *out, size_t size)
{
	ssize_t n;
	do
		n = read(fd, out, size);
	while (n < 0 && is_again(fd, POLLIN));
	return n;
}

char *io_next_line(struct io_lines *in)
{
	memmove(in->data, in->data + in->taken, in->len - in->taken);
	in->len -= in->taken;
	in->taken = 0;
	for (;;) {
		char *end = memchr(in->data, '\n', in->len);
		if (end) {
			*end = 0;
			in->taken = (size_t)(end - in->data) + 1;
			return in->data;
		}
		if (in->at_end || in->len == sizeof in->data)
			return NULL;
		ssize_t n = wait_and_read(in->fd, in->data + in->len, sizeof in->data - in->len);
		in->at_end = n <= 0;
		in->len += n > 0 ? (size_t)n : 0;
	}
}
