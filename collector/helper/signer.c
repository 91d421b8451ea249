/*
 * One loop: an answer for each question, and between them a short step of opening one key. Pollers
 * are not heard before the parent has named all files and this process given up reading any.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "collector/ipc/ipc.h"
#include "collector/poller/signature.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/ssh/identity.h"
#include "lib/ssh/session.h"

enum { CLIENTS_MAX = 256, SLOW_MS = 1000, QUESTIONS_MAX = 65536 };

/* For an agent that is being asked something already. */
struct question {
	struct question *next;
	int fd; /* of the poller; -1 when it is gone */
	uint32_t serial;
	size_t len;
	uint8_t data[];
};

/* By the parent's number. */
struct entry {
	struct identity *identity;
	bool is_open;
	struct question *first, **end; /* the agent is being asked the first */
};

struct signer {
	struct entry entries[HELPER_IDENTITIES_MAX];
	uint32_t opening[HELPER_IDENTITIES_MAX]; /* those with a passphrase */
	size_t opening_count, turn;
	uint32_t asked[HELPER_IDENTITIES_MAX]; /* those whose agent has to answer */
	size_t asked_count;
	uint32_t question_count;
	bool is_restricted; /* all files are read: from then on pollers are listened to */
	struct pollfd fds[1 + CLIENTS_MAX]; /* the parent first */
	nfds_t fd_count;
	struct pollfd heard[1 + CLIENTS_MAX + HELPER_IDENTITIES_MAX]; /* these, then agents */
	struct error told; /* what was said last: it may hold for thousands of hosts */
	struct ipc_packet packet;
};

/* An identity is open, or (NULL) cannot be used for this reason. */
static int tell_parent(uint32_t id, const struct identity *identity, const char *reason)
{
	struct ipc_identity answer = { .id = id, .reason = reason };
	if (identity) {
		answer.blob.data = identity_public(identity, &answer.blob.len);
		answer.rounds = identity_rounds(identity);
	}
	return ipc_send(HELPER_CONTROL, IPC_IDENTITY, &answer, -1);
}

static bool is_asked(const struct entry *e)
{
	struct pollfd fd;
	int64_t deadline_ms;
	return e->identity && identity_waits(e->identity, &fd, &deadline_ms);
}

static int open_identity(struct signer *s)
{
	struct ipc_open m;
	struct error err = { "" };
	if (ipc_decode(IPC_OPEN, s->packet.data, s->packet.len, &m) ||
		m.id >= HELPER_IDENTITIES_MAX || s->entries[m.id].identity)
		return -1;
	struct entry *e = &s->entries[m.id];
	if (identity_begin(m.file, m.passphrase_file, &e->identity, &err))
		return tell_parent(m.id, NULL, err.text);
	if (is_asked(e))
		s->asked[s->asked_count++] = m.id;
	else
		s->opening[s->opening_count++] = m.id;
	return 0;
}

/* 0 as long as it is not open; then the parent is told. */
static int open_further(struct entry *e, uint32_t id, bool *ret_is_over)
{
	struct error err = { "" };
	int r = identity_go_on(e->identity, &err);
	*ret_is_over = r != 1;
	if (r == 1)
		return 0;
	e->is_open = r == 0;
	if (r < 0) {
		identity_close(e->identity);
		e->identity = NULL;
	}
	return tell_parent(id, e->identity, err.text);
}

/* A passphrase takes long, on purpose: one short step, of one identity, between signatures. */
static int go_on_opening(struct signer *s)
{
	bool is_over;
	if (s->opening_count == 0)
		return 0;
	s->turn = (s->turn + 1) % s->opening_count;
	uint32_t id = s->opening[s->turn];
	int r = open_further(&s->entries[id], id, &is_over);
	if (is_over)
		s->opening[s->turn] = s->opening[--s->opening_count];
	return r;
}

static int add_client(struct signer *s, int fd)
{
	if (fd < 0 || s->fd_count == ARRAY_LEN(s->fds) || fcntl(fd, F_SETFL, O_NONBLOCK) < 0)
		return -1;
	s->fds[s->fd_count++] = (struct pollfd){ .fd = fd, .events = POLLIN };
	return 0;
}

