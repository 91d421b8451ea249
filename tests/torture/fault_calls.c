/*
 * The wrappers themselves: ld sends NAME of our objects to __wrap_NAME, and __real_NAME of ours
 * to NAME. Weak, since no program calls all of them.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <locale.h>
#include <netdb.h>
#include <poll.h>
#include <pwd.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "tests/torture/fault.h"

#define WEAK __attribute__((weak))

typedef int compare(const void *a, const void *b);
typedef int choose(const struct dirent *d);
typedef int order(const struct dirent **a, const struct dirent **b);
typedef int on_error(const char *path, int number);

/* clang-format off */
#define FAIL(name, type, params, args, value, number)	\
	extern WEAK type __real_##name params;		\
	type __wrap_##name params;			\
	type __wrap_##name params			\
	{						\
		if (!FAULT(name))			\
			return __real_##name args;	\
		errno = number;				\
		return value;				\
	}
#define MOVE(name, params, args, number)		\
	extern WEAK ssize_t __real_##name params;	\
	ssize_t __wrap_##name params;			\
	ssize_t __wrap_##name params			\
	{						\
		if (!FAULT(name))			\
			return __real_##name args;	\
		if (fault_is_half()) {			\
			size -= size / 2;		\
			return __real_##name args;	\
		}					\
		errno = number;				\
		return -1;				\
	}
#define HAND(name)
#include "tests/torture/faults.def"
/* clang-format on */

/* ---- what needs more than a row --------------------------------------------------------- */

int __wrap_asprintf(char **out, const char *fmt, ...) PRINTF(2, 3);
int __wrap_asprintf(char **out, const char *fmt, ...)
{
	va_list ap;
	if (FAULT(asprintf)) {
		*out = NULL; /* undefined, says asprintf(3) */
		errno = ENOMEM;
		return -1;
	}
	va_start(ap, fmt);
	int r = vasprintf(out, fmt, ap);
	va_end(ap);
	return r;
}

ssize_t __real_writev(int fd, const struct iovec *parts, int count) WEAK;
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count);
ssize_t __wrap_writev(int fd, const struct iovec *parts, int count)
{
	if (!FAULT(writev))
		return __real_writev(fd, parts, count);
	if (fault_is_half())
		return __real_writev(fd, parts, (count + 1) / 2);
	errno = ENOSPC;
	return -1;
}

/* close(2): the descriptor is gone all the same. */
int __real_close(int fd) WEAK;
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	bool is_due = FAULT(close);
	int r = __real_close(fd);
	if (r < 0 || !is_due)
		return r;
	errno = EIO;
	return -1;
}

static mode_t mode_of(int flags, va_list ap)
{
	return flags & O_CREAT ? va_arg(ap, mode_t) : 0;
}

int __real_open64(const char *path, int flags, mode_t mode) WEAK;
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	if (!FAULT(open64))
		return __real_open64(path, flags, mode);
	errno = EMFILE;
	return -1;
}

int __real_openat64(int dir, const char *path, int flags, mode_t mode) WEAK;
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = mode_of(flags, ap);
	va_end(ap);
	if (!FAULT(openat64))
		return __real_openat64(dir, path, flags, mode);
	errno = EMFILE;
	return -1;
}

int __real_fcntl64(int fd, int what, long value) WEAK;
int __wrap_fcntl64(int fd, int what, ...);
int __wrap_fcntl64(int fd, int what, ...)
{
	va_list ap;
	va_start(ap, what);
	long value = va_arg(ap, long);
	va_end(ap);
	if (!FAULT(fcntl64))
		return __real_fcntl64(fd, what, value);
	errno = what == F_DUPFD || what == F_DUPFD_CLOEXEC ? EMFILE : EINVAL;
	return -1;
}

int __real_prctl(int what, ...) WEAK;
int __wrap_prctl(int what, ...);
int __wrap_prctl(int what, ...)
{
	unsigned long args[4];
	va_list ap;
	va_start(ap, what);
	for (size_t i = 0; i < ARRAY_LEN(args); i++)
		args[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (!FAULT(prctl))
		return __real_prctl(what, args[0], args[1], args[2], args[3]);
	errno = EINVAL;
	return -1;
}

/* Five are passed in registers, whether they are meant or not; a sixth would be on the stack. */
long __real_syscall(long number, ...) WEAK;
long __wrap_syscall(long number, ...);
long __wrap_syscall(long number, ...)
{
	unsigned long args[5];
	va_list ap;
	va_start(ap, number);
	for (size_t i = 0; i < ARRAY_LEN(args); i++)
		args[i] = va_arg(ap, unsigned long);
	va_end(ap);
	if (!FAULT(syscall))
		return __real_syscall(number, args[0], args[1], args[2], args[3], args[4]);
	errno = ENOMEM;
	return -1;
}

/* The processes of a run start with few variables: FLEET_FAULTS goes with them. */
int __real_execveat(
	int fd, const char *path, char *const argv[], char *const envp[], int flags) WEAK;
int __wrap_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags);
int __wrap_execveat(int fd, const char *path, char *const argv[], char *const envp[], int flags)
{
	char *more[64];
	size_t count = 0;
	for (; envp[count] && count < ARRAY_LEN(more) - 2; count++)
		more[count] = envp[count];
	for (char **e = environ; *e; e++)
		if (strncmp(*e, "FLEET_FAULTS=", strlen("FLEET_FAULTS=")) == 0)
			more[count++] = *e;
	more[count] = NULL;
	if (!FAULT(execveat))
		return __real_execveat(fd, path, argv, more, flags);
	errno = ENOMEM;
	return -1;
}
