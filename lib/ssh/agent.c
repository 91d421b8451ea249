#include "lib/ssh/agent.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "lib/clock.h"
#include "lib/ssh/openssh_key.h"

enum {
	REQUEST_MS = 10000,
	FAILURES_MAX = 2,
	MESSAGE_MAX = 256 * 1024,
	KEYS_MAX = 2048,
	REQUEST_IDENTITIES = 11,
	IDENTITIES_ANSWER = 12,
	SIGN_REQUEST = 13,
	SIGN_RESPONSE = 14,
};

struct agent {
	struct sockaddr_un at;
	int fd;		       /* -1 after a request that failed */
	int failures;	       /* to answer at all, in a row */
	struct buffer message; /* the last answer, without its length */
};

static void hang_up(struct agent *a)
{
	if (a->fd >= 0)
		(void)close(a->fd);
	a->fd = -1;
}

static int dial(struct agent *a, struct error *err)
{
	a->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (a->fd >= 0 && connect(a->fd, (struct sockaddr *)&a->at, sizeof a->at) == 0)
		return 0;
	(void)error_errno(err, "agent %s", a->at.sun_path);
	hang_up(a);
	return -1;
}

int agent_open(const char *path, struct agent **ret_agent, struct error *err)
{
	struct agent *a = calloc(1, sizeof *a);
	if (!a)
		return error_set(err, "agent %s: no memory", path);
	*a = (struct agent){ .at.sun_family = AF_UNIX, .fd = -1, .message.cap = MESSAGE_MAX };
	int r = 0;
	if (strlen(path) >= sizeof a->at.sun_path)
		r = error_set(err, "agent %s: the path is too long for a socket", path);
	else
		memcpy(a->at.sun_path, path, strlen(path));
	if (r < 0 || dial(a, err) < 0) {
		agent_close(a);
		return -1;
	}
	*ret_agent = a;
	return 0;
}

void agent_close(struct agent *a)
{
	if (!a)
		return;
	hang_up(a);
	buffer_finish(&a->message);
	free(a);
}

/* Waits until the socket is ready; -1 when the time is up. */
static int wait_for(struct agent *a, short events, int64_t deadline)
{
	for (;;) {
		int64_t left = deadline - clock_monotonic_ms();
		struct pollfd p = { .fd = a->fd, .events = events };
		int n = left > 0 ? poll(&p, 1, (int)left) : 0;
		if (n > 0)
			return 0;
		if (n == 0)
			errno = ETIMEDOUT;
		if (n == 0 || errno != EINTR)
			return -1;
	}
}

static int send_all(struct agent *a, const void *data, size_t len, int64_t deadline)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = send(a->fd, (const char *)data + done, len - done, MSG_NOSIGNAL);
		if (n > 0)
			done += (size_t)n;
		else if ((errno != EAGAIN && errno != EINTR) || wait_for(a, POLLOUT, deadline) < 0)
			return -1;
	}
	return 0;
}

static int receive_all(struct agent *a, void *data, size_t len, int64_t deadline)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = recv(a->fd, (char *)data + done, len - done, 0);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n == 0)
			errno = ECONNRESET;
		if (n == 0 || (errno != EAGAIN && errno != EINTR) ||
			wait_for(a, POLLIN, deadline) < 0)
			return -1;
	}
	return 0;
}

static int receive_message(struct agent *a, int64_t deadline)
{
	uint8_t head[4];
	uint32_t len;
	struct reader r = { head, sizeof head };
	if (receive_all(a, head, sizeof head, deadline) < 0)
		return -1;
	buffer_clear(&a->message);
	char *to = reader_u32(&r, &len) ? buffer_reserve(&a->message, len) : NULL;
	if (!to) {
		errno = EMSGSIZE;
		return -1;
	}
	if (receive_all(a, to, len, deadline) < 0)
		return -1;
	a->message.len = len;
	return 0;
}

/* Sends one message and gives what follows the type of the answer, which has to be `type`. */
static int exchange(struct agent *a, const struct buffer *request, uint8_t type, struct reader *ret,
	struct error *err)
{
	int64_t deadline = clock_monotonic_ms() + REQUEST_MS;
	uint8_t got;
	if (send_all(a, request->data, request->len, deadline) < 0 ||
		receive_message(a, deadline) < 0) {
		a->failures++;
		return error_errno(err, "agent");
	}
	a->failures = 0;
	*ret = (struct reader){ (const uint8_t *)a->message.data, a->message.len };
	if (!reader_byte(ret, &got) || got != type)
		return error_set(err, "agent: it refuses");
	return 0;
}

