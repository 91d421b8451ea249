#include "lib/ssh/agent.h"

#include <errno.h>
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
	struct buffer request; /* with its length */
	size_t sent;
	uint8_t head[4];       /* the length of the answer */
	struct buffer message; /* the answer, as far as it has come */
	size_t head_len;
	uint32_t message_len;
	uint8_t type;	     /* which the answer has to be of */
	int64_t deadline_ms; /* 0 when nothing is asked */
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
	*a = (struct agent){ .at.sun_family = AF_UNIX,
		.fd = -1,
		.request.cap = MESSAGE_MAX,
		.message.cap = MESSAGE_MAX };
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
	buffer_finish(&a->request);
	buffer_finish(&a->message);
	free(a);
}

/* Each of these: 0 when it is done, 1 when the socket is not ready for it, -1 with errno. */
static int send_request(struct agent *a)
{
	while (a->sent < a->request.len) {
		ssize_t n = send(
			a->fd, a->request.data + a->sent, a->request.len - a->sent, MSG_NOSIGNAL);
		if (n > 0)
			a->sent += (size_t)n;
		else if (errno != EINTR)
			return errno == EAGAIN ? 1 : -1;
	}
	return 0;
}

static int receive(struct agent *a, void *data, size_t size, size_t *ret_len)
{
	ssize_t n = 0;
	do
		n = recv(a->fd, data, size, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 1 : -1;
	if (n == 0)
		errno = ECONNRESET;
	*ret_len = (size_t)n;
	return n == 0 ? -1 : 0;
}

static int receive_head(struct agent *a)
{
	while (a->head_len < sizeof a->head) {
		size_t n;
		int rc = receive(a, a->head + a->head_len, sizeof a->head - a->head_len, &n);
		if (rc != 0)
			return rc;
		a->head_len += n;
	}
	struct reader r = { a->head, sizeof a->head };
	if (reader_u32(&r, &a->message_len) && buffer_reserve(&a->message, a->message_len))
		return 0;
	errno = EMSGSIZE;
	return -1;
}

static int receive_message(struct agent *a)
{
	int rc = receive_head(a);
	while (rc == 0 && a->message.len < a->message_len) {
		size_t n;
		rc = receive(
			a, a->message.data + a->message.len, a->message_len - a->message.len, &n);
		if (rc == 0)
			a->message.len += n;
	}
	return rc;
}

static int exchange(struct agent *a)
{
	int rc = send_request(a);
	if (rc == 0)
		rc = receive_message(a);
	if (rc != 1 || clock_monotonic_ms() < a->deadline_ms)
		return rc;
	errno = ETIMEDOUT;
	return -1;
}

/* An answer that comes late would be taken for the next one's: a request that failed has had
 * the connection. */
int agent_go_on(struct agent *a, struct error *err)
{
	int rc = exchange(a);
	if (rc == 1)
		return 1;
	a->deadline_ms = 0;
	a->failures = rc < 0 ? a->failures + 1 : 0;
	if (rc < 0)
		(void)error_errno(err, "agent %s", a->at.sun_path);
	else if (a->message.len == 0 || (uint8_t)a->message.data[0] != a->type)
		rc = error_set(err, "agent %s: it refuses", a->at.sun_path);
	if (rc < 0)
		hang_up(a);
	return rc;
}

bool agent_waits(const struct agent *a, struct pollfd *ret_fd, int64_t *ret_deadline_ms)
{
	if (!a->deadline_ms)
		return false;
	*ret_fd = (struct pollfd){ .fd = a->fd,
		.events = a->sent < a->request.len ? POLLOUT : POLLIN };
	*ret_deadline_ms = a->deadline_ms;
	return true;
}

/* Begins to send a->request. */
static int ask(struct agent *a, uint8_t type, struct error *err)
{
	if (a->failures >= FAILURES_MAX)
		return error_set(
			err, "agent %s: it does not answer, and is asked no more", a->at.sun_path);
	if (a->fd < 0 && dial(a, err) < 0)
		return -1;
	a->type = type;
	a->sent = a->head_len = 0;
	buffer_clear(&a->message);
	a->deadline_ms = clock_monotonic_ms() + REQUEST_MS;
	return 0;
}

/* What follows the type of the answer. */
static struct reader answer_of(const struct agent *a)
{
	return (struct reader){ (const uint8_t *)a->message.data + 1, a->message.len - 1 };
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

int agent_ask_keys(struct agent *a, struct error *err)
{
	static const uint8_t request[] = { 0, 0, 0, 1, REQUEST_IDENTITIES };
	buffer_clear(&a->request);
	if (buffer_append(&a->request, request, sizeof request) < 0)
		return error_set(err, "agent: no memory");
	return ask(a, IDENTITIES_ANSWER, err);
}

int agent_take_key(const struct agent *a, struct slice wanted, uint8_t **ret_blob, size_t *ret_len,
	struct error *err)
{
	struct reader r = answer_of(a);
	struct slice blob, comment;
	uint32_t count;
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

int agent_ask_signature(struct agent *a, struct slice blob, struct slice data, struct error *err)
{
	const uint8_t type = SIGN_REQUEST;
	buffer_clear(&a->request);
	if (put_u32(&a->request, 1 + 4 + blob.len + 4 + data.len + 4) < 0 ||
		buffer_append(&a->request, &type, 1) < 0 || put_string(&a->request, blob) < 0 ||
		put_string(&a->request, data) < 0 || put_u32(&a->request, 0) < 0)
		return error_set(err, "agent: the request is too long");
	return ask(a, SIGN_RESPONSE, err);
}

int agent_take_signature(
	const struct agent *a, uint8_t **ret_sig, size_t *ret_len, struct error *err)
{
	struct reader r = answer_of(a);
	struct slice answer, algorithm, sig;
	if (!reader_string(&r, &answer))
		return error_set(err, "agent: an answer that makes no sense");
	r = (struct reader){ answer.data, answer.len };
	if (!reader_string(&r, &algorithm) || !openssh_key_type_usable(algorithm) ||
		!reader_string(&r, &sig))
		return error_set(err, "agent: an answer that makes no sense");
	return give(sig, ret_sig, ret_len, err);
}
