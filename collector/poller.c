/*
 * One poller: a single-threaded epoll(7) loop over many hosts. A turn is
 *
 *   news from sockets → each touched host steps → one sync for all frames of the turn, then
 *   their acks → what expired ends → every touched host is polled again, or reported
 *
 * so that no host's doing delays another by more than its share of one turn.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "collector/deadline.h"
#include "collector/helper.h"
#include "collector/host_run.h"
#include "collector/ipc.h"
#include "collector/pollers.h"
#include "collector/spool.h"
#include "lib/attempt.h"
#include "lib/clock.h"
#include "lib/crash.h"
#include "lib/log.h"
#include "lib/remote_shell.h"

enum {
	EVENTS_MAX = 256,
	MESSAGES_A_TURN = 64,
	MEMORY_MAX = 1 << 30,
};

struct poller {
	int epoll;
	struct host_env env;
	struct ipc_settings settings;
	struct probes probes;
	struct poll_identity identities[HELPER_IDENTITIES_MAX];
	struct buffer command;
	struct deadlines deadlines; /* one a host: also the list of all hosts */
	struct host_run *touched;   /* of this turn */
	struct host_run *waiting;   /* for the signer */
	uint32_t live, connecting, asked;
	bool is_ready; /* settings, probes and command are there */
	bool has_identity, is_stopping;
	int64_t stop_ms;      /* when those in flight are ended */
	char control, signer; /* their addresses mark these sockets' events */
	struct ipc_packet packet;
};

static struct host_run *host_of(struct deadline *d)
{
	return (struct host_run *)d; /* its first member */
}

static void touch(struct poller *p, struct host_run *h)
{
	if (h->is_touched)
		return;
	h->is_touched = true;
	h->next = p->touched;
	p->touched = h;
}

static void await_signer(struct poller *p, struct host_run *h)
{
	if (h->is_waiting || (h->sign != SIGN_ASKED && h->sign != SIGN_BLOCKED))
		return;
	h->is_waiting = true;
	h->next_waiting = p->waiting;
	p->waiting = h;
}

static void stop_waiting(struct poller *p, struct host_run *h)
{
	struct host_run **at = &p->waiting;
	if (!h->is_waiting)
		return;
	while (*at != h)
		at = &(*at)->next_waiting;
	*at = h->next_waiting;
	h->is_waiting = false;
}

/* ---- to the parent ---------------------------------------------------------------------- */

/* Blocks while the parent is busy; a parent that is gone takes this process with it. */
static void tell(enum ipc_type type, const void *message)
{
	if (ipc_send(HELPER_CONTROL, type, message, -1))
		log_debug("poller: the collector is gone");
}

static void tell_new_key(void *arg, uint32_t seq, const struct host_key *key)
{
	(void)arg;
	const struct ipc_new_key m = {
		.seq = seq, .type = key->type, .blob = { key->blob, key->blob_len }
	};
	tell(IPC_NEW_KEY, &m);
}

static void write_outcome(const struct poller *p, const struct host_run *h)
{
	struct error err;
	struct spool_outcome o = {
		.attempt_id = h->row.attempt_id,
		.cycle_id = p->settings.cycle_id,
		.outcome = h->verdict.outcome,
		.stage = h->verdict.stage,
		.taken_at = attempt_time_ms(h->row.attempt_id),
		.received_at = clock_wall_ms(),
		.duration_ms = (uint32_t)(p->env.now_ms - h->started_ms) + h->row.spent_ms,
	};
	memcpy(o.client, h->row.name, strlen(h->row.name) + 1);
	memcpy(o.text, h->verdict.reason, sizeof o.text);
	if (spool_put_outcome(POLLER_OUTCOMES, &o, &err))
		log_error("%s: its outcome is lost: %s", h->row.name, err.text);
}

/* The line first: a poller that dies in between is not asked again for this host. */
static void report(struct poller *p, struct host_run *h)
{
	const struct ipc_finished m = {
		.seq = h->row.seq, .outcome = h->verdict.outcome, .text = h->verdict.reason
	};
	write_outcome(p, h);
	tell(IPC_FINISHED, &m);
	deadlines_remove(&p->deadlines, &h->deadline);
	stop_waiting(p, h);
	p->live--;
	host_run_destroy(h);
}

