/* Hosts on their way to the pollers, and outcomes that no poller wrote. */
#include "collector/poll/pollers_private.h"

#include <errno.h>
#include <stdio.h>

#include "collector/poller/verdict.h"
#include "collector/spool/spool.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	NAME_MS = 10000,    /* the longest a name may take */
	RESOLVED_MAX = 256, /* names resolved ahead of need */
};

void poll_run_done(struct poll_run *r, uint32_t seq, enum outcome o, const char *text)
{
	struct feed_host *h = &r->feed.hosts[seq];
	struct poll_done d = {
		.outcome = o,
		.was_begun = h->phase == FEED_FLYING,
		.text = text,
	};
	if (d.was_begun) {
		d.duration_ms = (uint32_t)(r->now_ms - h->started_ms) + h->spent_ms;
		r->workers[h->worker].flying--;
		r->progress.active--;
	}
	feed_done(&r->feed, seq);
	if (o == OUTCOME_OK)
		r->progress.ok++;
	else
		r->progress.failed++;
	if (r->plan->done)
		r->plan->done(r->plan->arg, &r->plan->hosts[seq], &d);
}

/* An outcome that no poller wrote. */
static void conclude(struct poll_run *r, uint32_t seq, const struct verdict *v)
{
	const struct poll_host *host = &r->plan->hosts[seq];
	const struct feed_host *h = &r->feed.hosts[seq];
	struct spool_outcome o = {
		.attempt_id = host->request.attempt_id,
		.cycle_id = r->plan->cycle_id,
		.outcome = v->outcome,
		.stage = v->stage,
		.taken_at = r->plan->taken_at,
		.received_at = clock_wall_ms(),
		.duration_ms = h->phase == FEED_QUEUED ? 0 : (uint32_t)(r->now_ms - h->started_ms),
	};
	struct error err;
	(void)snprintf(o.client, sizeof o.client, "%s", host->client->name);
	(void)snprintf(o.text, sizeof o.text, "%s", v->reason);
	if (spool_put_outcome(r->outcomes_fd, &o, &err))
		log_error("%s: its outcome is lost: %s", host->client->name, err.text);
	poll_run_done(r, seq, v->outcome, v->reason);
}

void poll_run_fail(
	struct poll_run *r, uint32_t seq, enum outcome o, enum stage stage, const char *reason)
{
	struct verdict v;
	verdict_set(&v, o, stage, "%s", reason);
	conclude(r, seq, &v);
}

/* Everything not done yet, or not yet given to a poller. */
void poll_run_fail_rest(struct poll_run *r, bool also_flying, enum outcome o, const char *reason)
{
	for (uint32_t i = 0; i < r->feed.count; i++) {
		enum feed_phase phase = r->feed.hosts[i].phase;
		if (phase != FEED_DONE && (also_flying || phase != FEED_FLYING))
			poll_run_fail(r, i, o, STAGE_NONE, reason);
	}
}

/* ---- hosts in --------------------------------------------------------------------------- */

static uint32_t at_most(int64_t value, uint32_t max)
{
	return value < 0 ? 0 : value > max ? max : (uint32_t)value;
}

void poll_run_queue(struct poll_run *r, uint32_t seq)
{
	const struct client *c = r->plan->hosts[seq].client;
	struct feed_host *h = &r->feed.hosts[seq];
	const struct known_identity *id;
	struct sockaddr_storage address;
	h->turn = r->plan->hosts[seq].turn;
	if (h->identity && !identities_is_settled(&r->identities, h->identity))
		return; /* until poll_run_take_identity() */
	id = h->identity ? &r->identities.items[h->identity - 1] : NULL;
	if (id ? !id->blob : !*c->password)
		poll_run_fail(r, seq, OUTCOME_AUTH, STAGE_AUTH,
			id ? id->reason : "there is neither an identity nor a password for it");
	else if (r->plan->hosts[seq].key_count > ARRAY_LEN(r->plan->hosts[seq].keys))
		poll_run_fail(r, seq, OUTCOME_HOST_KEY_UNKNOWN, STAGE_HOST_KEY,
			"known_hosts has too many @revoked keys for it");
	else if (names_parse_literal(c->ip, c->port, &address))
		feed_name(&r->feed, seq);
	else if (feed_ready(&r->feed, seq, &address, 1))
		poll_run_fail(r, seq, OUTCOME_INTERNAL, STAGE_NONE, "out of memory");
}

void poll_run_take_identity(void *arg, uint32_t identity)
{
	struct poll_run *r = arg;
	for (uint32_t i = 0; i < r->feed.count; i++)
		if (r->feed.hosts[i].identity == identity && r->feed.hosts[i].phase == FEED_QUEUED)
			poll_run_queue(r, i);
}

static struct ipc_bytes public_key(const struct poll_run *r, const struct feed_host *h)
{
	if (!h->identity)
		return (struct ipc_bytes){ NULL, 0 };
	const struct known_identity *id = &r->identities.items[h->identity - 1];
	return (struct ipc_bytes){ id->blob, id->len };
}

static int make_row(const struct poll_run *r, uint32_t seq, char request[static WIRE_LINE_MAX],
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
		.public_key = public_key(r, h),
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
static bool send_host(struct poll_run *r, struct worker *w, uint32_t seq)
{
	struct feed_host *h = &r->feed.hosts[seq];
	CLEANUP(buffer_finish) struct buffer keys = { 0 };
	char request[WIRE_LINE_MAX];
	struct host_row row;
	if (make_row(r, seq, request, &keys, &row)) {
		poll_run_fail(r, seq, OUTCOME_INTERNAL, STAGE_NONE, "its row does not fit");
		return true;
	}
	if (worker_send(w, IPC_HOST, &row)) {
		if (errno == EMSGSIZE) {
			poll_run_fail(r, seq, OUTCOME_INTERNAL, STAGE_NONE, "its row does not fit");
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

void poll_run_feed_worker(struct poll_run *r, struct worker *w)
{
	uint32_t seq;
	while (w->pid && w->wanted && !w->is_full && feed_next_ready(&r->feed, &seq))
		if (!send_host(r, w, seq))
			return;
}

void poll_run_feed_names(struct poll_run *r)
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
			poll_run_fail(
				r, seq, OUTCOME_INTERNAL, STAGE_RESOLVE, "no resolver process");
	}
}

void poll_run_take_name(void *arg, const struct ipc_resolved *m)
{
	struct poll_run *r = arg;
	struct feed_host *h = &r->feed.hosts[m->seq];
	size_t count = ipc_count_addresses(m->addresses);
	if (h->phase != FEED_RESOLVING)
		return;
	h->spent_ms = at_most(r->now_ms - h->started_ms, INT32_MAX);
	if (!count)
		poll_run_fail(r, m->seq, OUTCOME_DNS, STAGE_RESOLVE, m->reason);
	else if (feed_ready(&r->feed, m->seq, m->addresses.data, count))
		poll_run_fail(r, m->seq, OUTCOME_INTERNAL, STAGE_RESOLVE, "out of memory");
}
