/*
 * The parent during the poll phase: it talks to no host. It resolves names and feeds rows to
 * the pollers through helpers, records what they say, and sees to it that every host of the
 * plan has its outcome line when this returns.
 */
#include "collector/pollers.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collector/feed.h"
#include "collector/helper.h"
#include "collector/identities.h"
#include "collector/names.h"
#include "collector/probes.h"
#include "collector/spool.h"
#include "collector/verdict.h"
#include "collector/worker.h"
#include "lib/attempt.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	WORKERS_MAX = 64,
	HOSTS_A_WORKER = 32,   /* fewer hosts than this need no second poller */
	REPLACEMENTS_MAX = 16, /* pollers that may die before the run gives up */
	PROGRESS_MS = 250,
	NAME_MS = 10000,    /* the longest a name may take */
	RESOLVED_MAX = 256, /* names resolved ahead of need */
	GRACE_MS = 3000,    /* for hosts in flight once the run is being ended */
	KILL_MS = 2000,	    /* after that, for the pollers themselves */
	HANG_MS = 10000,    /* past a host's deadline: its poller hangs */
	OWN_FDS = 64,	    /* of a poller beside its sessions */
	MESSAGES_A_TURN = 256,
};

struct run {
	const struct poll_plan *plan;
	struct poll_progress progress;
	struct feed feed;
	struct probes probes;
	struct identities identities;
	struct names names;
	struct worker workers[WORKERS_MAX];
	size_t worker_count;
	uint32_t started; /* workers, ever: numbers their outcome files; 0 is the parent's */
	struct ipc_settings settings; /* of each worker */
	int outcomes_fd;
	int64_t now_ms, stop_ms, kill_ms, told_ms, watched_ms;
	bool is_stopping;
	struct ipc_packet packet;
};

/* ---- outcomes --------------------------------------------------------------------------- */

static void count_done(struct run *r, uint32_t seq, enum outcome o, const char *text)
{
	struct feed_host *h = &r->feed.hosts[seq];
	if (h->phase == FEED_FLYING) {
		r->workers[h->worker].flying--;
		r->progress.active--;
	}
	feed_done(&r->feed, seq);
	if (o == OUTCOME_OK)
		r->progress.ok++;
	else
		r->progress.failed++;
	if (r->plan->done)
		r->plan->done(r->plan->arg, &r->plan->hosts[seq], o, text);
}

/* An outcome that no poller wrote. */
static void conclude(struct run *r, uint32_t seq, const struct verdict *v)
{
	const struct poll_host *host = &r->plan->hosts[seq];
	const struct feed_host *h = &r->feed.hosts[seq];
	struct spool_outcome o = {
		.attempt_id = host->request.attempt_id,
		.cycle_id = r->plan->cycle_id,
		.outcome = v->outcome,
		.stage = v->stage,
		.taken_at = attempt_time_ms(host->request.attempt_id),
		.received_at = clock_wall_ms(),
		.duration_ms = h->phase == FEED_QUEUED ? 0 : (uint32_t)(r->now_ms - h->started_ms),
	};
	struct error err;
	(void)snprintf(o.client, sizeof o.client, "%s", host->client->name);
	(void)snprintf(o.text, sizeof o.text, "%s", v->reason);
	if (spool_put_outcome(r->outcomes_fd, &o, &err))
		log_error("%s: its outcome is lost: %s", host->client->name, err.text);
	count_done(r, seq, v->outcome, v->reason);
}

static void fail_host(
	struct run *r, uint32_t seq, enum outcome o, enum stage stage, const char *reason)
{
	struct verdict v;
	verdict_set(&v, o, stage, "%s", reason);
	conclude(r, seq, &v);
}

/* Everything not done yet, or not yet given to a poller. */
static void fail_rest(struct run *r, bool also_flying, enum outcome o, const char *reason)
{
	for (uint32_t i = 0; i < r->feed.count; i++) {
		enum feed_phase phase = r->feed.hosts[i].phase;
		if (phase != FEED_DONE && (also_flying || phase != FEED_FLYING))
			fail_host(r, i, o, STAGE_NONE, reason);
	}
}

/* ---- hosts in --------------------------------------------------------------------------- */

static uint32_t at_most(int64_t value, uint32_t max)
{
	return value < 0 ? 0 : value > max ? max : (uint32_t)value;
}

