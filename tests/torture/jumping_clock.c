/*
 * A wall clock that a test moves while a program runs, in all its processes: linked into the
 * program, this stands before the C library's. The file `clock` beside the program holds the
 * milliseconds by which it is off, 8 bytes in the order of the machine; it is mapped at the start,
 * while files can be opened.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "lib/process.h"

static const _Atomic int64_t *off_ms;

__attribute__((constructor)) static void map_offset(void)
{
	char folder[4096], path[sizeof folder + sizeof "/clock"];
	if (process_folder(folder, sizeof folder, NULL))
		return;
	(void)snprintf(path, sizeof path, "%s/clock", folder);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	void *map = mmap(NULL, sizeof *off_ms, PROT_READ, MAP_SHARED, fd, 0);
	off_ms = map == MAP_FAILED ? NULL : map;
	(void)close(fd);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	int r = (int)syscall(SYS_clock_gettime, id, t);
	if (r == 0 && id == CLOCK_REALTIME && off_ms)
		t->tv_sec += atomic_load(off_ms) / 1000;
	return r;
}

int gettimeofday(struct timeval *restrict tv, void *restrict zone)
{
	struct timespec t;
	(void)zone;
	if (clock_gettime(CLOCK_REALTIME, &t))
		return -1;
	*tv = (struct timeval){ t.tv_sec, t.tv_nsec / 1000 };
	return 0;
}

time_t time(time_t *ret_time)
{
	struct timespec t = { 0 };
	(void)clock_gettime(CLOCK_REALTIME, &t);
	if (ret_time)
		*ret_time = t.tv_sec;
	return t.tv_sec;
}
