/*
 * One function a state, each of which goes as far as it can and tells whether the next state
 * can go on at once. States change in enter() alone.
 */
#include "collector/host_run.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/signer.h"
#include "collector/spool.h"
#include "lib/clock.h"
#include "lib/crash.h"
#include "lib/log.h"
#include "lib/ssh/host_key_judge.h"

enum {
	LINGER_MS = 2000,
	READ_SIZE = 16 * 1024,
	TURN_BYTES = 256 * 1024,
	SESSION_BYTES = WIRE_BYTES_MAX + (1 << 20), /* what it may send, and SSH's own share */
};

static const char *const state_names[] = {
	[HOST_CONNECT] = "connect",
	[HOST_HANDSHAKE] = "handshake",
	[HOST_AUTH] = "auth",
	[HOST_EXEC] = "exec",
	[HOST_TALK] = "talk",
	[HOST_FAREWELL] = "farewell",
	[HOST_LINGER] = "linger",
	[HOST_OVER] = "over",
};

static void enter(struct host_run *h, enum host_state state)
{
	log_debug("%s: %s", h->row.name, state_names[state]);
	h->state = state;
	h->state_ms = h->env->now_ms;
}

static void wipe_password(struct host_run *h)
{
	size_t at = (size_t)((const uint8_t *)h->row.password - h->packet);
	explicit_bzero(h->packet + at, strlen(h->row.password));
}

static void hang_up(struct host_run *h)
{
	if (h->session)
		ssh_session_destroy(h->session);
	else if (h->fd >= 0)
		close(h->fd);
	h->session = NULL;
	h->fd = -1;
	h->is_armed = false;
}

/* The verdict stands in h->verdict. */
static bool finish(struct host_run *h)
{
	hang_up(h);
	wipe_password(h);
	enter(h, HOST_OVER);
	return false;
}

static enum stage stage(const struct host_run *h)
{
	static const enum stage stages[] = {
		[HOST_CONNECT] = STAGE_CONNECT,
		[HOST_HANDSHAKE] = STAGE_HANDSHAKE,
		[HOST_AUTH] = STAGE_AUTH,
		[HOST_EXEC] = STAGE_EXEC,
		[HOST_FAREWELL] = STAGE_TEARDOWN,
		[HOST_LINGER] = STAGE_TEARDOWN,
		[HOST_OVER] = STAGE_NONE,
	};
	return h->state == HOST_TALK ? dialog_stage(&h->dialog) : stages[h->state];
}

static bool fail_session(struct host_run *h)
{
	char reason[sizeof h->verdict.reason];
	enum outcome o = ssh_session_failure(h->session, reason, sizeof reason);
	verdict_set(&h->verdict, o, stage(h), "%s", reason);
	return finish(h);
}

static bool fail(struct host_run *h, enum outcome o, const char *reason)
{
	verdict_set(&h->verdict, o, stage(h), "%s", reason);
	return finish(h);
}

/* ---- connect ---------------------------------------------------------------------------- */

/* This address did not serve; the next one is tried at once. */
static bool next_address(struct host_run *h, int error)
{
	verdict_set(&h->verdict, ssh_connect_outcome(error), STAGE_CONNECT, "%s", strerror(error));
	hang_up(h);
	return true;
}

static bool begin_connect(struct host_run *h)
{
	struct sockaddr_storage a;
	if (h->address >= ipc_count_addresses(h->row.addresses))
		return finish(h);
	ipc_get_address(h->row.addresses, h->address++, &a);
	h->fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (h->fd < 0)
		return next_address(h, errno);
	socklen_t len =
		a.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (connect(h->fd, (struct sockaddr *)&a, len) && errno != EINPROGRESS)
		return next_address(h, errno);
	enter(h, HOST_CONNECT);
	return false;
}

static bool begin_session(struct host_run *h)
{
	static const struct ssh_budget budget = { TURN_BYTES, SESSION_BYTES };
	struct host_key keys[IPC_KEYS_MAX];
	struct error err;
	size_t count, valid = 0;
	if (ipc_get_keys(h->row.keys, keys, &count))
		return fail(h, OUTCOME_INTERNAL, "malformed host keys");
	for (size_t i = 0; i < count; i++)
		if (!keys[i].revoked)
			keys[valid++] = keys[i];
	if (ssh_session_create(h->fd, &budget, keys, valid, &h->session, &err)) {
		h->fd = -1; /* the session took it */
		return fail(h, OUTCOME_INTERNAL, err.text);
	}
	enter(h, HOST_HANDSHAKE);
	return true;
}