static void queue_host(struct run *r, uint32_t seq)
{
	const struct client *c = r->plan->hosts[seq].client;
	struct feed_host *h = &r->feed.hosts[seq];
	const struct known_identity *id;
	struct sockaddr_storage address;
	h->was_down = r->plan->hosts[seq].was_down;
	id = h->identity ? &r->identities.items[h->identity - 1] : NULL;
	if (*c->jump)
		fail_host(r, seq, OUTCOME_INTERNAL, STAGE_CONNECT, "jump hosts are not served yet");
	else if (id ? !id->blob : !*c->password)
		fail_host(r, seq, OUTCOME_AUTH, STAGE_AUTH,
			id ? id->reason : "there is neither an identity nor a password for it");
	else if (names_parse_literal(c->ip, c->port, &address))
		feed_name(&r->feed, seq);
	else if (feed_ready(&r->feed, seq, &address, 1))
		fail_host(r, seq, OUTCOME_INTERNAL, STAGE_NONE, "out of memory");
}

static int make_row(const struct run *r, uint32_t seq, char request[static WIRE_LINE_MAX],
	struct buffer *keys, struct host_row *ret_row)
{
	const struct poll_host *host = &r->plan->hosts[seq];
	const struct feed_host *h = &r->feed.hosts[seq];
	const struct client *c = host->client;
	if (wire_format_request(&host->request, request, WIRE_LINE_MAX) < 0 ||
		ipc_put_keys(host->keys, host->key_count, keys))
		return -1;
	*ret_row = (struct host_row){
		.seq = seq,
		.attempt_id = host->request.attempt_id,
		.deadline_ms = at_most(host->deadline_ms - h->spent_ms, INT32_MAX),
		.spent_ms = h->spent_ms,
		.name = c->name,
		.user = c->username,
		.password = h->identity ? "" : c->password,
		.identity = h->identity,
		.policy = c->host_key_policy,
		.pin = c->host_key_pin,
		.request = request,
		.files_max = host->request.files_max,
		.bytes_max = host->request.bytes_max,
		.addresses = { (const uint8_t *)h->addresses,
			h->address_count * sizeof *h->addresses },
		.keys = { (const uint8_t *)keys->data, keys->len },
	};
	return 0;
}

/* False when this worker can take no more now. */
static bool send_host(struct run *r, struct worker *w, uint32_t seq)
{
	struct feed_host *h = &r->feed.hosts[seq];
	CLEANUP(buffer_finish) struct buffer keys = { 0 };
	char request[WIRE_LINE_MAX];
	struct host_row row;
	if (make_row(r, seq, request, &keys, &row)) {
		fail_host(r, seq, OUTCOME_INTERNAL, STAGE_NONE, "its row does not fit");
		return true;
	}
	if (worker_send(w, IPC_HOST, &row)) {
		if (errno == EMSGSIZE) {
			fail_host(r, seq, OUTCOME_INTERNAL, STAGE_NONE, "its row does not fit");
			return true;
		}
		feed_put_back(&r->feed, seq);
		w->wanted = w->is_full ? w->wanted : 0; /* a dead one is found by its socket */
		return false;
	}
	h->phase = FEED_FLYING;
	h->worker = (uint32_t)(w - r->workers);
	h->started_ms = r->now_ms;
	w->wanted--;
	w->flying++;
	r->progress.active++;
	return true;
}

static void feed_worker(struct run *r, struct worker *w)
{
	uint32_t seq;
	while (w->pid && w->wanted && !w->is_full && feed_next_ready(&r->feed, &seq))
		if (!send_host(r, w, seq))
			return;
}

static void feed_names(struct run *r)
{
	uint32_t seq;
	while (r->feed.resolved < RESOLVED_MAX && names_are_free(&r->names) &&
		feed_next_name(&r->feed, &seq)) {
		const struct poll_host *host = &r->plan->hosts[seq];
		const struct ipc_resolve m = { seq, host->client->port, host->client->ip };
		struct feed_host *h = &r->feed.hosts[seq];
		h->phase = FEED_RESOLVING;
		h->started_ms = r->now_ms;
		if (names_ask(&r->names, &m, r->now_ms + at_most(host->deadline_ms, NAME_MS)))
			fail_host(r, seq, OUTCOME_INTERNAL, STAGE_RESOLVE, "no resolver process");
	}
}