static int restrict_self(struct signer *s)
{
	struct error err;
	if (s->is_restricted || role_restrict(ROLE_SIGNER, &err)) {
		log_error("signer: %s", s->is_restricted ? "told twice" : err.text);
		return -1;
	}
	s->is_restricted = true;
	return 0;
}

/* -1 ends the signer: the parent is gone or talks nonsense. */
static int serve_parent(struct signer *s)
{
	int fd, r = ipc_receive_fd(HELPER_CONTROL, &s->packet, &fd);
	if (r <= 0)
		return r < 0 && errno == EAGAIN ? 0 : -1;
	if (s->packet.type == IPC_OPEN)
		return open_identity(s);
	if (s->packet.type == IPC_READY)
		return restrict_self(s);
	return s->packet.type == IPC_CLIENT ? add_client(s, fd) : -1;
}

/* A poller in a long turn is waited for, one that never reads is not. */
static int send_slowly(int fd, const struct ipc_signed *reply)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	int r = ipc_send(fd, IPC_SIGNED, reply, -1);
	if (r < 0 && errno == EAGAIN && poll(&p, 1, SLOW_MS) > 0)
		r = ipc_send(fd, IPC_SIGNED, reply, -1);
	return r;
}

static void tell_error(struct signer *s, const struct error *err)
{
	if (strcmp(s->told.text, err->text) != 0)
		log_error("signer: %s", err->text);
	s->told = *err;
}

/* Takes the signature; an empty one, for result -1, says that there is none. */
static int reply(struct signer *s, int fd, uint32_t serial, int result, struct signature signature,
	const struct error *err)
{
	struct ipc_signed m = { .serial = serial };
	if (result < 0)
		tell_error(s, err);
	else
		m.signature = (struct ipc_bytes){ signature.data, signature.len };
	int r = fd < 0 ? 0 : send_slowly(fd, &m);
	free(signature.data);
	return r;
}

/* On the heap; NULL when there are too many. */
static struct question *make_question(const struct signer *s, int fd, const struct ipc_sign *m)
{
	struct question *q =
		s->question_count < QUESTIONS_MAX ? malloc(sizeof *q + m->data.len) : NULL;
	if (!q)
		return NULL;
	*q = (struct question){ .fd = fd, .serial = m->serial, .len = m->data.len };
	memcpy(q->data, m->data.data, m->data.len);
	return q;
}

static void put_question(struct signer *s, struct entry *e, struct question *q)
{
	if (!e->first)
		e->end = &e->first;
	*e->end = q;
	e->end = &q->next;
	s->question_count++;
}

static void drop_question(struct signer *s, struct entry *e)
{
	struct question *q = e->first;
	e->first = q->next;
	s->question_count--;
	free(q);
}

static int answer(struct signer *s, int fd)
{
	struct ipc_sign m;
	struct error err;
	struct signature sig = { 0 };
	if (ipc_decode(IPC_SIGN, s->packet.data, s->packet.len, &m) ||
		m.id >= HELPER_IDENTITIES_MAX)
		return -1;
	struct entry *e = &s->entries[m.id];
	if (!e->is_open) { /* it was, in the signer before this one */
		error_set(&err, "a key that is not open is to sign");
		return reply(s, fd, m.serial, -1, sig, &err);
	}
	struct question *q = make_question(s, fd, &m);
	if (!q)
		return -1;
	if (!e->first) {
		int r = identity_sign_begin(
			e->identity, q->data, q->len, &sig.data, &sig.len, &err);
		if (r < 1) {
			free(q);
			return reply(s, fd, m.serial, r, sig, &err);
		}
		s->asked[s->asked_count++] = m.id;
	}
	put_question(s, e, q);
	return 0;
}

/* Until the agent is asked again, or there is nothing more to ask. */
static void sign_further(struct signer *s, struct entry *e)
{
	struct error err;
	struct signature sig = { 0 };
	int r = identity_sign_go_on(e->identity, &sig.data, &sig.len, &err);
	while (r != 1) {
		/* Whose poller does not listen is told in serve_poller(). */
		(void)reply(s, e->first->fd, e->first->serial, r, sig, &err);
		drop_question(s, e);
		struct question *q = e->first;
		if (!q)
			return;
		sig = (struct signature){ 0 };
		r = identity_sign_begin(e->identity, q->data, q->len, &sig.data, &sig.len, &err);
	}
}

