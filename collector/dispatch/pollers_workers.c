/* What pollers say is taken as hostile; what they do is watched. */
#include "collector/dispatch/pollers_private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "collector/dispatch/caps.h"
#include "collector/spool/spool.h"
#include "lib/log.h"
#include "lib/ssh/host_key_judge.h"

enum {
	BARREN_MAX = 16,   /* pollers that may die in a row, none done with a host in between, */
	BARREN_HOSTS = 64, /* and one more for so many hosts, before the run gives up */
	HANG_MS = 10000,   /* past a host's deadline: its poller hangs */
	MESSAGES_A_TURN = 256,
};

/* A poller speaks only of hosts it was given. */
static bool is_its_own(const struct poll_run *r, const struct worker *w, uint32_t seq)
{
	return seq < r->feed.count && r->feed.hosts[seq].phase == FEED_FLYING &&
	       &r->workers[r->feed.hosts[seq].worker] == w;
}

static struct ipc_settings share_of(const struct poll_run *r, const struct worker *w)
{
	return caps_share(&r->caps, r->worker_count, (uint32_t)(w - r->workers));
}

static int take_want(struct poll_run *r, struct worker *w)
{
	struct ipc_count m;
	if (ipc_decode(IPC_WANT, r->packet.data, r->packet.len, &m) ||
		m.count > share_of(r, w).sessions - w->wanted)
		return -1;
	w->wanted += m.count;
	return 0;
}

static int take_finished(struct poll_run *r, struct worker *w)
{
	struct ipc_finished m;
	if (ipc_decode(IPC_FINISHED, r->packet.data, r->packet.len, &m) ||
		!is_its_own(r, w, m.seq) || m.outcome >= OUTCOME_COUNT ||
		m.files > r->feed.hosts[m.seq].files)
		return -1;
	r->room += r->feed.hosts[m.seq].files - m.files;
	const struct jump_end end = { m.hop, (enum outcome)m.outcome, m.text, r->now_ms };
	struct jump *dead;
	r->finished++;
	r->barren = 0;
	int judged = jumps_judge(&r->jumps, m.seq, &end, &dead);
	poll_run_done(r, m.seq, (enum outcome)m.outcome, m.text);
	if (judged == 0 && dead)
		poll_run_fail_behind(r, dead);
	return judged;
}

static int take_passed(struct poll_run *r, struct worker *w)
{
	struct ipc_passed m;
	if (ipc_decode(IPC_PASSED, r->packet.data, r->packet.len, &m) || !is_its_own(r, w, m.seq))
		return -1;
	const struct jump_way way = jumps_way(&r->jumps, m.seq);
	if (m.hop >= way.count)
		return -1;
	jumps_pass(&r->jumps, m.seq, way.items[m.hop], r->now_ms);
	return 0;
}

/* The type stands in the blob again (RFC 4253, section 6.6): nothing else is ever written to
 * known_hosts on a poller's word. */
static bool is_host_key(const struct ipc_new_key *m)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-@.";
	size_t len = strlen(m->type);
	return len > 0 && len < 64 && !m->type[strspn(m->type, allowed)] && m->blob.len > 4 + len &&
	       m->blob.data[0] == 0 && m->blob.data[1] == 0 && m->blob.data[2] == 0 &&
	       m->blob.data[3] == len && memcmp(m->blob.data + 4, m->type, len) == 0;
}

/* By the rule that pollers judge by themselves; what was learned in this run is recorded, too. */
static bool may_record(
	const struct client *c, const struct poll_keys *recorded, const struct host_key *key)
{
	char reason[512];
	bool is_new = false;
	return host_key_judge(c->host_key_policy, c->host_key_pin, recorded->items, recorded->count,
		       key, &is_new, reason, sizeof reason) == OUTCOME_OK &&
	       is_new;
}

static void record(struct poll_run *r, const struct client *c, const struct host_key *key)
{
	char print[FINGERPRINT_SIZE];
	struct error *fault = &r->record_fault;
	if (!fault->text[0] && known_hosts_append(r->plan->config->collector.known_hosts, c->ip,
				       c->port, key, 1, fault) == 0)
		log_info("%s: host key %s recorded on first use", c->name,
			host_key_fingerprint(key->blob, key->blob_len, print));
	else
		log_warning("%s: its host key is not recorded: %s", c->name, fault->text);
}

