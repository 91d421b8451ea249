/* What a poller is told, and what it tells. */
#include "collector/poller/poller_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "collector/spool/spool.h"
#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/log.h"
#include "lib/wire/remote_shell.h"

enum { MESSAGES_A_TURN = 64 };

/* Blocks while the parent is busy; a parent that is gone takes this process with it. */
static void tell(enum ipc_type type, const void *message)
{
	if (ipc_send(HELPER_CONTROL, type, message, -1))
		log_debug("poller: the collector is gone");
}

void poller_tell_new_key(void *arg, uint32_t seq, size_t hop, const struct host_key *key)
{
	(void)arg;
	const struct ipc_new_key m = { .seq = seq,
		.hop = (uint32_t)hop,
		.type = key->type,
		.blob = { key->blob, key->blob_len } };
	tell(IPC_NEW_KEY, &m);
}

void poller_tell_passed(void *arg, uint32_t seq, size_t hop)
{
	(void)arg;
	const struct ipc_passed m = { seq, (uint32_t)hop };
	tell(IPC_PASSED, &m);
}

static void write_outcome(const struct poller *p, const struct host_run *h)
{
	struct error err;
	struct spool_outcome o = {
		.attempt_id = h->row.attempt_id,
		.cycle_id = p->settings.cycle_id,
		.outcome = h->verdict.outcome,
		.stage = h->verdict.stage,
		.taken_at = (int64_t)p->settings.taken_at,
		.received_at = clock_wall_ms(),
		.duration_ms = (uint32_t)(p->env.now_ms - h->started_ms) + h->row.spent_ms,
	};
	(void)snprintf(o.nonce, sizeof o.nonce, "%s", h->row.nonce);
	memcpy(o.client, h->row.name, strlen(h->row.name) + 1);
	memcpy(o.text, h->verdict.reason, sizeof o.text);
	if (spool_put_outcome(POLLER_OUTCOMES, &o, &err))
		log_error("%s: its outcome is lost: %s", h->row.name, err.text);
}

/* The line first: a poller that dies in between is not asked again for this host. */
void poller_report(struct poller *p, struct host_run *h)
{
	const struct ipc_finished m = { .seq = h->row.seq,
		.outcome = h->verdict.outcome,
		.hop = (uint32_t)h->hop_at,
		.files = h->files,
		.text = h->verdict.reason };
	write_outcome(p, h);
	tell(IPC_FINISHED, &m);
	deadlines_remove(&p->deadlines, &h->deadline);
	poller_stop_waiting(p, h);
	poller_stop_sync(p, h);
	p->live--;
	p->held -= h->held;
	host_run_destroy(h);
}

void poller_ask_for_more(struct poller *p)
{
	uint32_t busy = p->live - p->dark[DARK_FROM_HERE] + p->asked;
	uint32_t connecting =
		p->connecting - p->dark[DARK_FROM_HERE] - p->dark[DARK_BEYOND] + p->asked;
	if (!p->is_ready || p->is_stopping || busy >= p->settings.sessions ||
		connecting >= p->settings.connects)
		return;
	const struct ipc_count m = { (uint32_t)smaller(
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

/* There is one once somebody's login is to be signed. */
static int hear_signer(struct poller *p)
{
	struct epoll_event signer = { .events = EPOLLIN, .data.ptr = &p->signer };
	if (p->hears_signer)
		return 0;
	p->hears_signer = true;
	return epoll_ctl(p->epoll, EPOLL_CTL_ADD, POLLER_SIGNER, &signer);
}

static int take_host(struct poller *p)
{
	struct host_run *h = host_run_create(p->packet.data, p->packet.len, &p->env);
	ipc_wipe(&p->packet);
	if (!h || (host_run_has_identity(h) && hear_signer(p)) ||
		deadlines_set(&p->deadlines, &h->deadline, host_run_deadline(h))) {
		host_run_destroy(h);
		return -1; /* a new poller, with memory, is the cure */
	}
	p->asked -= p->asked > 0;
	p->live++;
	p->connecting++;
	h->is_connecting = true;
	poller_touch(p, h);
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

static int take_resign(struct poller *p)
{
	poller_ask_again(p);
	return 0;
}

static int take_ready(struct poller *p)
{
	p->is_ready = true;
	return make_command(p);
}

/* 1 when there was a message, 0 when there is none now, -1 ends the poller. */
static int take_message(struct poller *p)
{
	static int (*const takes[IPC_TYPE_COUNT])(struct poller *) = {
		[IPC_SETTINGS] = take_settings,
		[IPC_PROBE] = take_probe,
		[IPC_READY] = take_ready,
		[IPC_HOST] = take_host,
		[IPC_STOP] = take_stop,
		[IPC_RESIGN] = take_resign,
	};
	int r = ipc_receive(HELPER_CONTROL, &p->packet);
	if (r <= 0)
		return r < 0 && errno == EAGAIN ? 0 : -1;
	return !takes[p->packet.type] || takes[p->packet.type](p) ? -1 : 1;
}

int poller_listen(struct poller *p)
{
	int r = 1;
	for (int i = 0; i < MESSAGES_A_TURN && r == 1; i++)
		r = take_message(p);
	return r < 0 ? -1 : 0;
}
