/*
 * Debian's libsodium.a was compiled against glibc. These are the symbols that it takes from there
 * and musl does not have: a checked explicit_bzero() of _FORTIFY_SOURCE, and the names that calls
 * with 64-bit offsets and times have on 32-bit machines (Debian 13), which in musl have no others.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

void __explicit_bzero_chk(void *data, size_t len, size_t size);

void __explicit_bzero_chk(void *data, size_t len, size_t size)
{
	if (len > size)
		abort();
	explicit_bzero(data, len);
}

#if __SIZEOF_POINTER__ == 4
#undef open64
#undef mmap64

int open64(const char *path, int flags, ...);
int __fcntl_time64(int fd, int command, ...);
void *mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset);

/* How glibc's struct stat begins there (bits/struct_stat_time64_helper.h); libsodium looks at the
 * mode of a random device, where getrandom(2) is missing. */
struct stat_start {
	uint64_t device, inode;
	uint32_t mode;
};
int __fstat64_time64(int fd, struct stat_start *ret_stat);

int open64(const char *path, int flags, ...)
{
	va_list more;
	va_start(more, flags);
	mode_t mode = flags & O_CREAT ? va_arg(more, mode_t) : 0;
	va_end(more);
	return open(path, flags, mode);
}

int __fcntl_time64(int fd, int command, ...)
{
	va_list more;
	va_start(more, command);
	long argument = va_arg(more, long);
	va_end(more);
	return fcntl(fd, command, argument);
}

void *mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	return mmap(at, len, protection, flags, fd, offset);
}

int __fstat64_time64(int fd, struct stat_start *ret_stat)
{
	struct stat s;
	if (fstat(fd, &s) < 0)
		return -1;
	*ret_stat = (struct stat_start){ s.st_dev, s.st_ino, s.st_mode };
	return 0;
}
#endif
