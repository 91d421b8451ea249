/*
 * The parent during the poll phase: it talks to no host. It resolves names and feeds rows to
 * the pollers through helpers, records what they say, and sees to it that every host of the
 * plan has its outcome line when this returns.
 */
#include "collector/dispatch/pollers_private.h"

#include <poll.h>
#include <stdlib.h>

#include "collector/spool/spool.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	PROGRESS_MS = 250,
	KILL_MS = 2000, /* after the grace, for the pollers themselves */
};

static void begin_stop(struct poll_run *r, const char *reason)
{
	r->is_stopping = true;
	r->kill_ms = r->now_ms + POLL_RUN_GRACE_MS + KILL_MS;
	poll_run_fail_rest(r, false, OUTCOME_NOT_DONE, reason);
}

/* Again, as long as a poller's queue is full. */
static void tell_stop(struct poll_run *r)
{
	const struct ipc_count m = { POLL_RUN_GRACE_MS };
	for (size_t i = 0; r->is_stopping && i < r->worker_count; i++) {
		struct worker *w = &r->workers[i];
		if (w->pid && !w->is_told && !w->is_full)
			w->is_told = worker_send(w, IPC_STOP, &m) == 0;
	}
}

/* Dead before their hosts' lines are written here, lest they write them too. */
static void kill_workers(struct poll_run *r)
{
	for (size_t i = 0; i < r->worker_count; i++)
		if (r->workers[i].pid)
			poll_run_bury(r, &r->workers[i], "its poller did not end");
}

static size_t count_workers(const struct poll_run *r)
{
	size_t count = 0;
	for (size_t i = 0; i < r->worker_count; i++)
		count += r->workers[i].pid != 0;
	return count;
}

/* Those in flight have their room: they leave some to the others, or none. */
static void check_room(struct poll_run *r)
{
	if (r->room || r->progress.active || !r->feed.left)
		return;
	log_error("the spool is full, and %zu clients were not polled: it waits for the database",
		r->feed.left);
	r->end = POLL_END_FULL;
	poll_run_fail_rest(r, false, OUTCOME_INTERNAL, "the spool is full");
}

static void check_end(struct poll_run *r)
{
	if (!r->is_stopping && r->plan->stop && *r->plan->stop)
		begin_stop(r, "the run was ended");
	if (!r->is_stopping && r->now_ms >= r->stop_ms) {
		identities_give_up(&r->identities, poll_run_take_identity, r);
		begin_stop(r, "the run was at its deadline");
	}
	if (r->is_stopping && r->now_ms >= r->kill_ms)
		kill_workers(r);
	tell_stop(r);
	check_room(r);
	if (!count_workers(r))
		poll_run_fail_rest(r, true, OUTCOME_INTERNAL, "no poller runs");
}

/* Those who have lost theirs for good say so themselves. */
static void follow_signer(struct poll_run *r)
{
	struct error err;
	for (size_t i = 0; i < r->worker_count; i++)
		if (worker_follow_signer(&r->workers[i], &r->identities, &err))
			log_error("%s", err.text);
}

static void tell_progress(struct poll_run *r)
{
	if (!r->plan->progress || r->now_ms - r->told_ms < PROGRESS_MS)
		return;
	r->told_ms = r->now_ms;
	r->plan->progress(r->plan->arg, &r->progress);
}

/* ---- the loop --------------------------------------------------------------------------- */

static void turn(struct poll_run *r)
{
	struct pollfd fds[POLLERS_MAX + NAMES_MAX + 1];
	nfds_t names_at = r->worker_count;
	for (size_t i = 0; i < r->worker_count; i++)
		fds[i] = (struct pollfd){
			.fd = r->workers[i].pid ? r->workers[i].control : -1,
			.events = r->workers[i].is_full ? POLLIN | POLLOUT : POLLIN,
		};
	nfds_t count = names_at + names_poll(&r->names, fds + names_at);
	identities_poll(&r->identities, &fds[count++]);
	(void)poll(fds, count, PROGRESS_MS);
	r->now_ms = clock_monotonic_ms();
	for (size_t i = 0; i < r->worker_count; i++) {
		if (fds[i].revents & POLLOUT)
			r->workers[i].is_full = false;
		if (fds[i].revents & ~POLLOUT)
			poll_run_listen(r, &r->workers[i]);
	}
	names_take(&r->names, r->now_ms, poll_run_take_name, r);
	if (identities_go_on(&r->identities, poll_run_take_identity, r)) {
		r->end = POLL_END_BROKEN;
		poll_run_fail_rest(r, true, OUTCOME_INTERNAL, "out of memory");
	}
	follow_signer(r);
	poll_run_watch(r);
	check_end(r);
	if (!r->is_stopping)
		poll_run_feed_names(r);
	for (size_t i = 0; i < r->worker_count && !r->is_stopping; i++)
		poll_run_feed_worker(r, &r->workers[i]);
	tell_progress(r);
}

static enum poll_end judge(const struct poll_run *r)
{
	bool is_idle = r->died && !r->finished;
	return is_idle || identities_are_lost(&r->identities) ? POLL_END_BROKEN : r->end;
}

int pollers_run(struct poll_run *r, enum poll_end *ret_end, struct error *err)
{
	r->now_ms = clock_monotonic_ms();
	for (uint32_t i = 0; i < r->feed.count; i++) {
		r->feed.hosts[i].turn = r->plan->hosts[i].turn;
		poll_run_admit(r, i);
	}
	while (r->feed.left)
		turn(r);
	*ret_end = judge(r);
	return spool_sync(r->plan->spool_fd, err);
}
