#include "lib/ssh/dial.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/ssh/session.h"

/* Returns 0, or an errno value. */
static int wait_connected(int fd, int64_t deadline_ms)
{
	int error = 0;
	socklen_t len = sizeof error;
	for (;;) {
		int64_t left = deadline_ms - clock_monotonic_ms();
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (n == 0)
			return ETIMEDOUT;
		if (n > 0)
			return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0 ? errno
										      : error;
		if (errno != EINTR)
			return errno;
	}
}

/* Returns the socket, or -1 with errno. */
static int connect_to(const struct addrinfo *to, int64_t deadline_ms)
{
	int fd = socket(to->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	int error = connect(fd, to->ai_addr, to->ai_addrlen) == 0 ? 0 : errno;
	if (error == EINPROGRESS)
		error = wait_connected(fd, deadline_ms);
	if (!error)
		return fd;
	(void)close(fd);
	errno = error;
	return -1;
}

/* Leaves each of the remaining addresses the same share of the time that is left. */
static int64_t share(const struct addrinfo *list, int64_t deadline_ms)
{
	int64_t now = clock_monotonic_ms();
	int count = 0;
	for (; list; list = list->ai_next)
		count++;
	return now + (deadline_ms - now) / count;
}

static int connect_any(const struct addrinfo *list, int64_t deadline_ms, char *address)
{
	int fd = -1;
	for (; list && fd < 0; list = list->ai_next) {
		if (getnameinfo(list->ai_addr, list->ai_addrlen, address, DIAL_ADDRESS_SIZE, NULL,
			    0, NI_NUMERICHOST) != 0)
			address[0] = 0;
		fd = connect_to(list, share(list, deadline_ms));
	}
	return fd;
}

int dial(const char *host, uint16_t port, int64_t deadline_ms,
	char address[static DIAL_ADDRESS_SIZE], enum outcome *ret_outcome, enum stage *ret_stage,
	char *reason, size_t size)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	char service[8];
	(void)snprintf(service, sizeof service, "%u", (unsigned)port);
	int rc = getaddrinfo(host, service, &hints, &list);
	if (rc != 0) {
		*ret_outcome = OUTCOME_DNS;
		*ret_stage = STAGE_RESOLVE;
		(void)snprintf(
			reason, size, "%s", rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
		return -1;
	}
	int fd = connect_any(list, deadline_ms, address);
	if (fd < 0) {
		*ret_outcome = ssh_connect_outcome(errno);
		*ret_stage = STAGE_CONNECT;
		(void)snprintf(reason, size, "%s", strerror(errno));
	}
	freeaddrinfo(list);
	return fd;
}
