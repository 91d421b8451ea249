/*
 * In a probe linked with --wrap of what opens: says on standard error what it opened, or tried
 * to, a path a line, so that a floor can do the same.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int __real_openat64(int dir_fd, const char *path, int flags, ...);
int __wrap_openat64(int dir_fd, const char *path, int flags, ...);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

/* Where a descriptor leads, or "". What is the probe's own is the floor's own there. */
static void path_of(int fd, char out[static PATH_MAX])
{
	char link[32], found[PATH_MAX] = "", own[32];
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	int len = snprintf(own, sizeof own, "/proc/%d/", (int)getpid());
	ssize_t n = readlink(link, found, sizeof found - 1);
	if (n > len && strncmp(found, own, (size_t)len) == 0)
		(void)snprintf(out, PATH_MAX, "/proc/self/%s", found + len);
	else
		(void)strcpy(out, found);
}

/* What is read or listed, not what is only walked through; and of what is opened by way of a
 * descriptor the file, for the floor has no such descriptor. */
static void tell(int dir_fd, const char *path, int flags)
{
	char from[PATH_MAX] = "";
	int fd;
	if (flags & (O_PATH | O_CREAT))
		return;
	if (sscanf(path, "/proc/self/fd/%d", &fd) == 1)
		path_of(fd, from);
	else if (*path != '/')
		path_of(dir_fd, from);
	if (*from && *path == '/')
		dprintf(STDERR_FILENO, "%s\n", from);
	else
		dprintf(STDERR_FILENO, "%s%s%s\n", from, *from ? "/" : "", path);
}

int __wrap_openat64(int dir_fd, const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	tell(dir_fd, path, flags);
	return __real_openat64(dir_fd, path, flags, mode);
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	tell(AT_FDCWD, path, flags);
	return __real_open64(path, flags, mode);
}