static void take_name(void *arg, const struct ipc_resolved *m)
{
	struct run *r = arg;
	struct feed_host *h = &r->feed.hosts[m->seq];
	size_t count = ipc_count_addresses(m->addresses);
	if (h->phase != FEED_RESOLVING)
		return;
	h->spent_ms = at_most(r->now_ms - h->started_ms, INT32_MAX);
	if (!count)
		fail_host(r, m->seq, OUTCOME_DNS, STAGE_RESOLVE, m->reason);
	else if (feed_ready(&r->feed, m->seq, m->addresses.data, count))
		fail_host(r, m->seq, OUTCOME_INTERNAL, STAGE_RESOLVE, "out of memory");
}

/* ---- what pollers say ------------------------------------------------------------------- */

/* A poller speaks only of hosts it was given. */
static bool is_its_own(const struct run *r, const struct worker *w, uint32_t seq)
{
	return seq < r->feed.count && r->feed.hosts[seq].phase == FEED_FLYING &&
	       &r->workers[r->feed.hosts[seq].worker] == w;
}

static int take_want(struct run *r, struct worker *w)
{
	struct ipc_count m;
	if (ipc_decode(IPC_WANT, r->packet.data, r->packet.len, &m) ||
		m.count > r->settings.sessions - w->wanted)
		return -1;
	w->wanted += m.count;
	return 0;
}

static int take_finished(struct run *r, struct worker *w)
{
	struct ipc_finished m;
	if (ipc_decode(IPC_FINISHED, r->packet.data, r->packet.len, &m) ||
		!is_its_own(r, w, m.seq) || m.outcome >= OUTCOME_COUNT)
		return -1;
	count_done(r, m.seq, (enum outcome)m.outcome, m.text);
	return 0;
}

static int take_new_key(struct run *r, struct worker *w)
{
	struct ipc_new_key m;
	struct error err;
	if (ipc_decode(IPC_NEW_KEY, r->packet.data, r->packet.len, &m) || !is_its_own(r, w, m.seq))
		return -1;
	const struct client *c = r->plan->hosts[m.seq].client;
	const struct host_key key = { m.type, m.blob.data, m.blob.len, false };
	char print[FINGERPRINT_SIZE];
	if (c->host_key_policy != HOST_KEY_ACCEPT_NEW)
		return -1;
	if (known_hosts_replace(
		    r->plan->config->collector.known_hosts, c->ip, c->port, &key, 1, &err))
		log_warning("%s: its host key is not recorded: %s", c->name, err.text);
	else
		log_info("%s: host key %s recorded on first use", c->name,
			host_key_fingerprint(key.blob, key.blob_len, print));
	return 0;
}

/* 1 when there was a message, 0 when there is none now, -1 when the poller is done with. */
static int take_message(struct run *r, struct worker *w)
{
	int got = ipc_receive(w->control, &r->packet);
	if (got <= 0)
		return got < 0 && errno == EAGAIN ? 0 : -1;
	if (r->packet.fd >= 0) {
		close(r->packet.fd);
		return -1;
	}
	switch (r->packet.type) {
	case IPC_WANT:
		return take_want(r, w) ? -1 : 1;
	case IPC_FINISHED:
		return take_finished(r, w) ? -1 : 1;
	case IPC_NEW_KEY:
		return take_new_key(r, w) ? -1 : 1;
	default:
		return -1;
	}
}

/* ---- pollers' lives --------------------------------------------------------------------- */

static int start_worker(struct run *r, struct worker *w, struct error *err)
{
	const struct worker_setup setup = {
		.settings = &r->settings,
		.probes = &r->probes,
		.identities = &r->identities,
		.spool_fd = r->plan->spool_fd,
		.number = ++r->started,
	};
	return worker_start(w, &setup, err);
}

static void replace_worker(struct run *r, struct worker *w)
{
	struct error err;
	if (r->is_stopping || !r->feed.left)
		return;
	if (r->started >= r->worker_count + REPLACEMENTS_MAX)
		log_error("pollers keep dying; no more are started");
	else if (start_worker(r, w, &err))
		log_error("%s", err.text);
}

static void bury_worker(struct run *r, struct worker *w, const char *reason)
{
	uint32_t index = (uint32_t)(w - r->workers);
	for (uint32_t i = 0; w->flying && i < r->feed.count; i++)
		if (r->feed.hosts[i].phase == FEED_FLYING && r->feed.hosts[i].worker == index)
			fail_host(r, i, OUTCOME_INTERNAL, STAGE_NONE, reason);
	worker_end(w);
	replace_worker(r, w);
}

