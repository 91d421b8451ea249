#include "tests/fleetsim/relay.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RELAY_MAX = 64 << 10 };

static void fill(struct relay *r, int fd, struct buffer *b)
{
	char data[16 << 10];
	while (b->len + sizeof data <= RELAY_MAX) {
		ssize_t n = recv(fd, data, sizeof data, MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0 || buffer_append(b, data, (size_t)n) < 0) {
			r->is_over = true;
			return;
		}
	}
}

static void empty(struct relay *r, int fd, struct buffer *b, size_t most)
{
	while (b->len && most) {
		size_t len = b->len < most ? b->len : most;
		ssize_t n = send(fd, b->data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			r->is_over = r->is_over || errno != EAGAIN;
			return;
		}
		buffer_consume(b, (size_t)n);
		most -= (size_t)n;
	}
}

static uint32_t interest(const struct buffer *in, const struct buffer *out, bool may_write)
{
	return (in->len < RELAY_MAX / 2 ? EPOLLIN : 0U) | (out->len && may_write ? EPOLLOUT : 0U);
}

/* The server notices, and ends the connection with this relay. */
static void hang_up(struct relay *r)
{
	(void)epoll_ctl(r->net.epoll, EPOLL_CTL_DEL, r->net.fd, NULL);
	(void)epoll_ctl(r->net.epoll, EPOLL_CTL_DEL, r->inner.fd, NULL);
	(void)shutdown(r->inner.fd, SHUT_RDWR);
}

static void pass(void *owner, uint32_t events)
{
	struct relay *r = owner;
	(void)events;
	fill(r, r->net.fd, &r->to_server);
	fill(r, r->inner.fd, &r->to_client);
	empty(r, r->inner.fd, &r->to_server, SIZE_MAX);
	if (!r->is_slow)
		empty(r, r->net.fd, &r->to_client, SIZE_MAX);
	if (r->is_over) {
		hang_up(r);
		return;
	}
	watch_change(&r->net, interest(&r->to_server, &r->to_client, !r->is_slow));
	watch_change(&r->inner, interest(&r->to_client, &r->to_server, true));
}

void relay_tick(struct relay *r)
{
	if (r->is_slow)
		empty(r, r->net.fd, &r->to_client, 1);
}

struct relay *relay_create(int epoll, int net_fd, int *ret_fd)
{
	int pair[2];
	struct relay *r = calloc(1, sizeof *r);
	if (!r || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		free(r);
		return NULL;
	}
	r->net = (struct watch){ .epoll = epoll, .fd = net_fd, .ready = pass, .owner = r };
	r->inner = (struct watch){ .epoll = epoll, .fd = pair[0], .ready = pass, .owner = r };
	if (watch_begin(&r->net, EPOLLIN) < 0 || watch_begin(&r->inner, EPOLLIN) < 0)
		(void)shutdown(pair[0], SHUT_RDWR);
	*ret_fd = pair[1];
	return r;
}

void relay_destroy(struct relay *r)
{
	if (!r)
		return;
	(void)close(r->net.fd);
	(void)close(r->inner.fd);
	buffer_finish(&r->to_client);
	buffer_finish(&r->to_server);
	free(r);
}
