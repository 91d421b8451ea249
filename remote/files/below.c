#include "remote/files/below.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/openat2.h, which not every C library brings. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
enum { NO_MAGIC_LINKS = 0x02, IN_ROOT = 0x10, LINKS_MAX = 8, TRIES = 8 };
struct how {
	uint64_t flags, mode, resolve;
};

static int open_below(const char *root, const char *path)
{
	struct how how = { .flags = O_PATH | O_CLOEXEC, .resolve = IN_ROOT | NO_MAGIC_LINKS };
	int root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root_fd < 0)
		return -1;
	long fd = -1;
	errno = EAGAIN; /* which it says when something was renamed meanwhile */
	for (int i = 0; i < TRIES && fd < 0 && errno == EAGAIN; i++)
		fd = syscall(SYS_openat2, root_fd, path, &how, sizeof how);
	(void)close(root_fd);
	return (int)fd;
}

static bool name_of(int fd, char out[static PATH_MAX])
{
	char link[32];
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, out, PATH_MAX);
	if (n < 0 || n == PATH_MAX) {
		errno = n < 0 ? errno : ENAMETOOLONG;
		return false;
	}
	out[n] = 0;
	return true;
}

static bool join(const char *root, const char *path, int path_len, char out[static PATH_MAX])
{
	int len = snprintf(out, PATH_MAX, "%s%.*s", root, path_len, path);
	errno = ENAMETOOLONG;
	return len >= 0 && len < PATH_MAX;
}

static bool follow(const char *root, const char *path, char out[static PATH_MAX])
{
	char target[PATH_MAX];
	if (!join(root, path, PATH_MAX, out))
		return false;
	for (int links = 0; links < LINKS_MAX; links++) {
		ssize_t n = readlink(out, target, sizeof target);
		if (n <= 0 || target[0] != '/')
			return true;
		if (!join(root, target, (int)n, out))
			return false;
	}
	errno = ELOOP;
	return false;
}

/* EPERM is what containers say to calls that they do not know. */
bool below_find(const char *root, const char *path, char out[static PATH_MAX])
{
	int fd = open_below(root, path);
	if (fd < 0)
		return (errno == ENOSYS || errno == EPERM) && follow(root, path, out);
	bool is_named = name_of(fd, out);
	(void)close(fd);
	return is_named;
}