static bool step_connect(struct host_run *h)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (h->fd < 0)
		return begin_connect(h);
	if (getsockopt(h->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	return error ? next_address(h, error) : begin_session(h);
}

/* ---- handshake, authentication ---------------------------------------------------------- */

static bool check_host_key(struct host_run *h)
{
	struct host_key keys[IPC_KEYS_MAX], shown;
	char reason[sizeof h->verdict.reason];
	size_t count;
	bool is_new = false;
	if (ipc_get_keys(h->row.keys, keys, &count))
		return fail(h, OUTCOME_INTERNAL, "malformed host keys");
	ssh_session_host_key(h->session, &shown);
	enum outcome o = host_key_judge((enum host_key_policy)h->row.policy, h->row.pin, keys,
		count, &shown, &is_new, reason, sizeof reason);
	if (o != OUTCOME_OK) {
		verdict_set(&h->verdict, o, STAGE_HOST_KEY, "%s", reason);
		return finish(h);
	}
	if (is_new)
		h->env->new_key(h->env->arg, h->row.seq, &shown);
	enter(h, HOST_AUTH);
	return true;
}

static bool step_handshake(struct host_run *h)
{
	enum ssh_status s = ssh_session_handshake(h->session);
	if (s == SSH_AGAIN)
		return false;
	return s == SSH_FAILED ? fail_session(h) : check_host_key(h);
}

/* Signed elsewhere: asks once, then waits for host_run_signed(). */
static int sign(void *arg, const uint8_t *data, size_t len, uint8_t **ret_sig, size_t *ret_len)
{
	struct host_run *h = arg;
	if (h->sign == SIGN_ANSWERED) {
		*ret_sig = h->signature.data;
		*ret_len = h->signature.len;
		h->signature.data = NULL;
		return *ret_len ? 0 : -1;
	}
	if (h->sign == SIGN_ASKED)
		return 1;
	if (signer_ask(h->env->signer_fd, h->row.seq, h->row.identity - 1, data, len) == 0)
		h->sign = SIGN_ASKED;
	else if (errno == EAGAIN)
		h->sign = SIGN_BLOCKED;
	else
		return -1;
	return 1;
}

static enum ssh_status authenticate(struct host_run *h)
{
	if (!h->row.identity)
		return ssh_session_auth_password(h->session, h->row.user, h->row.password);
	const struct poll_identity *id = &h->env->identities[h->row.identity - 1];
	return ssh_session_auth_key(h->session, h->row.user, id->blob, id->len, sign, h);
}

static bool step_auth(struct host_run *h)
{
	enum ssh_status s = authenticate(h);
	if (s == SSH_AGAIN)
		return false;
	if (s == SSH_FAILED)
		return fail_session(h);
	wipe_password(h);
	enter(h, HOST_EXEC);
	return true;
}

static bool step_exec(struct host_run *h)
{
	enum ssh_status s = ssh_session_exec(h->session, h->env->command);
	if (s == SSH_AGAIN)
		return false;
	if (s == SSH_FAILED)
		return fail_session(h);
	enter(h, HOST_TALK);
	return true;
}

/* ---- talk ------------------------------------------------------------------------------- */

static bool take_verdict(struct host_run *h)
{
	h->verdict = h->dialog.verdict;
	return finish(h);
}

/* The connection died. What the dialog makes of it counts, unless a cap was passed, or it had
 * nothing to go by: a lost connection does not speak against the shell. */
static bool lose(struct host_run *h)
{
	char reason[sizeof h->verdict.reason];
	enum stage at = stage(h);
	enum outcome o = ssh_session_failure(h->session, reason, sizeof reason);
	dialog_end(&h->dialog, ssh_session_complaint(h->session));
	h->verdict = h->dialog.verdict;
	if (o == OUTCOME_TOO_LARGE || h->verdict.outcome == OUTCOME_NO_SHELL)
		verdict_set(&h->verdict, o, at, "%s", reason);
	else
		verdict_set(&h->verdict, h->dialog.verdict.outcome, at, "%s (%s)",
			h->dialog.verdict.reason, reason);
	return finish(h);
}

/* SSH_DONE when everything is written. */
static enum ssh_status write_all(struct host_run *h)
{
	const void *data;
	size_t len, wrote;
	while (dialog_chunk(&h->dialog, &data, &len)) {
		enum ssh_status s = ssh_session_write(h->session, data, len, &wrote);
		if (s != SSH_DONE)
			return s;
		dialog_wrote(&h->dialog, wrote);
	}
	return SSH_DONE;
}

static int keep_frame(struct host_run *h, struct error *err)
{
	struct spool_head head = {
		.attempt_id = h->row.attempt_id,
		.cycle_id = h->env->cycle_id,
		.received_at = clock_wall_ms(),
		.length = (uint32_t)h->dialog.frame.len,
	};
	memcpy(head.client, h->row.name, strlen(h->row.name) + 1);
	if (!h->env->spool_room)
		return error_set(err, "the spool is full: it waits for the database");
	if (spool_put(h->env->spool_fd, &head, h->dialog.frames - 1, h->dialog.frame.data, err))
		return -1;
	crash_point("renamed");
	h->env->spool_room--;
	h->unsynced = true;
	return 0;
}

/* All is said and durable; the acks may still have to be written. */
static bool part(struct host_run *h)
{
	h->verdict = h->dialog.verdict;
	enter(h, HOST_FAREWELL);
	return true;
}

/* False when the talk is over: done, or `verdict` stands. */
static bool feed(struct host_run *h, const char *data, size_t len)
{
	enum dialog_status status = DIALOG_FRAME;
	struct error err;
	for (size_t used = 0; status == DIALOG_FRAME;) {
		used += dialog_take(&h->dialog, data + used, len - used, &status);
		if (status == DIALOG_FRAME)
			crash_point("received");
		if (status == DIALOG_FRAME && keep_frame(h, &err))
			return fail(h, OUTCOME_INTERNAL, err.text);
	}
	if (status != DIALOG_OVER)
		return true;
	if (h->dialog.verdict.outcome != OUTCOME_OK)
		return take_verdict(h);
	return h->unsynced ? false : part(h); /* otherwise in host_run_synced() */
}

static bool step_talk(struct host_run *h)
{
	char data[READ_SIZE];
	size_t len;
	if (h->unsynced && h->dialog.state == DIALOG_ENDED)
		return false;
	enum ssh_status s = write_all(h);
	if (s != SSH_FAILED) /* also when it cannot write: the client may wait for us to read */
		s = ssh_session_read(h->session, data, sizeof data, &len);
	if (s == SSH_AGAIN)
		return false;
	if (s == SSH_FAILED)
		return lose(h);
	if (len)
		return feed(h, data, len);
	dialog_end(&h->dialog, ssh_session_complaint(h->session));
	return take_verdict(h);
}

/* What still comes is dropped. False when the client has ended, or the connection. */
static bool drain(struct host_run *h)
{
	char data[READ_SIZE];
	size_t len;
	enum ssh_status s;
	do
		s = ssh_session_read(h->session, data, sizeof data, &len);
	while (s == SSH_DONE && len);
	return s == SSH_AGAIN;
}

static bool step_farewell(struct host_run *h)
{
	enum ssh_status s = write_all(h);
	if (s == SSH_DONE)
		s = ssh_session_send_eof(h->session);
	if (s == SSH_FAILED)
		return finish(h);
	if (s == SSH_AGAIN)
		return drain(h) ? false : finish(h);
	crash_point("acknowledged");
	enter(h, HOST_LINGER);
	return true;
}

static bool step_linger(struct host_run *h)
{
	return drain(h) ? false : finish(h);
}

static bool step_over(struct host_run *h)
{
	(void)h;
	return false;
}

/* ---- from outside ----------------------------------------------------------------------- */

void host_run_step(struct host_run *h)
{
	static bool (*const steps[])(struct host_run *) = {
		[HOST_CONNECT] = step_connect,
		[HOST_HANDSHAKE] = step_handshake,
		[HOST_AUTH] = step_auth,
		[HOST_EXEC] = step_exec,
		[HOST_TALK] = step_talk,
		[HOST_FAREWELL] = step_farewell,
		[HOST_LINGER] = step_linger,
		[HOST_OVER] = step_over,
	};
	h->is_due = false;
	while (steps[h->state](h))
		;
}

void host_run_synced(struct host_run *h, const char *why)
{
	h->unsynced = false;
	if (h->state == HOST_OVER)
		return;
	if (why || dialog_ack(&h->dialog)) {
		fail(h, OUTCOME_INTERNAL, why ? why : "out of memory");
		return;
	}
	if (h->dialog.state == DIALOG_ENDED)
		(void)part(h);
	h->is_due = true; /* not here and now: it may bring frames that need a sync again */
}

void host_run_signed(struct host_run *h, struct signature signature)
{
	h->signature = signature;
	h->sign = SIGN_ANSWERED;
}

static int64_t total_deadline(const struct host_run *h)
{
	return h->started_ms + h->row.deadline_ms;
}

int64_t host_run_deadline(const struct host_run *h)
{
	int64_t total = total_deadline(h), own = total;
	if (h->state == HOST_CONNECT)
		own = h->state_ms + h->env->connect_timeout_ms;
	else if (h->state == HOST_LINGER)
		own = h->state_ms + LINGER_MS;
	return own < total ? own : total;
}

static void fail_late(struct host_run *h)
{
	char reason[64];
	(void)snprintf(reason, sizeof reason, "not finished within %" PRIu32 " s",
		(h->row.deadline_ms + h->row.spent_ms + 500) / 1000);
	fail(h, OUTCOME_DEADLINE, reason);
}

void host_run_expire(struct host_run *h)
{
	switch (h->state) {
	case HOST_CONNECT:
		next_address(h, ETIMEDOUT);
		if (h->env->now_ms < total_deadline(h))
			host_run_step(h);
		else
			finish(h);
		break;
	case HOST_HANDSHAKE:
		if (!h->heard) {
			fail(h, OUTCOME_TIMEOUT, "it accepts the connection and says nothing");
			break;
		}
		/* fall through */
	case HOST_AUTH:
	case HOST_EXEC:
	case HOST_TALK:
		fail_late(h);
		break;
	case HOST_FAREWELL:
	case HOST_LINGER:
		finish(h); /* what it had is durable here */
		break;
	case HOST_OVER:
		break;
	}
}

void host_run_end(struct host_run *h, enum outcome outcome, const char *reason)
{
	if (h->state == HOST_FAREWELL || h->state == HOST_LINGER)
		finish(h);
	else if (h->state != HOST_OVER)
		fail(h, outcome, reason);
}

bool host_run_has_more(const struct host_run *h)
{
	return h->is_due || (h->session && ssh_session_has_more(h->session));
}

uint32_t host_run_events(const struct host_run *h)
{
	if (!h->session)
		return EPOLLOUT;
	short events = ssh_session_events(h->session);
	return (events & POLLOUT ? EPOLLOUT : 0U) | (events & POLLIN ? EPOLLIN : 0U);
}

static bool is_sane(const struct host_run *h)
{
	const struct host_env *env = h->env;
	uint32_t id = h->row.identity;
	return strlen(h->row.name) < sizeof((struct spool_head *)0)->client &&
	       (!id || (id <= env->identity_count && env->identities[id - 1].blob)) &&
	       h->row.policy <= HOST_KEY_PINNED && ipc_count_addresses(h->row.addresses) > 0;
}

struct host_run *host_run_create(const void *packet, size_t len, struct host_env *env)
{
	struct host_run *h = calloc(1, sizeof *h);
	if (!h)
		return NULL;
	*h = (struct host_run){ .env = env,
		.fd = -1,
		.packet_len = len,
		.started_ms = env->now_ms,
		.state_ms = env->now_ms };
	h->packet = malloc(len);
	if (h->packet)
		memcpy(h->packet, packet, len);
	if (!h->packet || ipc_decode(IPC_HOST, h->packet, len, &h->row) || !is_sane(h) ||
		dialog_init(&h->dialog, h->row.request, env->probes, h->row.files_max,
			h->row.bytes_max)) {
		host_run_destroy(h);
		return NULL;
	}
	return h;
}

void host_run_destroy(struct host_run *h)
{
	if (!h)
		return;
	hang_up(h);
	dialog_finish(&h->dialog);
	free(h->signature.data);
	if (h->packet)
		explicit_bzero(h->packet, h->packet_len);
	free(h->packet);
	free(h);
}
