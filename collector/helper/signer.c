/*
 * One loop: an answer for each question, and between them a short step of opening one key. Pollers
 * are not heard before the parent has named all files and this process given up reading any.
 */
#include "collector/helper/signer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "collector/ipc/ipc.h"
#include "lib/log.h"
#include "lib/ssh/identity.h"
#include "lib/ssh/session.h"

enum { CLIENTS_MAX = 256, SLOW_MS = 1000 };

/* ---- the poller's side ------------------------------------------------------------------ */

int signer_ask(int signer_fd, uint32_t serial, uint32_t id, const uint8_t *data, size_t len)
{
	const struct ipc_sign question = { .serial = serial, .id = id, .data = { data, len } };
	return ipc_send(signer_fd, IPC_SIGN, &question, -1);
}

int signer_answer(int signer_fd, uint32_t *ret_serial, struct signature *ret_signature)
{
	static struct ipc_packet packet;
	struct ipc_signed m;
	uint8_t *data = NULL;
	int r = ipc_receive(signer_fd, &packet);
	if (r < 0)
		return -1;
	if (r == 0 || ipc_decode(IPC_SIGNED, packet.data, packet.len, &m) ||
		(m.signature.len && !(data = malloc(m.signature.len)))) {
		errno = EPIPE;
		return -1;
	}
	if (data)
		memcpy(data, m.signature.data, m.signature.len);
	*ret_serial = m.serial;
	*ret_signature = (struct signature){ data, m.signature.len };
	return 0;
}

/* ---- the process ------------------------------------------------------------------------ */

struct signer {
	struct identity *identities[HELPER_IDENTITIES_MAX]; /* by the parent's number */
	uint32_t opening[HELPER_IDENTITIES_MAX];	    /* those of no use yet */
	size_t opening_count, turn;
	bool is_restricted; /* all files are read: from then on pollers are listened to */
	struct pollfd fds[1 + CLIENTS_MAX]; /* the parent first */
	nfds_t fd_count;
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

static int open_identity(struct signer *s)
{
	struct ipc_open m;
	struct error err = { "" };
	if (ipc_decode(IPC_OPEN, s->packet.data, s->packet.len, &m) ||
		m.id >= HELPER_IDENTITIES_MAX || s->identities[m.id])
		return -1;
	if (identity_begin(m.file, m.passphrase_file, &s->identities[m.id], &err))
		return tell_parent(m.id, NULL, err.text);
	s->opening[s->opening_count++] = m.id;
	return 0;
}

/* A passphrase takes long, on purpose: one short step, of one identity, between signatures. */
static int go_on_opening(struct signer *s)
{
	struct error err = { "" };
	if (s->opening_count == 0)
		return 0;
	s->turn = (s->turn + 1) % s->opening_count;
	uint32_t id = s->opening[s->turn];
	int r = identity_go_on(s->identities[id], &err);
	if (r == 1)
		return 0;
	s->opening[s->turn] = s->opening[--s->opening_count];
	if (r < 0) {
		identity_close(s->identities[id]);
		s->identities[id] = NULL;
	}
	return tell_parent(id, s->identities[id], err.text);
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

static bool is_opening(const struct signer *s, uint32_t id)
{
	for (size_t i = 0; i < s->opening_count; i++)
		if (s->opening[i] == id)
			return true;
	return false;
}

static void tell_error(struct signer *s, const struct error *err)
{
	if (strcmp(s->told.text, err->text) != 0)
		log_error("signer: %s", err->text);
	s->told = *err;
}

static int answer(struct signer *s, int fd)
{
	struct ipc_sign m;
	struct error err;
	uint8_t *sig = NULL;
	size_t len = 0;
	if (ipc_decode(IPC_SIGN, s->packet.data, s->packet.len, &m))
		return -1;
	struct ipc_signed reply = { .serial = m.serial };
	if (m.id >= HELPER_IDENTITIES_MAX || !s->identities[m.id] || is_opening(s, m.id))
		return -1;
	if (identity_sign(s->identities[m.id], m.data.data, m.data.len, &sig, &len, &err))
		tell_error(s, &err);
	else
		reply.signature = (struct ipc_bytes){ sig, len };
	int r = send_slowly(fd, &reply);
	free(sig);
	return r;
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
		close(s->fds[i].fd);
		s->fds[i] = s->fds[--s->fd_count];
	}
}

static void run(struct signer *s)
{
	for (;;) {
		nfds_t heard = s->is_restricted ? s->fd_count : 1;
		if (poll(s->fds, heard, s->opening_count ? 0 : -1) < 0 && errno != EINTR)
			return;
		if (s->is_restricted)
			serve_pollers(s);
		if (s->fds[0].revents && serve_parent(s))
			return;
		if (go_on_opening(s))
			return;
	}
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
	for (size_t i = 0; i < HELPER_IDENTITIES_MAX; i++)
		identity_close(s->identities[i]);
	free(s);
	return 0;
}
