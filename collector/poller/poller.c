/*
 * One poller: a single-threaded epoll(7) loop over many hosts. A turn is
 *
 *   news from sockets → each touched host steps → when it is time, one sync for all new frames,
 *   then their acks → what expired ends → every touched host is polled again, or reported
 *
 * so that no host's doing delays another by more than its share of one turn.
 */
#include "collector/poller/poller_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/log.h"

enum {
	EVENTS_MAX = 256,
	PATIENCE_MS = 250, /* most answer sooner, from anywhere on earth */
};

struct host_run *poller_host_of(struct deadline *d)
{
	return (struct host_run *)d; /* its first member */
}

void poller_touch(struct poller *p, struct host_run *h)
{
	if (h->is_touched)
		return;
	h->is_touched = true;
	h->next = p->touched;
	p->touched = h;
}

static void step_touched(struct poller *p)
{
	for (struct host_run *h = p->touched; h; h = h->next) {
		if (h->session)
			ssh_session_new_turn(h->session);
		host_run_step(h);
		poller_weigh(p, h);
		poller_await_sync(p, h);
	}
}

/* A connection that nobody answers for a moment gives its place to the next: a rack that is down
 * must not keep those behind it waiting. Behind a jump host it keeps its session, since it has one
 * there, but is on its way to a login no more. */
static enum darkness darkness_of(const struct host_run *h)
{
	return h->state == HOST_CONNECT	  ? DARK_FROM_HERE
	       : h->state == HOST_FORWARD ? DARK_BEYOND
					  : DARK_NOT;
}

static bool may_go_dark(const struct poller *p, const struct host_run *h)
{
	enum darkness d = darkness_of(h);
	return d && !h->darkness && p->dark[d] < p->settings.dark;
}

static void set_darkness(struct poller *p, struct host_run *h, enum darkness d)
{
	if (h->darkness)
		p->dark[h->darkness]--;
	if (d)
		p->dark[d]++;
	h->darkness = d;
}

static int64_t deadline_of(const struct poller *p, const struct host_run *h)
{
	int64_t at = host_run_deadline(h), patience = h->state_ms + PATIENCE_MS;
	return may_go_dark(p, h) && patience < at ? patience : at;
}

static void expire_host(struct poller *p, struct host_run *h)
{
	if (p->env.now_ms >= host_run_deadline(h)) {
		host_run_expire(h);
	} else if (may_go_dark(p, h)) {
		set_darkness(p, h, darkness_of(h));
	}
}

static void expire(struct poller *p)
{
	bool is_end = p->is_stopping && p->env.now_ms >= p->stop_ms;
	struct deadline *d;
	while ((d = deadlines_first(&p->deadlines)) && (is_end || d->at_ms <= p->env.now_ms)) {
		struct host_run *h = poller_host_of(d);
		if (is_end)
			host_run_end(h, OUTCOME_NOT_DONE, "the run was ended");
		else
			expire_host(p, h);
		deadlines_remove(&p->deadlines, d); /* settle() puts it back */
		poller_touch(p, h);
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

/* sshd counts a connection among those not yet in (its MaxStartups) a little longer than until it
 * says that they are; once it has answered to a command it is sure not to. */
static bool has_arrived(const struct host_run *h)
{
	return h->state > HOST_EXEC;
}

/* A host leaves its turn: gone, or waiting for news or its deadline. */
static void settle(struct poller *p, struct host_run *h)
{
	h->is_touched = false;
	if (h->state != HOST_OVER &&
		(arm(p, h) || deadlines_set(&p->deadlines, &h->deadline, deadline_of(p, h))))
		host_run_end(h, OUTCOME_INTERNAL, "out of memory");
	if (h->is_connecting && has_arrived(h)) {
		h->is_connecting = false;
		p->connecting--;
	}
	if (h->darkness && h->darkness != darkness_of(h))
		set_darkness(p, h, DARK_NOT);
	if (h->state == HOST_OVER)
		poller_report(p, h);
	else if (host_run_has_more(h))
		poller_touch(p, h);
	else
		poller_await_signer(p, h);
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
	if (!d) /* no host */
		return -1;
	int64_t at = d->at_ms;
	if (p->is_stopping && at > p->stop_ms)
		at = p->stop_ms;
	if (p->unsynced && at > p->sync_ms)
		at = p->sync_ms;
	int64_t left = at - clock_monotonic_ms();
	return left < 0 ? 0 : left > 60000 ? 60000 : (int)left;
}

static int take_event(struct poller *p, const struct epoll_event *e)
{
	struct host_run *h = e->data.ptr;
	if (e->data.ptr == &p->control)
		return poller_listen(p);
	if (e->data.ptr == &p->signer) {
		poller_listen_to_signer(p);
		return 0;
	}
	poller_touch(p, h);
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
	poller_sync(p);
	expire(p);
	settle_touched(p);
	poller_ask_for_more(p);
	return 0;
}

/* ---- the process ------------------------------------------------------------------------ */

static int start(struct poller *p, struct error *err)
{
	struct epoll_event control = { .events = EPOLLIN, .data.ptr = &p->control };
	if (helper_confine(ROLE_POLLER, err) || ssh_global_init(err))
		return -1;
	p->env = (struct host_env){ .probes = &p->probes,
		.frames_fd = POLLER_FRAMES,
		.signer_fd = POLLER_SIGNER,
		.new_key = poller_tell_new_key,
		.passed = poller_tell_passed,
		.arg = p,
		.now_ms = clock_monotonic_ms() };
	p->held_max = poller_memory_max();
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->epoll < 0 || epoll_ctl(p->epoll, EPOLL_CTL_ADD, HELPER_CONTROL, &control))
		return error_errno(err, "epoll");
	return role_restrict(ROLE_POLLER, err);
}

static void finish(struct poller *p)
{
	struct deadline *d;
	while ((d = deadlines_first(&p->deadlines))) {
		deadlines_remove(&p->deadlines, d);
		host_run_destroy(poller_host_of(d));
	}
	deadlines_finish(&p->deadlines);
	buffer_finish(&p->command);
	probes_finish(&p->probes);
	free(p);
}

int poller_main(void)
{
	struct error err;
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
