/* Hosts on their way to the pollers, and outcomes that no poller wrote. */
#include "collector/dispatch/pollers_private.h"

#include <errno.h>
#include <stdio.h>

#include "collector/dispatch/caps.h"
#include "collector/poller/verdict.h"
#include "collector/spool/proof.h"
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
		.attempt_id = host->attempt_id,
		.cycle_id = r->plan->cycle_id,
		.outcome = v->outcome,
		.stage = v->stage,
		.taken_at = r->plan->taken_at,
		.received_at = clock_wall_ms(),
		.duration_ms = h->phase == FEED_QUEUED ? 0 : (uint32_t)(r->now_ms - h->started_ms),
	};
	struct error err;
	proof_make(r->plan->ring, host->client->name, host->attempt_id, o.nonce);
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

/* For want of something here: at itself, or at a jump host on its way. */
static void fail_at(
	struct poll_run *r, uint32_t seq, const struct jump *at, const struct poll_fault *f)
{
	struct verdict v;
	if (at)
		verdict_set(&v, f->outcome, STAGE_JUMP, "jump host %s (%s): %s",
			at->plan->client->name, stage_name(f->stage), f->reason);
	else
		verdict_set(&v, f->outcome, f->stage, "%s", f->reason);
	conclude(r, seq, &v);
}

static bool is_behind(const struct poll_run *r, uint32_t seq, const struct jump *jump)
{
	const struct jump_way way = jumps_way(&r->jumps, seq);
	size_t i = 0;
	while (i < way.count && way.items[i] != jump)
		i++;
	return i < way.count;
}