/* An answer that comes late would be taken for the next one's: a request that failed has had
 * the connection. */
static int ask(struct agent *a, const struct buffer *request, uint8_t type, struct reader *ret,
	struct error *err)
{
	if (a->failures >= FAILURES_MAX)
		return error_set(
			err, "agent %s: it does not answer, and is asked no more", a->at.sun_path);
	if (a->fd < 0 && dial(a, err) < 0)
		return -1;
	if (exchange(a, request, type, ret, err) == 0)
		return 0;
	hang_up(a);
	return -1;
}

static int put_u32(struct buffer *b, size_t value)
{
	const uint8_t bytes[4] = { (uint8_t)(value >> 24), (uint8_t)(value >> 16),
		(uint8_t)(value >> 8), (uint8_t)value };
	return buffer_append(b, bytes, sizeof bytes);
}

static int put_string(struct buffer *b, struct slice s)
{
	return put_u32(b, s.len) < 0 ? -1 : buffer_append(b, s.data, s.len);
}

static bool is_wanted(struct slice blob, struct slice wanted)
{
	struct reader r = { blob.data, blob.len };
	struct slice type;
	if (!reader_string(&r, &type) || !openssh_key_type_usable(type))
		return false;
	return wanted.len == 0 || slice_is(blob, wanted.data, wanted.len);
}

/* A heap copy for the caller. */
static int give(struct slice s, uint8_t **ret, size_t *ret_len, struct error *err)
{
	uint8_t *copy = malloc(s.len ? s.len : 1);
	if (!copy)
		return error_set(err, "agent: no memory");
	if (s.len)
		memcpy(copy, s.data, s.len);
	*ret = copy;
	*ret_len = s.len;
	return 0;
}

int agent_find(struct agent *a, struct slice wanted, uint8_t **ret_blob, size_t *ret_len,
	struct error *err)
{
	char bytes[] = { 0, 0, 0, 1, REQUEST_IDENTITIES };
	const struct buffer request = { .data = bytes, .len = sizeof bytes };
	struct reader r;
	struct slice blob, comment;
	uint32_t count;
	if (ask(a, &request, IDENTITIES_ANSWER, &r, err) < 0)
		return -1;
	if (!reader_u32(&r, &count) || count > KEYS_MAX)
		return error_set(err, "agent: an answer that makes no sense");
	for (uint32_t i = 0; i < count; i++) {
		if (!reader_string(&r, &blob) || !reader_string(&r, &comment))
			return error_set(err, "agent: an answer that makes no sense");
		if (is_wanted(blob, wanted))
			return give(blob, ret_blob, ret_len, err);
	}
	return error_set(err, wanted.len ? "agent: it does not hold this key (ssh-add)"
					 : "agent: it holds no ed25519 or ecdsa key (ssh-add)");
}

int agent_sign(struct agent *a, struct slice blob, struct slice data, uint8_t **ret_sig,
	size_t *ret_len, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer request = { .cap = MESSAGE_MAX };
	const uint8_t type = SIGN_REQUEST;
	struct reader r;
	struct slice answer, algorithm, sig;
	if (put_u32(&request, 1 + 4 + blob.len + 4 + data.len + 4) < 0 ||
		buffer_append(&request, &type, 1) < 0 || put_string(&request, blob) < 0 ||
		put_string(&request, data) < 0 || put_u32(&request, 0) < 0)
		return error_set(err, "agent: the request is too long");
	if (ask(a, &request, SIGN_RESPONSE, &r, err) < 0)
		return -1;
	if (!reader_string(&r, &answer))
		return error_set(err, "agent: an answer that makes no sense");
	r = (struct reader){ answer.data, answer.len };
	if (!reader_string(&r, &algorithm) || !openssh_key_type_usable(algorithm) ||
		!reader_string(&r, &sig))
		return error_set(err, "agent: an answer that makes no sense");
	return give(sig, ret_sig, ret_len, err);
}
