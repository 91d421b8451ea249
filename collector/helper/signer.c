/*
 * The process that holds the private keys. The parent tells it files to open (IPC_OPEN) and hands
 * it the pollers' sockets (IPC_CLIENT); pollers ask it to sign their logins (IPC_SIGN).
 *
 * One loop: an answer for each question, and between them a short step of opening one key. Pollers
 * are not heard before the parent has named all files and this process given up reading any.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/helper/asker.h"
#include "collector/helper/helper.h"
#include "collector/helper/question.h"
#include "collector/ipc/ipc.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/ssh/identity.h"

enum {
	ASKERS_MAX = 256,
	QUESTIONS_MAX = 65536, /* open at once, over all askers */
};

/* By the parent's number. */
struct entry {
	struct identity *identity;
	bool is_open;
	struct question *asked; /* of its agent, now */
	struct question_lines waiting;
};

struct signer {
	struct entry entries[HELPER_IDENTITIES_MAX];
	uint32_t opening[HELPER_IDENTITIES_MAX]; /* those with a passphrase */
	size_t opening_count, turn;
	uint32_t asked[HELPER_IDENTITIES_MAX]; /* those whose agent has to answer */
	size_t asked_count;
	struct asker *askers[ASKERS_MAX];
	size_t asker_count;
	bool is_restricted; /* all files are read: from then on askers are listened to */
	struct pollfd heard[1 + ASKERS_MAX + HELPER_IDENTITIES_MAX]; /* the parent first */
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

static int add_asker(struct signer *s, int fd)
{
	struct asker *a = s->asker_count < ASKERS_MAX ? asker_create(fd) : NULL;
	if (!a)
		return -1;
	s->askers[s->asker_count++] = a;
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
	return s->packet.type == IPC_CLIENT ? add_asker(s, fd) : -1;
}

static void tell_error(struct signer *s, const struct error *err)
{
	if (strcmp(s->told.text, err->text) != 0)
		log_error("signer: %s", err->text);
	s->told = *err;
}

/* Takes the question. Result -1 says that it is refused. */
static void answer(struct signer *s, struct question *q, int result, const struct error *err)
{
	if (result < 0)
		tell_error(s, err);
	asker_answer(q);
}

/* Until the agent has to answer, or there is nothing more to sign. */
static void sign_next(struct signer *s, struct entry *e)
{
	struct question *q;
	while (!e->asked && (q = question_lines_take(&e->waiting))) {
		struct error err;
		int r = identity_sign_begin(
			e->identity, q->data, q->len, &q->signature, &q->signature_len, &err);
		if (r == 1)
			e->asked = q;
		else
			answer(s, q, r, &err);
	}
}

static void sign_further(struct signer *s, struct entry *e)
{
	struct question *q = e->asked;
	struct error err;
	int r = identity_sign_go_on(e->identity, &q->signature, &q->signature_len, &err);
	if (r == 1)
		return;
	e->asked = NULL;
	answer(s, q, r, &err);
	sign_next(s, e);
}

/* Takes the question. */
static void sign(struct signer *s, uint32_t id, struct question *q)
{
	struct entry *e = &s->entries[id];
	struct error err;
	if (!e->is_open) { /* it was, in the signer before this one */
		(void)error_set(&err, "a key that is not open is to sign");
		answer(s, q, -1, &err);
		return;
	}
	question_lines_put(&e->waiting, q);
	if (e->asked)
		return;
	sign_next(s, e);
	if (e->asked)
		s->asked[s->asked_count++] = id;
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

/* What its agents are being asked now is answered to nobody. */
static void drop_asker(struct signer *s, size_t i)
{
	struct asker *a = s->askers[i];
	for (size_t k = 0; k < s->asked_count; k++) {
		struct entry *e = &s->entries[s->asked[k]];
		question_lines_forget(&e->waiting, a);
		if (e->asked && e->asked->asker == a)
			e->asked->asker = NULL;
	}
	asker_destroy(a);
	s->askers[i] = s->askers[--s->asker_count];
}

/* -1 when it is to be dropped. */
static int serve_asker(struct signer *s, struct asker *a, short events)
{
	struct question *q;
	uint32_t id;
	if (events & (POLLERR | POLLHUP))
		return -1;
	if (events & POLLOUT)
		asker_send(a);
	if (!(events & POLLIN))
		return 0;
	int r = asker_hear(a, &s->packet, &id, &q);
	if (r <= 0)
		return r;
	if (id >= HELPER_IDENTITIES_MAX) {
		question_destroy(q);
		return -1;
	}
	sign(s, id, q);
	return 0;
}

static void serve_askers(struct signer *s, const struct pollfd *heard, size_t count)
{
	for (size_t i = count; i-- > 0;)
		if (serve_asker(s, s->askers[i], heard[i].revents))
			drop_asker(s, i);
}

/* Each may have its share open. Returns how many are listened to. */
static size_t listen_to_askers(const struct signer *s, struct pollfd *heard)
{
	size_t count = s->is_restricted ? s->asker_count : 0;
	for (size_t i = 0; i < count; i++)
		heard[i] = asker_poll(s->askers[i], QUESTIONS_MAX / (uint32_t)count);
	return count;
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
	struct pollfd *parent = s->heard, *askers = parent + 1;
	for (;;) {
		*parent = (struct pollfd){ .fd = HELPER_CONTROL, .events = POLLIN };
		size_t count = listen_to_askers(s, askers);
		struct pollfd *agents = askers + count;
		int timeout_ms = listen_to_agents(s, agents, clock_monotonic_ms());
		if (poll(s->heard, 1 + count + s->asked_count, timeout_ms) < 0 && errno != EINTR)
			return;
		if (serve_agents(s, agents, clock_monotonic_ms()))
			return;
		serve_askers(s, askers, count);
		if (parent->revents && serve_parent(s))
			return;
		if (go_on_opening(s))
			return;
	}
}

static void forget(struct signer *s)
{
	for (size_t i = 0; i < HELPER_IDENTITIES_MAX; i++) {
		question_destroy(s->entries[i].asked);
		question_lines_finish(&s->entries[i].waiting);
		identity_close(s->entries[i].identity);
	}
	while (s->asker_count)
		asker_destroy(s->askers[--s->asker_count]);
	free(s);
}

int signer_main(void)
{
	struct error err;
	log_setup("fleet-collector", LOG_WARNING);
	struct signer *s = calloc(1, sizeof *s);
	if (!s || helper_confine(ROLE_SIGNER, &err)) {
		log_error("signer: %s", s ? err.text : "out of memory");
		free(s);
		return 1;
	}
	run(s);
	forget(s);
	return 0;
}
