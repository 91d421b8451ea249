/*
 * Asks the system bus what systemd's properties are. Everything is sent at once, nothing is
 * waited for longer than ASK_MS, and there is no wait to be let in: a bus that is too busy is not
 * bothered.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "remote/bytes/bus.h"
#include "remote/collect.h"
#include "remote/files/io.h"
#include "remote/sources.h"

enum { ASK_MS = 500 };

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof address.sun_path)
		return -1;
	(void)strcpy(address.sun_path, path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* The request is smaller than any socket's buffer. */
static bool ask(int fd)
{
	char request[BUS_REQUEST_MAX];
	size_t len = bus_request((unsigned)geteuid(), request);
	return send(fd, request, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* Everything that came until it says no more than it needs to. */
static size_t listen_to(int fd, char *out, size_t size)
{
	struct bus_value values[BUS_QUESTIONS];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left, deadline = io_clock_ms(CLOCK_MONOTONIC) + ASK_MS;
	size_t len = 0;
	while (len < size && (left = deadline - io_clock_ms(CLOCK_MONOTONIC)) > 0) {
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			break;
		ssize_t n = recv(fd, out + len, size - len, 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			break;
		len += n > 0 ? (size_t)n : 0;
		if (bus_answers((struct span){ out, len }, values))
			break;
	}
	return len;
}

ssize_t gather_systemd(struct collect *c, const struct source *s, char *out, size_t size)
{
	char path[PATH_MAX];
	int fd = collect_path(c, s->path, path) ? dial(path) : -1;
	if (fd < 0)
		return -1;
	size_t room = size < 2 * BUS_MESSAGE_MAX ? size : 2 * BUS_MESSAGE_MAX;
	size_t len = ask(fd) ? listen_to(fd, out, room) : 0;
	(void)close(fd);
	return (ssize_t)len;
}
