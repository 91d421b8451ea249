#include "collector/poll_phase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "collector/progress.h"
#include "collector/setup.h"
#include "lib/clock.h"
#include "lib/log.h"

enum { AHEAD_SAID_MS = 10000 }; /* time synchronization may step back a little */

static int fail(int status, const struct error *err)
{
	log_error("%s", err->text);
	return status;
}

static int choose_hosts(struct poll_phase *p)
{
	struct error err = { "" };
	if (last_hosts_load(p->hosts_path, &p->last, &err) < 0)
		return fail(EX_NOINPUT, &err);
	const struct plan_input in = {
		.config = p->config,
		.last = &p->last,
		.only = p->options->clients,
		.only_count = p->options->client_count,
		.now = clock_wall_ms(),
	};
	return plan_make(&in, &p->plan, &err) < 0 ? fail(EX_USAGE, &err) : EX_OK;
}

static int find_keys(struct poll_phase *p)
{
	int status = p->plan.count ? setup_known_hosts(p->config, &p->known) : EX_OK;
	if (p->known)
		plan_find_keys(&p->plan, p->known);
	return status;
}

int poll_phase_plan(struct poll_phase *p)
{
	int status = choose_hosts(p);
	return status == EX_OK ? find_keys(p) : status;
}

static void on_progress(void *arg, const struct poll_progress *progress)
{
	(void)arg;
	progress_show(progress);
}

static void tell(const struct poll_host *h, const struct poll_done *d)
{
	bool has_text = d->text && d->text[0];
	if (isatty(STDERR_FILENO))
		progress_clear();
	if (d->outcome == OUTCOME_OK)
		log_info("%s: ok%s%s", h->client->name, has_text ? ": " : "",
			has_text ? d->text : "");
	else
		log_warning("%s: %s: %s", h->client->name, outcome_name(d->outcome),
			has_text ? d->text : outcome_text(d->outcome));
}

static void on_done(void *arg, const struct poll_host *h, const struct poll_done *d)
{
	struct poll_phase *p = arg;
	const struct last_host *last = last_hosts_find(&p->last, h->client->name);
	struct last_host *next = &p->next[h->client - p->config->clients];
	int64_t every = h->client->every_ms;
	int64_t at = plan_attempt_at(every, plan_offset(h->client->name, every),
		last ? last->attempted_at : 0, p->cycle.started_at);
	*next = last_host_next(last, at, d->outcome, d->was_begun, d->duration_ms);
	next->client = (char *)(uintptr_t)h->client->name;
	p->missed += d->outcome == OUTCOME_NOT_DONE && !d->was_begun;
	if (d->outcome == OUTCOME_HOST_KEY_UNKNOWN &&
		(p->tell || !last || last->outcome != d->outcome))
		p->unknown++;
	if (p->tell)
		tell(h, d);
}

/* The clock went back: once aloud, then for those who ask. */
static void say_ahead(int64_t before_ms, int64_t now_ms)
{
	if (now_ms < AHEAD_SAID_MS)
		return;
	(before_ms < AHEAD_SAID_MS ? log_warning : log_info)(
		"the clock of this machine stands %" PRId64
		" s behind that of earlier attempts: it "
		"was set back, or was wrong then; attempts keep their order, by their ids",
		now_ms / 1000);
}

static void number_attempts(struct poll_phase *p)
{
	int64_t now = clock_wall_ms(), ahead_ms = attempt_ahead_ms(&p->state->clock);
	p->cycle = (struct spool_cycle){
		.id = attempt_next(&p->state->clock, now),
		.started_at = now,
		.deadline_at = now + p->config->collector.deadline_ms,
		.clients = (uint32_t)p->plan.count,
		.whole_fleet = p->options->client_count == 0,
	};
	plan_stamp(&p->plan, &p->state->clock, now);
	say_ahead(ahead_ms, attempt_ahead_ms(&p->state->clock));
}

/* Ids are on disk before a host is told one. */
static int begin_cycle(struct poll_phase *p, struct error *err)
{
	if (run_state_save(p->state_path, p->state, err) < 0)
		return -1;
	return spool_put_cycle(p->spool_fd, &p->cycle, err);
}

/* One that failed has no end. */
static int end_cycle(const struct poll_phase *p, struct error *err)
{
	return p->cycle.ended_at ? spool_put_cycle(p->spool_fd, &p->cycle, err) : 0;
}

static int start_pollers(struct poll_phase *p)
{
	struct error err = { "" };
	p->poll_plan = (struct poll_plan){
		.config = p->config,
		.ring = p->ring,
		.cycle_id = p->cycle.id,
		.taken_at = p->cycle.started_at,
		.spool_fd = p->spool_fd,
		.waiting = p->waiting,
		.hosts = p->plan.hosts,
		.host_count = p->plan.count,
		.jumps = p->plan.jumps,
		.jump_count = p->plan.jump_count,
		.stop = p->stop,
		.progress = isatty(STDERR_FILENO) ? on_progress : NULL,
		.done = on_done,
		.arg = p,
	};
	if (p->plan.count == 0)
		return EX_OK;
	if (helper_find_program(&err) < 0)
		return fail(EX_OSFILE, &err);
	if (helper_choose_user(p->config->collector.user, &err) < 0)
		return fail(EX_CONFIG, &err);
	return pollers_start(&p->poll_plan, &p->run, &err) < 0 ? fail(EX_OSERR, &err) : EX_OK;
}