static void listen_to_worker(struct run *r, struct worker *w)
{
	int got = 1;
	for (int i = 0; i < MESSAGES_A_TURN && got == 1; i++)
		got = take_message(r, w);
	if (got < 0) {
		log_error("a poller died; its %u hosts in flight failed", w->flying);
		bury_worker(r, w, "its poller died");
	}
}

/* A poller that lets a host pass its deadline by far is stuck. */
static void watch_workers(struct run *r)
{
	if (r->now_ms - r->watched_ms < 1000)
		return;
	r->watched_ms = r->now_ms;
	for (uint32_t i = 0; i < r->feed.count; i++) {
		const struct feed_host *h = &r->feed.hosts[i];
		if (h->phase != FEED_FLYING ||
			r->now_ms - h->started_ms < r->plan->hosts[i].deadline_ms + HANG_MS)
			continue;
		log_error("a poller hangs; it is replaced");
		bury_worker(r, &r->workers[h->worker], "its poller hung");
	}
}

/* ---- the end ---------------------------------------------------------------------------- */

static void begin_stop(struct run *r, const char *reason)
{
	const struct ipc_count m = { GRACE_MS };
	r->is_stopping = true;
	r->kill_ms = r->now_ms + GRACE_MS + KILL_MS;
	fail_rest(r, false, OUTCOME_NOT_DONE, reason);
	for (size_t i = 0; i < r->worker_count; i++)
		if (r->workers[i].pid && worker_send(&r->workers[i], IPC_STOP, &m))
			bury_worker(r, &r->workers[i], "its poller does not listen");
}

static size_t count_workers(const struct run *r)
{
	size_t count = 0;
	for (size_t i = 0; i < r->worker_count; i++)
		count += r->workers[i].pid != 0;
	return count;
}

static void check_end(struct run *r)
{
	if (!r->is_stopping && r->plan->stop && *r->plan->stop)
		begin_stop(r, "the run was ended");
	if (!r->is_stopping && r->now_ms >= r->stop_ms)
		begin_stop(r, "the run was at its deadline");
	if (r->is_stopping && r->now_ms >= r->kill_ms)
		fail_rest(r, true, OUTCOME_INTERNAL, "its poller did not end");
	if (!count_workers(r))
		fail_rest(r, true, OUTCOME_INTERNAL, "no poller runs");
}

static void tell_progress(struct run *r)
{
	if (!r->plan->progress || r->now_ms - r->told_ms < PROGRESS_MS)
		return;
	r->told_ms = r->now_ms;
	r->plan->progress(r->plan->arg, &r->progress);
}

/* ---- the loop --------------------------------------------------------------------------- */

static void turn(struct run *r)
{
	struct pollfd fds[WORKERS_MAX + NAMES_MAX];
	nfds_t names_at = r->worker_count;
	for (size_t i = 0; i < r->worker_count; i++)
		fds[i] = (struct pollfd){
			.fd = r->workers[i].pid ? r->workers[i].control : -1,
			.events = r->workers[i].is_full ? POLLIN | POLLOUT : POLLIN,
		};
	nfds_t count = names_at + names_poll(&r->names, fds + names_at);
	(void)poll(fds, count, PROGRESS_MS);
	r->now_ms = clock_monotonic_ms();
	for (size_t i = 0; i < r->worker_count; i++) {
		if (fds[i].revents & POLLOUT)
			r->workers[i].is_full = false;
		if (fds[i].revents & ~POLLOUT)
			listen_to_worker(r, &r->workers[i]);
	}
	names_take(&r->names, r->now_ms, take_name, r);
	watch_workers(r);
	check_end(r);
	if (!r->is_stopping)
		feed_names(r);
	for (size_t i = 0; i < r->worker_count && !r->is_stopping; i++)
		feed_worker(r, &r->workers[i]);
	tell_progress(r);
}

/* ---- setting up ------------------------------------------------------------------------- */

