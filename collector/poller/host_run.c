/*
 * One function a state, each of which goes as far as it can and tells whether the next state
 * can go on at once. States change in enter() alone.
 */
#include "collector/poller/host_run_private.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "collector/spool/spool.h"
#include "lib/config/config.h"
#include "lib/log.h"

enum {
	LINGER_MS = 2000,
	PASS_MS = 250, /* after which sshd has surely stopped counting it as not yet logged in */
};

static const char *const state_names[] = {
	[HOST_CONNECT] = "connect",
	[HOST_HANDSHAKE] = "handshake",
	[HOST_AUTH] = "auth",
	[HOST_FORWARD] = "forward",
	[HOST_EXEC] = "exec",
	[HOST_TALK] = "talk",
	[HOST_FAREWELL] = "farewell",
	[HOST_LINGER] = "linger",
	[HOST_OVER] = "over",
};

void host_enter(struct host_run *h, enum host_state state)
{
	log_debug("%s: %s", h->row.name, state_names[state]);
	h->state = state;
	h->state_ms = h->env->now_ms;
}

void host_wipe_passwords(struct host_run *h)
{
	for (size_t i = 0; i < h->hop_count; i++) {
		const char *password = h->hops[i].password;
		explicit_bzero(
			h->packet + ((const uint8_t *)password - h->packet), strlen(password));
	}
}

void host_go_to_hop(struct host_run *h, size_t hop)
{
	assert(hop < h->hop_count);
	h->hop_at = hop;
	h->hop = &h->hops[hop];
	h->is_passed = false;
}

bool host_is_last_hop(const struct host_run *h)
{
	return h->hop_at + 1 == h->hop_count;
}

void host_blame(struct host_run *h)
{
	host_go_to_hop(h, h->hop_at - ssh_session_failed_below(h->session));
}

void host_hang_up(struct host_run *h)
{
	if (h->session)
		ssh_session_destroy(h->session);
	else if (h->fd >= 0)
		close(h->fd);
	h->session = NULL;
	h->fd = -1;
	h->is_armed = false;
}

static void name_jump_host(struct host_run *h)
{
	const struct verdict v = h->verdict;
	verdict_set(&h->verdict, v.outcome, STAGE_JUMP, "jump host %s (%s): %s", h->hop->name,
		stage_name(v.stage), v.reason);
}

/* The verdict stands in h->verdict. */
bool host_finish(struct host_run *h)
{
	if (!host_is_last_hop(h) && h->verdict.outcome != OUTCOME_NOT_DONE)
		name_jump_host(h);
	host_hang_up(h);
	dialog_finish(&h->dialog);
	host_wipe_passwords(h);
	host_enter(h, HOST_OVER);
	return false;
}

enum stage host_stage(const struct host_run *h)
{
	static const enum stage stages[] = {
		[HOST_CONNECT] = STAGE_CONNECT,
		[HOST_HANDSHAKE] = STAGE_HANDSHAKE,
		[HOST_AUTH] = STAGE_AUTH,
		[HOST_FORWARD] = STAGE_CONNECT,
		[HOST_EXEC] = STAGE_EXEC,
		[HOST_FAREWELL] = STAGE_TEARDOWN,
		[HOST_LINGER] = STAGE_TEARDOWN,
		[HOST_OVER] = STAGE_NONE,
	};
	return h->state == HOST_TALK ? dialog_stage(&h->dialog) : stages[h->state];
}

bool host_fail_session(struct host_run *h)
{
	char reason[sizeof h->verdict.reason];
	enum outcome o = ssh_session_failure(h->session, reason, sizeof reason);
	host_blame(h);
	verdict_set(&h->verdict, o, host_stage(h), "%s", reason);
	return host_finish(h);
}

bool host_fail(struct host_run *h, enum outcome o, const char *reason)
{
	verdict_set(&h->verdict, o, host_stage(h), "%s", reason);
	return host_finish(h);
}

/* ---- from outside ----------------------------------------------------------------------- */

static bool step_over(struct host_run *h)
{
	(void)h;
	return false;
}