static uint32_t less(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

static void ask_for_more(struct poller *p)
{
	uint32_t busy = p->live + p->asked, connecting = p->connecting + p->asked;
	if (!p->is_ready || p->is_stopping || busy >= p->settings.sessions ||
		connecting >= p->settings.connects)
		return;
	const struct ipc_count m = { less(
		p->settings.sessions - busy, p->settings.connects - connecting) };
	p->asked += m.count;
	tell(IPC_WANT, &m);
}

/* ---- from the parent -------------------------------------------------------------------- */

static int take_settings(struct poller *p)
{
	if (ipc_decode(IPC_SETTINGS, p->packet.data, p->packet.len, &p->settings))
		return -1;
	log_setup("fleet-collector", (enum log_level)p->settings.log_level);
	p->env.connect_timeout_ms = p->settings.connect_timeout_ms;
	p->env.cycle_id = p->settings.cycle_id;
	p->env.spool_room = p->settings.spool_room;
	return 0;
}

static int take_probe(struct poller *p)
{
	struct ipc_probe m;
	struct probe probe = { .fd = -1 };
	struct error err;
	if (ipc_decode(IPC_PROBE, p->packet.data, p->packet.len, &m) ||
		p->probes.count == PROBES_MAX || strlen(m.machine) >= sizeof probe.machine ||
		strlen(m.hash) >= sizeof probe.hash)
		return -1;
	memcpy(probe.machine, m.machine, strlen(m.machine) + 1);
	memcpy(probe.hash, m.hash, strlen(m.hash) + 1);
	if (probe_map(&probe, POLLER_PROBES + (int)p->probes.count, &err)) {
		log_error("poller: %s", err.text);
		return -1;
	}
	p->probes.items[p->probes.count++] = probe;
	return 0;
}

static int take_identity(struct poller *p)
{
	struct ipc_identity m;
	if (ipc_decode(IPC_IDENTITY, p->packet.data, p->packet.len, &m) ||
		m.id >= HELPER_IDENTITIES_MAX || p->identities[m.id].blob || !m.blob.len)
		return -1;
	struct poll_identity *id = &p->identities[m.id];
	id->blob = malloc(m.blob.len);
	if (!id->blob)
		return -1;
	memcpy(id->blob, m.blob.data, m.blob.len);
	id->len = m.blob.len;
	p->has_identity = true;
	return 0;
}

static int make_command(struct poller *p)
{
	struct remote_probe list[PROBES_MAX];
	for (size_t i = 0; i < p->probes.count; i++) {
		list[i].machine = p->probes.items[i].machine;
		memcpy(list[i].hash, p->probes.items[i].hash, sizeof list[i].hash);
	}
	if (remote_shell_run(list, p->probes.count, &p->command))
		return -1;
	p->env.command = p->command.data;
	return 0;
}

static int take_host(struct poller *p)
{
	struct host_run *h = host_run_create(p->packet.data, p->packet.len, &p->env);
	ipc_wipe(&p->packet);
	if (!h || deadlines_set(&p->deadlines, &h->deadline, host_run_deadline(h))) {
		host_run_destroy(h);
		return -1; /* a new poller, with memory, is the cure */
	}
	p->asked -= p->asked > 0;
	p->live++;
	p->connecting++;
	h->is_connecting = true;
	touch(p, h);
	return 0;
}

static int take_stop(struct poller *p)
{
	struct ipc_count m;
	if (ipc_decode(IPC_STOP, p->packet.data, p->packet.len, &m))
		return -1;
	p->is_stopping = true;
	p->stop_ms = p->env.now_ms + m.count;
	return 0;
}

static int take_ready(struct poller *p)
{
	struct epoll_event signer = { .events = EPOLLIN, .data.ptr = &p->signer };
	if (p->has_identity && epoll_ctl(p->epoll, EPOLL_CTL_ADD, POLLER_SIGNER, &signer))
		return -1;
	p->is_ready = true;
	return make_command(p);
}

/* 1 when there was a message, 0 when there is none now, -1 ends the poller. */
static int take_message(struct poller *p)
{
	static int (*const takes[IPC_TYPE_COUNT])(struct poller *) = {
		[IPC_SETTINGS] = take_settings,
		[IPC_PROBE] = take_probe,
		[IPC_IDENTITY] = take_identity,
		[IPC_READY] = take_ready,
		[IPC_HOST] = take_host,
		[IPC_STOP] = take_stop,
	};
	int r = ipc_receive(HELPER_CONTROL, &p->packet);
	if (r <= 0)
		return r < 0 && errno == EAGAIN ? 0 : -1;
	return !takes[p->packet.type] || takes[p->packet.type](p) ? -1 : 1;
}

static int listen_to_parent(struct poller *p)
{
	int r = 1;
	for (int i = 0; i < MESSAGES_A_TURN && r == 1; i++)
		r = take_message(p);
	return r < 0 ? -1 : 0;
}

/* ---- from the signer -------------------------------------------------------------------- */

static struct host_run *host_waiting(struct poller *p, uint32_t serial)
{
	struct host_run *h = p->waiting;
	while (h && (h->row.seq != serial || h->sign != SIGN_ASKED))
		h = h->next_waiting;
	return h;
}

/* There is room for questions again; or, when the signer is gone, no use in waiting. */
static void wake_blocked(struct poller *p, bool is_gone)
{
	for (struct host_run *h = p->waiting; h; h = h->next_waiting) {
		if (is_gone)
			host_run_signed(h, (struct signature){ 0 });
		if (is_gone || h->sign == SIGN_BLOCKED)
			touch(p, h);
	}
}

static void lose_signer(struct poller *p)
{
	log_error("poller: the signer is gone");
	(void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, POLLER_SIGNER, NULL);
	p->env.signer_fd = -1;
	wake_blocked(p, true);
}

static void listen_to_signer(struct poller *p)
{
	uint32_t serial;
	struct signature signature;
	while (signer_answer(POLLER_SIGNER, &serial, &signature) == 0) {
		struct host_run *h = host_waiting(p, serial);
		if (!h) {
			free(signature.data); /* its host ended meanwhile */
			continue;
		}
		host_run_signed(h, signature);
		stop_waiting(p, h);
		touch(p, h);
	}
	if (errno == EAGAIN)
		wake_blocked(p, false);
	else
		lose_signer(p);
}

/* ---- a turn ----------------------------------------------------------------------------- */

static void step_touched(struct poller *p)
{
	for (struct host_run *h = p->touched; h; h = h->next) {
		if (h->session)
			ssh_session_new_turn(h->session);
		host_run_step(h);
	}
}

static void sync_frames(struct poller *p)
{
	struct error err;
	const char *why = NULL;
	bool any = false;
	for (struct host_run *h = p->touched; h && !any; h = h->next)
		any = h->unsynced;
	if (any && spool_sync(POLLER_SPOOL, &err))
		why = err.text;
	if (any)
		crash_point("synced");
	for (struct host_run *h = p->touched; any && h; h = h->next)
		if (h->unsynced)
			host_run_synced(h, why);
}

static void expire(struct poller *p)
{
	bool is_end = p->is_stopping && p->env.now_ms >= p->stop_ms;
	struct deadline *d;
	while ((d = deadlines_first(&p->deadlines)) && (is_end || d->at_ms <= p->env.now_ms)) {
		struct host_run *h = host_of(d);
		if (is_end)
			host_run_end(h, OUTCOME_NOT_DONE, "the run was ended");
		else
			host_run_expire(h);
		deadlines_remove(&p->deadlines, d); /* settle() puts it back */
		touch(p, h);
	}
}

static int arm(struct poller *p, struct host_run *h)
{
	uint32_t events = host_run_events(h);
	struct epoll_event e = { .events = events, .data.ptr = h };
	int op = h->is_armed ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
	if (h->is_armed && events == h->armed)
		return 0;
	h->is_armed = true;
	h->armed = events;
	return epoll_ctl(p->epoll, op, h->fd, &e);
}

/* A host leaves its turn: gone, or waiting for news or its deadline. */
static void settle(struct poller *p, struct host_run *h)
{
	h->is_touched = false;
	if (h->state != HOST_OVER &&
		(arm(p, h) || deadlines_set(&p->deadlines, &h->deadline, host_run_deadline(h))))
		host_run_end(h, OUTCOME_INTERNAL, "out of memory");
	if (h->is_connecting && h->state != HOST_CONNECT) {
		h->is_connecting = false;
		p->connecting--;
	}
	if (h->state == HOST_OVER)
		report(p, h);
	else if (host_run_has_more(h))
		touch(p, h);
	else
		await_signer(p, h);
}

static void settle_touched(struct poller *p)
{
	struct host_run *h = p->touched;
	p->touched = NULL;
	while (h) {
		struct host_run *next = h->next;
		settle(p, h);
		h = next;
	}
}

static int wait_ms(const struct poller *p)
{
	const struct deadline *d = deadlines_first(&p->deadlines);
	if (p->touched)
		return 0;
	int64_t at = d ? d->at_ms : INT64_MAX;
	if (p->is_stopping && at > p->stop_ms)
		at = p->stop_ms;
	if (!d)
		return -1;
	int64_t left = at - clock_monotonic_ms();
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static int take_event(struct poller *p, const struct epoll_event *e)
{
	struct host_run *h = e->data.ptr;
	if (e->data.ptr == &p->control)
		return listen_to_parent(p);
	if (e->data.ptr == &p->signer) {
		listen_to_signer(p);
		return 0;
	}
	h->heard |= h->state != HOST_CONNECT && (e->events & EPOLLIN);
	touch(p, h);
	return 0;
}

static int turn(struct poller *p)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(p->epoll, events, EVENTS_MAX, wait_ms(p));
	if (n < 0 && errno != EINTR)
		return -1;
	p->env.now_ms = clock_monotonic_ms();
	for (int i = 0; i < n; i++)
		if (take_event(p, &events[i]))
			return -1;
	step_touched(p);
	sync_frames(p);
	expire(p);
	settle_touched(p);
	ask_for_more(p);
	return 0;
}

/* ---- the process ------------------------------------------------------------------------ */

static int start(struct poller *p, struct error *err)
{
	struct epoll_event control = { .events = EPOLLIN, .data.ptr = &p->control };
	if (helper_confine(err) || helper_limit_memory(MEMORY_MAX, err) || ssh_global_init(err))
		return -1;
	p->env = (struct host_env){ .probes = &p->probes,
		.identities = p->identities,
		.identity_count = HELPER_IDENTITIES_MAX,
		.spool_fd = POLLER_SPOOL,
		.signer_fd = POLLER_SIGNER,
		.new_key = tell_new_key,
		.arg = p,
		.now_ms = clock_monotonic_ms() };
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll < 0 || epoll_ctl(p->epoll, EPOLL_CTL_ADD, HELPER_CONTROL, &control))
		return error_errno(err, "epoll");
	return 0;
}

static void finish(struct poller *p)
{
	struct deadline *d;
	while ((d = deadlines_first(&p->deadlines))) {
		deadlines_remove(&p->deadlines, d);
		host_run_destroy(host_of(d));
	}
	deadlines_finish(&p->deadlines);
	for (size_t i = 0; i < HELPER_IDENTITIES_MAX; i++)
		free(p->identities[i].blob);
	buffer_finish(&p->command);
	probes_finish(&p->probes);
	free(p);
}

int poller_main(int argc, char **argv)
{
	struct error err;
	(void)argc;
	(void)argv;
	log_setup("fleet-collector", LOG_WARNING);
	struct poller *p = calloc(1, sizeof *p);
	if (!p || start(p, &err)) {
		log_error("poller: %s", p ? err.text : "out of memory");
		free(p);
		return 1;
	}
	while (turn(p) == 0)
		;
	finish(p);
	return 0;
}
