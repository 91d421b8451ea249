#include "remote/files/away.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "remote/files/io.h"

enum {
	INHERITED_MAX = 256,
	REAP_MS = 50,
	LOCK_MS = AWAY_MS + 2 * REAP_MS, /* more than another's child is left to live */
};

static void pause_ms(long ms)
{
	const struct timespec pause = { .tv_nsec = ms * 1000000 };
	(void)nanosleep(&pause, NULL);
}

/* Another probe's child may be about its work, and done with it as soon as ours would be. */
static int lock_in_time(int fd)
{
	int64_t until = io_clock_ms(CLOCK_MONOTONIC) + LOCK_MS;
	int rc;
	while ((rc = flock(fd, LOCK_EX | LOCK_NB)) < 0 && errno == EWOULDBLOCK &&
		io_clock_ms(CLOCK_MONOTONIC) < until)
		pause_ms(5);
	return rc;
}

/* The first folder that can be locked; NFS for one may refuse. */
static int take_lock(const struct folders *folders, bool *ret_stuck)
{
	for (size_t i = 0; i < folders->count; i++) {
		int fd = folder_open(&folders->items[i], true);
		if (fd < 0)
			continue;
		if (lock_in_time(fd) == 0)
			return fd;
		*ret_stuck = errno == EWOULDBLOCK;
		(void)close(fd);
		if (*ret_stuck)
			return -1;
	}
	return -1;
}

static void __attribute__((noreturn))
be_the_child(int lock_fd, int fd, away_work *work, const void *data)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int other = 0; other < INHERITED_MAX; other++)
		if (other != lock_fd && other != fd)
			(void)close(other);
	work(fd, data);
	_exit(0);
}

/* Returns the length; *ret_end stays as it is when there would have been more to wait for. */
static size_t read_in_time(int fd, char *out, size_t size, enum away_end *ret_end)
{
	int64_t until = io_clock_ms(CLOCK_MONOTONIC) + AWAY_MS;
	size_t len = 0;
	while (len < size) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - io_clock_ms(CLOCK_MONOTONIC);
		int ready = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (ready < 0 && errno == EINTR)
			continue;
		ssize_t n = ready > 0 ? read(fd, out + len, size - len) : -1;
		if (n < 0)
			return len;
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_end = AWAY_DONE;
	return len;
}

/* Whether it could be ended. */
static bool is_over(pid_t child)
{
	int64_t until = io_clock_ms(CLOCK_MONOTONIC) + REAP_MS;
	(void)kill(child, SIGKILL);
	do {
		if (waitpid(child, NULL, WNOHANG) != 0)
			return true;
		pause_ms(1);
	} while (io_clock_ms(CLOCK_MONOTONIC) < until);
	return false;
}

static ssize_t run_child(int lock_fd, away_work *work, const void *data, char *out, size_t size,
	enum away_end *ret_end)
{
	int ends[2];
	ssize_t len = -1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	pid_t child = fork();
	if (child == 0)
		be_the_child(lock_fd, ends[1], work, data);
	(void)close(ends[1]);
	if (child > 0) {
		*ret_end = AWAY_LATE;
		len = (ssize_t)read_in_time(ends[0], out, size, ret_end);
		*ret_end = is_over(child) ? *ret_end : AWAY_STUCK;
	}
	(void)close(ends[0]);
	return len;
}

ssize_t away_read(const struct folders *folders, away_work *work, const void *data, char *out,
	size_t size, enum away_end *ret_end)
{
	bool is_stuck = false;
	int lock_fd = take_lock(folders, &is_stuck);
	*ret_end = is_stuck ? AWAY_STUCK : AWAY_DONE;
	if (lock_fd < 0)
		return is_stuck ? 0 : -1;
	ssize_t len = run_child(lock_fd, work, data, out, size, ret_end);
	(void)close(lock_fd);
	return len;
}