/* `heard`: as they were listened to, in the order of `asked`. */
static int serve_agents(struct signer *s, const struct pollfd *heard, int64_t now_ms)
{
	int r = 0;
	for (size_t i = s->asked_count; i-- > 0 && r == 0;) {
		uint32_t id = s->asked[i];
		struct entry *e = &s->entries[id];
		struct pollfd fd;
		int64_t deadline_ms = 0;
		bool is_over;
		if (identity_waits(e->identity, &fd, &deadline_ms) && !heard[i].revents &&
			now_ms < deadline_ms)
			continue;
		if (e->is_open)
			sign_further(s, e);
		else
			r = open_further(e, id, &is_over);
		if (!is_asked(e))
			s->asked[i] = s->asked[--s->asked_count];
	}
	return r;
}

/* Its questions are answered to nobody. It shall know, though the parent holds the socket, too. */
static void drop_poller(struct signer *s, nfds_t i)
{
	for (size_t k = 0; k < s->asked_count; k++)
		for (struct question *q = s->entries[s->asked[k]].first; q; q = q->next)
			if (q->fd == s->fds[i].fd)
				q->fd = -1;
	(void)shutdown(s->fds[i].fd, SHUT_RDWR);
	close(s->fds[i].fd);
	s->fds[i] = s->fds[--s->fd_count];
}

/* -1 drops this poller: it is gone or talks nonsense. */
static int serve_poller(struct signer *s, int fd)
{
	int r = ipc_receive(fd, &s->packet);
	if (r < 0 && errno == EAGAIN)
		return 0;
	if (r <= 0)
		return -1;
	return answer(s, fd);
}

static void serve_pollers(struct signer *s)
{
	for (nfds_t i = s->fd_count - 1; i > 0; i--) {
		if (!s->fds[i].revents || serve_poller(s, s->fds[i].fd) == 0)
			continue;
		drop_poller(s, i);
	}
}

/* Returns for how long to wait at most. */
static int listen_to_agents(const struct signer *s, struct pollfd *heard, int64_t now_ms)
{
	int64_t first_ms = INT64_MAX, deadline_ms;
	for (size_t i = 0; i < s->asked_count; i++)
		if (identity_waits(s->entries[s->asked[i]].identity, &heard[i], &deadline_ms) &&
			deadline_ms < first_ms)
			first_ms = deadline_ms;
	if (s->opening_count || first_ms <= now_ms)
		return 0;
	return s->asked_count ? (int)(first_ms - now_ms) : -1;
}

static void run(struct signer *s)
{
	for (;;) {
		nfds_t own = s->is_restricted ? s->fd_count : 1;
		memcpy(s->heard, s->fds, own * sizeof *s->fds);
		int timeout_ms = listen_to_agents(s, s->heard + own, clock_monotonic_ms());
		if (poll(s->heard, own + s->asked_count, timeout_ms) < 0 && errno != EINTR)
			return;
		for (nfds_t i = 0; i < own; i++)
			s->fds[i].revents = s->heard[i].revents;
		if (serve_agents(s, s->heard + own, clock_monotonic_ms()))
			return;
		if (s->is_restricted)
			serve_pollers(s);
		if (s->fds[0].revents && serve_parent(s))
			return;
		if (go_on_opening(s))
			return;
	}
}

static void forget(struct signer *s)
{
	for (size_t i = 0; i < HELPER_IDENTITIES_MAX; i++) {
		while (s->entries[i].first)
			drop_question(s, &s->entries[i]);
		identity_close(s->entries[i].identity);
	}
	free(s);
}

int signer_main(void)
{
	struct error err;
	log_setup("fleet-collector", LOG_WARNING);
	struct signer *s = calloc(1, sizeof *s);
	if (!s || helper_confine(ROLE_SIGNER, &err) || ssh_global_init(&err)) {
		log_error("signer: %s", s ? err.text : "out of memory");
		free(s);
		return 1;
	}
	s->fds[0] = (struct pollfd){ .fd = HELPER_CONTROL, .events = POLLIN };
	s->fd_count = 1;
	run(s);
	forget(s);
	return 0;
}