void host_run_step(struct host_run *h)
{
	static bool (*const steps[])(struct host_run *) = {
		[HOST_CONNECT] = host_step_connect,
		[HOST_HANDSHAKE] = host_step_handshake,
		[HOST_AUTH] = host_step_auth,
		[HOST_FORWARD] = host_step_forward,
		[HOST_EXEC] = host_step_exec,
		[HOST_TALK] = host_step_talk,
		[HOST_FAREWELL] = host_step_farewell,
		[HOST_LINGER] = host_step_linger,
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
		host_fail(h, OUTCOME_INTERNAL, why ? why : "out of memory");
		return;
	}
	if (h->dialog.state == DIALOG_ENDED)
		(void)host_part(h);
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

/* The answer to what is asked of a jump host next proves that it has let us in; but that may take
 * as long as to find that the next hop is dark. */
static bool waits_to_pass(const struct host_run *h)
{
	return !h->is_passed &&
	       (h->state == HOST_FORWARD || (h->state == HOST_EXEC && h->row.is_jump != 0));
}

static int64_t state_deadline(const struct host_run *h)
{
	int64_t total = total_deadline(h), own = total;
	if (h->state == HOST_CONNECT || h->state == HOST_FORWARD)
		own = h->state_ms + h->env->connect_timeout_ms;
	else if (h->state == HOST_LINGER)
		own = h->state_ms + LINGER_MS;
	return own < total ? own : total;
}

int64_t host_run_deadline(const struct host_run *h)
{
	int64_t own = state_deadline(h);
	return waits_to_pass(h) && own > h->state_ms + PASS_MS ? h->state_ms + PASS_MS : own;
}

static void fail_late(struct host_run *h)
{
	char reason[64];
	(void)snprintf(reason, sizeof reason, "not finished within %" PRIu32 " s",
		(h->row.deadline_ms + h->row.spent_ms + 500) / 1000);
	host_fail(h, OUTCOME_DEADLINE, reason);
}

static void fail_forward(struct host_run *h)
{
	verdict_set(&h->verdict, OUTCOME_TIMEOUT, STAGE_CONNECT,
		"jump host %s gets no answer from it", h->hop->name);
	host_pass(h);
	host_finish(h);
}

void host_run_expire(struct host_run *h)
{
	if (waits_to_pass(h) && h->env->now_ms < state_deadline(h)) {
		host_tell_passed(h);
		return;
	}
	switch (h->state) {
	case HOST_CONNECT:
		host_next_address(h, ETIMEDOUT);
		if (h->env->now_ms < total_deadline(h))
			host_run_step(h);
		else
			host_finish(h);
		break;
	case HOST_FORWARD:
		fail_forward(h);
		break;
	case HOST_HANDSHAKE:
		if (!ssh_session_heard(h->session)) {
			host_fail(h, OUTCOME_TIMEOUT, "it accepts the connection and says nothing");
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
		host_finish(h); /* what it had is durable here */
		break;
	case HOST_OVER:
		break;
	}
}

void host_run_end(struct host_run *h, enum outcome outcome, const char *reason)
{
	if (h->state == HOST_FAREWELL || h->state == HOST_LINGER)
		host_finish(h);
	else if (h->state != HOST_OVER)
		host_fail(h, outcome, reason);
}

size_t host_run_memory(const struct host_run *h)
{
	size_t below;
	return h->dialog.frame.size + (h->session ? ssh_session_memory(h->session, &below) : 0);
}

void host_run_shed(struct host_run *h)
{
	char reason[128];
	size_t below;
	(void)snprintf(reason, sizeof reason,
		"it has sent %zu KiB that have to be kept here, more than any other host, and all "
		"of them too much",
		host_run_memory(h) / 1024);
	if (h->session && h->state < HOST_FAREWELL) {
		(void)ssh_session_memory(h->session, &below);
		host_go_to_hop(h, h->hop_at - below);
	}
	host_run_end(h, OUTCOME_TOO_LARGE, reason);
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

static bool take_hops(struct host_run *h)
{
	h->hop_count = ipc_count_hops(h->row.hops);
	bool sane = h->hop_count > 0;
	for (size_t i = 0; sane && i < h->hop_count; i++) {
		struct ipc_hop *hop = &h->hops[i];
		sane = ipc_get_hop(h->row.hops, i, hop) == 0 &&
		       (!hop->identity || hop->public_key.len > 0) &&
		       hop->policy <= HOST_KEY_PINNED;
	}
	return sane;
}

static bool is_sane(struct host_run *h)
{
	return strlen(h->row.name) < sizeof((struct spool_head *)0)->client && take_hops(h) &&
	       ipc_count_addresses(h->row.addresses) > 0;
}

bool host_run_has_identity(const struct host_run *h)
{
	bool has = false;
	for (size_t i = 0; !has && i < h->hop_count; i++)
		has = h->hops[i].identity != 0;
	return has;
}

/* memcpy(3) leaves the last of them in vector registers, which the dynamic linker saves on the
 * stack when a function is called for the first time: there a password would stay. */
static void copy_secret(uint8_t *to, const uint8_t *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*(volatile uint8_t *)&to[i] = from[i];
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
		copy_secret(h->packet, packet, len);
	if (!h->packet || ipc_decode(IPC_HOST, h->packet, len, &h->row) || !is_sane(h)) {
		host_run_destroy(h);
		return NULL;
	}
	dialog_init(&h->dialog, h->row.request, env->probes, h->row.files_max, h->row.bytes_max);
	host_go_to_hop(h, 0);
	return h;
}

void host_run_destroy(struct host_run *h)
{
	if (!h)
		return;
	host_hang_up(h);
	dialog_finish(&h->dialog);
	free(h->signature.data);
	if (h->packet)
		explicit_bzero(h->packet, h->packet_len);
	free(h->packet);
	free(h);
}
