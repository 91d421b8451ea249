/*
 * In a probe linked with --wrap of what opens: says on standard error what it opened, or tried
 * to, a path a line, so that a floor can do the same.
 */
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int __real_openat64(int dir_fd, const char *path, int flags, ...);
int __wrap_openat64(int dir_fd, const char *path, int flags, ...);
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);

/* What is read or listed, not what is only walked through. */
static void tell(int dir_fd, const char *path, int flags)
{
	char link[32], folder[PATH_MAX] = "";
	if (flags & (O_PATH | O_CREAT))
		return;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", dir_fd);
	if (*path != '/' && readlink(link, folder, sizeof folder - 1) > 0)
		dprintf(STDERR_FILENO, "%s/%s\n", folder, path);
	else
		dprintf(STDERR_FILENO, "%s\n", path);
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