static int take_jump_key(struct poll_run *r, struct jump *jump, const struct host_key *key)
{
	const struct poll_jump *p = jump->plan;
	if (jump->learned || !may_record(p->client, &p->keys, key) || jumps_learn_key(jump, key))
		return -1;
	record(r, p->client, key);
	return 0;
}

static int take_host_key(struct poll_run *r, uint32_t seq, const struct host_key *key)
{
	const struct poll_host *host = &r->plan->hosts[seq];
	struct feed_host *h = &r->feed.hosts[seq];
	if (h->has_shown_key || !may_record(host->client, &host->keys, key))
		return -1;
	h->has_shown_key = true;
	record(r, host->client, key);
	return 0;
}

static int take_new_key(struct poll_run *r, struct worker *w)
{
	struct ipc_new_key m;
	if (ipc_decode(IPC_NEW_KEY, r->packet.data, r->packet.len, &m) ||
		!is_its_own(r, w, m.seq) || !is_host_key(&m))
		return -1;
	const struct jump_way way = jumps_way(&r->jumps, m.seq);
	const struct host_key key = { m.type, m.blob.data, m.blob.len, false };
	if (m.hop < way.count)
		return take_jump_key(r, way.items[m.hop], &key);
	return m.hop == way.depth ? take_host_key(r, m.seq, &key) : -1;
}

/* 1 when there was a message, 0 when there is none now, -1 when the poller is done with. */
static int take_message(struct poll_run *r, struct worker *w)
{
	int got = ipc_receive(w->control, &r->packet);
	if (got <= 0)
		return got < 0 && errno == EAGAIN ? 0 : -1;
	switch (r->packet.type) {
	case IPC_WANT:
		return take_want(r, w) ? -1 : 1;
	case IPC_FINISHED:
		return take_finished(r, w) ? -1 : 1;
	case IPC_PASSED:
		return take_passed(r, w) ? -1 : 1;
	case IPC_NEW_KEY:
		return take_new_key(r, w) ? -1 : 1;
	default:
		return -1;
	}
}

/* ---- pollers' lives --------------------------------------------------------------------- */

int poll_run_start_worker(struct poll_run *r, struct worker *w, struct error *err)
{
	const struct ipc_settings share = share_of(r, w);
	if (r->started == SPOOL_POLLERS_MAX)
		return error_set(err, "%d pollers died in one run", SPOOL_POLLERS_MAX);
	const struct worker_setup setup = {
		.settings = &share,
		.probes = &r->probes,
		.spool_fd = r->plan->spool_fd,
		.number = ++r->started,
	};
	return worker_start(w, &setup, err);
}

static void replace_worker(struct poll_run *r, struct worker *w)
{
	struct error err = { "pollers keep dying; no more are started" };
	if (r->is_stopping || !r->feed.left)
		return;
	if (r->barren <= BARREN_MAX + r->feed.count / BARREN_HOSTS &&
		poll_run_start_worker(r, w, &err) == 0)
		return;
	r->end = POLL_END_BROKEN;
	log_error("%s", err.text);
}

void poll_run_bury(struct poll_run *r, struct worker *w, const char *reason)
{
	uint32_t index = (uint32_t)(w - r->workers);
	for (uint32_t i = 0; w->flying && i < r->feed.count; i++)
		if (r->feed.hosts[i].phase == FEED_FLYING && r->feed.hosts[i].worker == index)
			poll_run_fail(r, i, OUTCOME_INTERNAL, STAGE_NONE, reason);
	r->died++;
	r->barren++;
	worker_end(w);
	replace_worker(r, w);
}

void poll_run_listen(struct poll_run *r, struct worker *w)
{
	int got = 1;
	for (int i = 0; i < MESSAGES_A_TURN && got == 1; i++)
		got = take_message(r, w);
	if (got < 0) {
		log_error("a poller died; its %u host%s in flight failed", w->flying,
			plural(w->flying));
		poll_run_bury(r, w, "its poller died");
	}
}

/* A poller that lets a host pass its deadline by far is stuck. */
void poll_run_watch(struct poll_run *r)
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
		poll_run_bury(r, &r->workers[h->worker], "its poller hung");
	}
}