static int run_pollers(struct poll_phase *p, enum poll_end *ret_end, struct error *err)
{
	if (!p->run)
		return 0;
	int r = pollers_run(p->run, ret_end, err);
	pollers_finish(p->run);
	p->run = NULL;
	if (p->poll_plan.progress)
		progress_clear();
	return r;
}

/* A run that was stopped, or went wrong, tells nothing of the fleet as a whole. */
static int poll_hosts(struct poll_phase *p)
{
	static const int statuses[] = {
		[POLL_END_GOOD] = EX_OK,
		[POLL_END_FULL] = EX_UNAVAILABLE,
		[POLL_END_BROKEN] = EX_SOFTWARE,
	};
	enum poll_end end = POLL_END_GOOD;
	struct error err = { "" };
	if (run_pollers(p, &end, &err) < 0)
		return fail(EX_SOFTWARE, &err);
	p->cycle.ended_at = clock_wall_ms();
	p->cycle.whole_fleet = p->cycle.whole_fleet && end == POLL_END_GOOD && !*p->stop;
	return statuses[end];
}

/* What there is of each client, from this run or from an earlier one. */
static int save_hosts(const struct poll_phase *p, struct error *err)
{
	CLEANUP(last_hosts_finish) struct last_hosts hosts = { 0 };
	for (size_t i = 0; i < p->config->client_count; i++) {
		const struct last_host *last = &p->next[i];
		if (!last->client)
			last = last_hosts_find(&p->last, p->config->clients[i].name);
		if (last && last_hosts_add(&hosts, last, err) < 0)
			return -1;
	}
	last_hosts_sort(&hosts);
	return last_hosts_save(p->hosts_path, &hosts, err);
}

static void say_unknown(const struct poll_phase *p)
{
	if (p->unknown)
		log_warning("%zu client%s no recorded host key: run fleet -c %s trust --all",
			p->unknown, p->unknown == 1 ? " has" : "s have", p->config->file);
}

static void say_missed(const struct poll_phase *p)
{
	if (p->missed && !*p->stop)
		log_warning(
			"%zu of %zu clients were not reached before the deadline: those that were "
			"not down are the first of the next run; if this goes on, raise <collector "
			"sessions=\"…\" connects=\"…\"/> or poll less often",
			p->missed, p->plan.count);
}

static bool is_full(const struct poll_phase *p)
{
	uint32_t max = p->config->collector.spool_files_max; /* 0: as many as there are */
	if (max == 0 || p->waiting < max)
		return false;
	log_error("%s holds %zu reports that wait for the database, and may hold %u: nothing is "
		  "polled until they are stored; the clients keep theirs",
		p->config->collector.spool, p->waiting, max);
	return true;
}

static int prepare(struct poll_phase *p, struct error *err)
{
	p->next = calloc(p->config->client_count + 1, sizeof *p->next);
	if (!p->next)
		return error_no_memory(err);
	p->tell = p->options->verbose || (p->options->client_count && isatty(STDERR_FILENO));
	return 0;
}

/* Nobody is due, and the database was told that the collector runs not long ago: often enough for
 * whoever watches that. */
static bool is_idle(const struct poll_phase *p)
{
	int64_t quiet_ms = clock_wall_ms() - p->state->clock.wall_ms;
	return p->plan.count == 0 && quiet_ms >= 0 &&
	       quiet_ms < p->config->alerter.collector_stale_ms / 3;
}

/* The pollers get ready while known_hosts is read and the ids go to disk. */
static int start(struct poll_phase *p)
{
	struct error err = { "" };
	if (prepare(p, &err) < 0)
		return fail(EX_CANTCREAT, &err);
	number_attempts(p);
	int status = start_pollers(p);
	if (status == EX_OK)
		status = find_keys(p);
	if (status == EX_OK && begin_cycle(p, &err) < 0)
		status = fail(EX_CANTCREAT, &err);
	if (status != EX_OK) {
		pollers_cancel(p->run);
		p->run = NULL;
		p->cycle.id = 0;
	}
	return status;
}

int poll_phase_run(struct poll_phase *p)
{
	struct error err = { "" };
	int status = choose_hosts(p);
	if (status == EX_OK && is_full(p))
		status = EX_UNAVAILABLE;
	if (status != EX_OK || is_idle(p))
		return status;
	status = start(p);
	if (status != EX_OK)
		return status;
	status = poll_hosts(p);
	say_unknown(p);
	say_missed(p);
	if (end_cycle(p, &err) < 0)
		log_warning("%s", err.text);
	if (save_hosts(p, &err) < 0)
		log_warning("%s", err.text);
	return status;
}

void poll_phase_finish(struct poll_phase *p)
{
	pollers_finish(p->run);
	known_hosts_destroy(p->known);
	last_hosts_finish(&p->last);
	plan_finish(&p->plan);
	free(p->next);
}
