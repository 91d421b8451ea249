#include "lib/ssh/stream.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	OUT_MAX = 256 * 1024, /* a few packets; more waits with the caller */
	HEAD_MAX = 64 * 1024,
};

static void lose(struct stream *s, enum stream_loss loss, int errnum)
{
	if (s->loss != STREAM_FINE)
		return;
	s->loss = loss;
	s->errnum = errnum;
}

static bool would_block(int errnum)
{
	return errnum == EAGAIN || errnum == EWOULDBLOCK;
}

static ssize_t take(struct stream *s, void *data, size_t size)
{
	if (s->carrier.receive)
		return s->carrier.receive(s->carrier.arg, data, size);
	ssize_t n;
	do
		n = recv(s->fd, data, size, MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

static ssize_t give(struct stream *s, const void *data, size_t len)
{
	if (s->carrier.transmit)
		return s->carrier.transmit(s->carrier.arg, data, len);
	ssize_t n;
	do
		n = send(s->fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Never writes beyond what the turn allows; returns 0 when there is nothing, for any reason. */
static size_t receive(struct stream *s, void *data, size_t size)
{
	if (s->loss != STREAM_FINE || s->turn_left == 0)
		return 0;
	ssize_t n = take(s, data, size < s->turn_left ? size : s->turn_left);
	if (n < 0 && !would_block((int)-n))
		lose(s, STREAM_ERROR, (int)-n);
	if (n == 0)
		lose(s, STREAM_EOF, 0);
	if (n <= 0)
		return 0;
	if ((uint64_t)n > s->left) {
		lose(s, STREAM_FLOOD, 0);
		return 0;
	}
	s->turn_left -= (size_t)n;
	s->left -= (uint64_t)n;
	s->received += (uint64_t)n;
	if (s->keep_head && s->head.len + (size_t)n <= HEAD_MAX &&
		buffer_append(&s->head, data, (size_t)n) < 0) {
		lose(s, STREAM_ERROR, ENOMEM);
		return 0;
	}
	return (size_t)n;
}

ssize_t stream_recv(struct stream *s, void *data, size_t size)
{
	if (s->closing)
		return -ECONNABORTED;
	if (s->ahead_at == s->ahead_len) {
		if (size >= sizeof s->ahead) {
			size_t n = receive(s, data, size);
			return n > 0 ? (ssize_t)n : -EAGAIN;
		}
		s->ahead_at = 0;
		s->ahead_len = receive(s, s->ahead, sizeof s->ahead);
	}
	size_t n = s->ahead_len - s->ahead_at;
	if (n > size)
		n = size;
	if (n == 0)
		return -EAGAIN;
	memcpy(data, s->ahead + s->ahead_at, n);
	s->ahead_at += n;
	return (ssize_t)n;
}

/* Returns how much was taken. */
static size_t transmit(struct stream *s, const void *data, size_t len)
{
	ssize_t n = give(s, data, len);
	if (n < 0 && !would_block((int)-n))
		lose(s, STREAM_ERROR, (int)-n);
	return n > 0 ? (size_t)n : 0;
}

void stream_flush(struct stream *s)
{
	while (s->out.len > 0) {
		size_t n = transmit(s, s->out.data, s->out.len);
		if (n == 0)
			return;
		buffer_consume(&s->out, n);
	}
	buffer_finish(&s->out); /* most sessions never need it again */
}

ssize_t stream_send(struct stream *s, const void *data, size_t len)
{
	if (s->closing)
		return -ECONNABORTED;
	stream_flush(s);
	size_t done = s->out.len > 0 ? 0 : transmit(s, data, len);
	s->out.cap = OUT_MAX;
	if (done < len && buffer_append(&s->out, (const char *)data + done, len - done) < 0)
		lose(s, errno == EFBIG ? STREAM_STUFFED : STREAM_ERROR, errno);
	return (ssize_t)len;
}

void stream_break(struct stream *s)
{
	lose(s, STREAM_ERROR, ECONNRESET);
}

bool stream_has_more(const struct stream *s)
{
	return s->ahead_at < s->ahead_len || s->turn_left == 0 || s->loss != STREAM_FINE;
}

void stream_forget_head(struct stream *s)
{
	s->keep_head = false;
	buffer_finish(&s->head);
}

void stream_finish(struct stream *s)
{
	buffer_finish(&s->out);
	buffer_finish(&s->head);
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
}
