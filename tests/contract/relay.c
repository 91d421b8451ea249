#include "tests/contract/relay.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	return a;
}

static int connect_to(const char *path)
{
	struct sockaddr_un a = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	return connect(fd, (struct sockaddr *)&a, sizeof a) ? -1 : fd;
}

/* A packet of the protocol: three bytes of length, one of sequence, then 3 for a query. */
static bool is_commit(const char *data, ssize_t len)
{
	return len >= 11 && memcmp(data,
				    "\x07\0\0\0\x03"
				    "COMMIT",
				    11) == 0;
}

static bool forward(int from, int to, char *data, size_t size, ssize_t *ret_len)
{
	*ret_len = read(from, data, size);
	return *ret_len > 0 && write(to, data, (size_t)*ret_len) == *ret_len;
}

struct plan {
	enum relay_cut cut;
	int skip, cuts; /* commits still to be let through, then to be cut */
};

/* Whether this is a commit to be cut. */
static bool takes(struct plan *p, const char *data, ssize_t len)
{
	if (!is_commit(data, len) || p->skip-- > 0)
		return false;
	return p->cuts-- > 0;
}

/* One connection, until either side or a cut ends it. */
static void serve(struct plan *p, int client, int server)
{
	static char data[1 << 16];
	struct pollfd fds[] = { { client, POLLIN, 0 }, { server, POLLIN, 0 } };
	ssize_t len;
	while (poll(fds, 2, -1) > 0) {
		if (fds[1].revents && !forward(server, client, data, sizeof data, &len))
			return;
		if (!fds[0].revents)
			continue;
		len = read(client, data, sizeof data);
		bool is_cut = takes(p, data, len);
		if (len <= 0 || (is_cut && p->cut == CUT_BEFORE))
			return;
		if (write(server, data, (size_t)len) != len)
			return;
		if (is_cut) { /* it is done when the server answers */
			len = read(server, data, sizeof data);
			return;
		}
	}
}

pid_t relay_start(const char *path, const char *server, enum relay_cut cut, int skip, int cuts)
{
	struct sockaddr_un a = address_of(path);
	struct plan plan = { cut, skip, cuts };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	(void)unlink(path);
	if (bind(listener, (struct sockaddr *)&a, sizeof a) || listen(listener, 8))
		return -1;
	pid_t pid = fork();
	if (pid != 0) {
		close(listener);
		return pid;
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;) {
		int client = accept(listener, NULL, NULL), to = connect_to(server);
		if (client >= 0 && to >= 0)
			serve(&plan, client, to);
		close(client);
		close(to);
	}
}