static uint32_t count_cores(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

static uint32_t share(uint32_t total, size_t count)
{
	return total / count ? (uint32_t)(total / count) : 1;
}

/* The descriptors that a poller may open are raised as far as they go, or its share lowered. */
static void fit_descriptors(struct ipc_settings *s)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max >= (rlim_t)s->sessions + OWN_FDS)
		return;
	s->sessions = limit.rlim_max > OWN_FDS ? (uint32_t)(limit.rlim_max - OWN_FDS) : 1;
	log_warning("the descriptor limit (%lu) allows %u sessions a poller at once; raise it "
		    "with ulimit -n",
		(unsigned long)limit.rlim_max, s->sessions);
}

static int count_room(const struct run *r, uint32_t *ret_room, struct error *err)
{
	uint32_t max = r->plan->config->collector.spool_files_max;
	struct spool_list list;
	if (spool_list(r->plan->spool_fd, &list, err))
		return -1;
	*ret_room = !max ? UINT32_MAX : list.sealed >= max ? 0 : max - (uint32_t)list.sealed;
	spool_list_finish(&list);
	return 0;
}

static int settle_shares(struct run *r, struct error *err)
{
	const struct collector_config *c = &r->plan->config->collector;
	size_t useful = (r->plan->host_count + HOSTS_A_WORKER - 1) / HOSTS_A_WORKER;
	uint32_t room;
	r->worker_count = c->pollers ? c->pollers : count_cores();
	if (r->worker_count > useful)
		r->worker_count = useful ? useful : 1;
	if (r->worker_count > WORKERS_MAX)
		r->worker_count = WORKERS_MAX;
	if (count_room(r, &room, err))
		return -1;
	r->settings = (struct ipc_settings){
		.cycle_id = r->plan->cycle_id,
		.sessions = share(c->sessions, r->worker_count),
		.connects = share(c->connects, r->worker_count),
		.connect_timeout_ms = at_most(c->connect_timeout_ms, INT32_MAX),
		.spool_room = room / (uint32_t)r->worker_count,
		.log_level = log_level_now(),
	};
	fit_descriptors(&r->settings);
	return 0;
}

static int find_identities(struct run *r, struct error *err)
{
	for (uint32_t i = 0; i < r->feed.count; i++) {
		const struct client *c = r->plan->hosts[i].client;
		if (!*c->identity)
			continue;
		r->feed.hosts[i].identity =
			identities_add(&r->identities, c->identity, c->passphrase_file);
		if (!r->feed.hosts[i].identity)
			return error_set(err, "more than %d identities", HELPER_IDENTITIES_MAX);
	}
	return identities_open(&r->identities, err);
}

static int start_workers(struct run *r, struct error *err)
{
	for (size_t i = 0; i < r->worker_count; i++)
		if (start_worker(r, &r->workers[i], err))
			return -1;
	return 0;
}

static int setup(struct run *r, struct error *err)
{
	const struct collector_config *c = &r->plan->config->collector;
	int64_t grace = c->deadline_ms / 2 < GRACE_MS ? c->deadline_ms / 2 : GRACE_MS;
	r->now_ms = r->progress.started_ms = clock_monotonic_ms();
	r->stop_ms = r->now_ms + c->deadline_ms - grace;
	r->progress.total = (uint32_t)r->plan->host_count;
	if (feed_init(&r->feed, r->plan->host_count))
		return error_set(err, "out of memory");
	if (spool_open_outcomes(r->plan->spool_fd, r->plan->cycle_id, 0, &r->outcomes_fd, err) ||
		probes_load(c->probe_dir, &r->probes, err) || settle_shares(r, err) ||
		find_identities(r, err) || start_workers(r, err))
		return -1;
	for (uint32_t i = 0; i < r->feed.count; i++)
		queue_host(r, i);
	return 0;
}

static void finish(struct run *r)
{
	for (size_t i = 0; i < r->worker_count; i++)
		worker_dismiss(&r->workers[i]);
	names_finish(&r->names);
	identities_finish(&r->identities);
	probes_finish(&r->probes);
	feed_finish(&r->feed);
	if (r->outcomes_fd >= 0)
		close(r->outcomes_fd);
	free(r);
}

int pollers_run(const struct poll_plan *plan, struct poll_progress *ret_progress, struct error *err)
{
	struct run *r = calloc(1, sizeof *r);
	if (!r)
		return error_set(err, "out of memory");
	r->plan = plan;
	r->outcomes_fd = -1;
	int status = setup(r, err);
	while (status == 0 && r->feed.left)
		turn(r);
	if (status == 0)
		status = spool_sync(plan->spool_fd, err);
	*ret_progress = r->progress;
	finish(r);
	return status;
}