void poll_run_fail_behind(struct poll_run *r, const struct jump *dead)
{
	for (uint32_t i = 0; i < r->feed.count; i++) {
		enum feed_phase phase = r->feed.hosts[i].phase;
		if ((phase == FEED_QUEUED || phase == FEED_RESOLVING) && is_behind(r, i, dead))
			poll_run_fail(r, i, dead->outcome, STAGE_JUMP, dead->reason);
	}
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

/* Whether it is known of all identities on its way if they can be used. */
static bool is_settled(const struct poll_run *r, uint32_t seq)
{
	const struct jump_way way = jumps_way(&r->jumps, seq);
	bool is = identities_is_settled(&r->identities, r->feed.hosts[seq].identity);
	for (size_t i = 0; is && i < way.depth; i++)
		is = identities_is_settled(&r->identities, way.items[i]->identity);
	return is;
}

/* What nobody can log in for on its way, and the jump host where that is, or NULL. */
static struct poll_fault find_fault(
	const struct poll_run *r, uint32_t seq, const struct jump **ret_at)
{
	const struct poll_host *host = &r->plan->hosts[seq];
	const struct jump_way way = jumps_way(&r->jumps, seq);
	struct poll_fault fault = { .reason = NULL };
	for (size_t i = 0; !fault.reason && i < way.depth; i++) {
		const struct jump *at = *ret_at = way.items[i];
		fault = poll_run_find_fault(r, at->plan->client, at->identity, &at->plan->keys);
	}
	if (fault.reason)
		return fault;
	*ret_at = NULL;
	return poll_run_find_fault(r, host->client, r->feed.hosts[seq].identity, &host->keys);
}

static void line_up(struct poll_run *r, uint32_t seq)
{
	struct sockaddr_storage address;
	const struct client *first = jumps_first(&r->jumps, seq);
	if (names_parse_literal(first->ip, first->port, &address))
		feed_name(&r->feed, seq);
	else if (feed_ready(&r->feed, seq, &address, 1))
		poll_run_fail(r, seq, OUTCOME_INTERNAL, STAGE_NONE, "out of memory");
}

void poll_run_admit(struct poll_run *r, uint32_t seq)
{
	const struct jump *at;
	if (!is_settled(r, seq))
		return; /* until poll_run_take_identity() */
	const struct poll_fault fault = find_fault(r, seq, &at);
	if (fault.reason)
		fail_at(r, seq, at, &fault);
	else
		line_up(r, seq);
}

static bool needs_identity(const struct poll_run *r, uint32_t seq, uint32_t identity)
{
	const struct jump_way way = jumps_way(&r->jumps, seq);
	bool needs = r->feed.hosts[seq].identity == identity;
	for (size_t i = 0; !needs && i < way.depth; i++)
		needs = way.items[i]->identity == identity;
	return needs;
}

void poll_run_take_identity(void *arg, uint32_t identity)
{
	struct poll_run *r = arg;
	for (uint32_t i = 0; i < r->feed.count; i++)
		if (r->feed.hosts[i].phase == FEED_QUEUED && needs_identity(r, i, identity))
			poll_run_admit(r, i);
}

/* Why a row cannot be given to anybody, or NULL. */
static const char *row_fault(int error)
{
	switch (error) {
	case EMSGSIZE:
	case EFBIG:
		return "its row does not fit";
	case ENOMEM:
	case ENOBUFS:
		return "out of memory";
	default: /* the worker is busy, or gone, which is found by its socket */
		return NULL;
	}
}

/* False when this worker can take no more now. */
static bool send_host(struct poll_run *r, struct worker *w, uint32_t seq)
{
	struct feed_host *h = &r->feed.hosts[seq];
	h->files = caps_files(r->room, r->feed.left);
	if (poll_run_send_row(r, w, seq)) {
		const char *fault = row_fault(errno);
		if (fault) {
			poll_run_fail(r, seq, OUTCOME_INTERNAL, STAGE_NONE, fault);
			return true;
		}
		feed_put_back(&r->feed, seq);
		w->wanted = w->is_full ? w->wanted : 0;
		return false;
	}
	r->room -= h->files;
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
	while (w->pid && w->wanted && !w->is_full && r->room && feed_next_ready(&r->feed, &seq))
		if (!send_host(r, w, seq))
			return;
}

/* What this run knows already of the first jump host on its way. */
static bool is_known(struct poll_run *r, uint32_t seq)
{
	const struct jump_way way = jumps_way(&r->jumps, seq);
	const struct jump *first = way.count ? way.items[0] : NULL;
	if (!first || !first->address_count)
		return false;
	if (feed_ready(&r->feed, seq, first->addresses, first->address_count))
		poll_run_fail(r, seq, OUTCOME_INTERNAL, STAGE_RESOLVE, "out of memory");
	return true;
}

static void ask_for_name(struct poll_run *r, uint32_t seq)
{
	const struct client *first = jumps_first(&r->jumps, seq);
	const struct ipc_resolve m = { seq, first->port, first->ip };
	struct feed_host *h = &r->feed.hosts[seq];
	h->phase = FEED_RESOLVING;
	h->started_ms = r->now_ms;
	struct error err;
	int64_t end_ms = r->now_ms + at_most(r->plan->hosts[seq].deadline_ms, NAME_MS);
	if (names_ask(&r->names, &m, end_ms, &err) < 0) {
		(void)error_context(&err, "no resolver process");
		poll_run_fail(r, seq, OUTCOME_INTERNAL, STAGE_RESOLVE, err.text);
	}
}

void poll_run_feed_names(struct poll_run *r)
{
	uint32_t seq;
	while (r->feed.resolved < RESOLVED_MAX && names_are_free(&r->names) &&
		feed_next_name(&r->feed, &seq))
		if (!is_known(r, seq))
			ask_for_name(r, seq);
}

/* It is no other host's first either, unless this one had too little time for it. */
static void fail_name(struct poll_run *r, uint32_t seq, const char *reason)
{
	const struct jump_way way = jumps_way(&r->jumps, seq);
	struct jump *first = way.count ? way.items[0] : NULL;
	const struct poll_fault fault = { OUTCOME_DNS, STAGE_RESOLVE, reason };
	if (!first || first->state == JUMP_DEAD ||
		!jumps_has_stalled(&r->jumps, seq, first, r->now_ms))
		fail_at(r, seq, way.depth ? first : NULL, &fault);
	else if (jumps_kill(first, OUTCOME_DNS, reason))
		poll_run_fail(r, seq, OUTCOME_INTERNAL, STAGE_RESOLVE, "out of memory");
	else
		poll_run_fail_behind(r, first);
}

void poll_run_take_name(void *arg, const struct ipc_resolved *m)
{
	struct poll_run *r = arg;
	struct feed_host *h = &r->feed.hosts[m->seq];
	size_t count = ipc_count_addresses(m->addresses);
	if (h->phase != FEED_RESOLVING)
		return;
	if (!count) {
		fail_name(r, m->seq, m->reason);
		return;
	}
	const struct jump_way way = jumps_way(&r->jumps, m->seq);
	h->spent_ms = at_most(r->now_ms - h->started_ms, INT32_MAX);
	if (feed_ready(&r->feed, m->seq, m->addresses.data, count) ||
		(way.count && jumps_learn_addresses(way.items[0], m->addresses.data, count)))
		poll_run_fail(r, m->seq, OUTCOME_INTERNAL, STAGE_RESOLVE, "out of memory");
}
