#include "collector/poll_phase.h"

#include <inttypes.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

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

int poll_phase_plan(struct poll_phase *p)
{
	struct error err = { "" };
	int status = setup_known_hosts(p->config, &p->known);
	if (status != EX_OK)
		return status;
	if (last_hosts_load(p->hosts_path, &p->last, &err) < 0)
		return fail(EX_CONFIG, &err);
	struct plan_input in = {
		.config = p->config,
		.known = p->known,
		.last = &p->last,
		.only = p->options->clients,
		.only_count = p->options->client_count,
		.now = clock_wall_ms(),
	};
	if (plan_make(&in, &p->plan, &err) < 0)
		return fail(EX_USAGE, &err);
	return EX_OK;
}

static void on_progress(void *arg, const struct poll_progress *progress)
{
	(void)arg;
	progress_show(progress);
}

static void tell(const struct poll_host *h, enum outcome o, const char *text)
{
	if (isatty(STDERR_FILENO))
		progress_clear();
	if (o == OUTCOME_OK)
		log_info("%s: ok%s%s", h->client->name, text && text[0] ? ": " : "",
			text ? text : "");
	else
		log_warning("%s: %s: %s", h->client->name, outcome_name(o),
			text && text[0] ? text : outcome_text(o));
}

static void on_done(
	void *arg, const struct poll_host *h, bool was_begun, enum outcome o, const char *text)
{
	struct poll_phase *p = arg;
	const struct last_host *last = last_hosts_find(&p->last, h->client->name);
	p->missed += o == OUTCOME_NOT_DONE && !was_begun;
	/* Who was cut off in the midst had its turn: else a few that hang would be first ever. */
	p->outcomes[h->client - p->config->clients] =
		o == OUTCOME_NOT_DONE && was_begun ? OUTCOME_DEADLINE : o;
	if (o == OUTCOME_HOST_KEY_UNKNOWN && (p->tell || !last || last->outcome != o))
		p->unknown++;
	if (p->tell)
		tell(h, o, text);
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

/* Ids are on disk before one is used. */
static int begin_cycle(struct poll_phase *p, struct error *err)
{
	int64_t now = clock_wall_ms(), ahead_ms = attempt_ahead_ms(&p->state->clock);
	p->cycle = (struct spool_cycle){
		.id = attempt_next(&p->state->clock, now),
		.started_at = now,
		.deadline_at = now + p->config->collector.deadline_ms,
		.clients = (uint32_t)p->plan.count,
		.whole_fleet = p->options->client_count == 0,
	};
	plan_stamp(&p->plan, p->ring, &p->state->clock, now);
	say_ahead(ahead_ms, attempt_ahead_ms(&p->state->clock));
	if (run_state_save(p->state_path, p->state, err) < 0)
		return -1;
	return spool_put_cycle(p->spool_fd, &p->cycle, err);
}

/* A run that was stopped tells nothing of the fleet as a whole, one that failed has no end. */
static int end_cycle(struct poll_phase *p, bool failed, struct error *err)
{
	if (failed)
		return 0;
	p->cycle.ended_at = clock_wall_ms();
	p->cycle.whole_fleet = p->cycle.whole_fleet && !*p->stop;
	return spool_put_cycle(p->spool_fd, &p->cycle, err);
}

static int run_pollers(struct poll_phase *p, struct error *err)
{
	bool terminal = isatty(STDERR_FILENO);
	struct poll_progress progress = { 0 };
	struct poll_plan plan = {
		.config = p->config,
		.cycle_id = p->cycle.id,
		.taken_at = p->cycle.started_at,
		.spool_fd = p->spool_fd,
		.hosts = p->plan.hosts,
		.host_count = p->plan.count,
		.stop = p->stop,
		.progress = terminal ? on_progress : NULL,
		.done = on_done,
		.arg = p,
	};
	if (p->plan.count == 0)
		return 0;
	int r = pollers_run(&plan, &progress, err);
	if (terminal)
		progress_clear();
	return r;
}

/* How each client's last attempt ended: in this run, or in an earlier one. */
static int save_hosts(const struct poll_phase *p, struct error *err)
{
	CLEANUP(last_hosts_finish) struct last_hosts hosts = { 0 };
	for (size_t i = 0; i < p->config->client_count; i++) {
		const struct client *c = &p->config->clients[i];
		const struct last_host *last = last_hosts_find(&p->last, c->name);
		enum outcome o = p->outcomes[i];
		int r = 0;
		if (o == OUTCOME_NOT_DONE)
			r = last_hosts_add(&hosts, c->name, last ? last->attempted_at : 0, o, err);
		else if (o != OUTCOME_COUNT)
			r = last_hosts_add(&hosts, c->name, p->cycle.started_at, o, err);
		else if (last)
			r = last_hosts_add(&hosts, c->name, last->attempted_at, last->outcome, err);
		if (r < 0)
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
			"%zu of %zu clients were not reached before the deadline: they are the "
			"first of the next run; if this goes on, raise <collector sessions=\"…\"/> "
			"or poll less often",
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
	p->outcomes = calloc(p->config->client_count + 1, sizeof *p->outcomes);
	if (!p->outcomes)
		return error_set(err, "out of memory");
	for (size_t i = 0; i < p->config->client_count; i++)
		p->outcomes[i] = OUTCOME_COUNT;
	p->tell = p->options->verbose || (p->options->client_count && isatty(STDERR_FILENO));
	return 0;
}

int poll_phase_run(struct poll_phase *p)
{
	struct error err = { "" };
	int status = poll_phase_plan(p);
	if (status != EX_OK || is_full(p))
		return status;
	if (prepare(p, &err) < 0 || begin_cycle(p, &err) < 0)
		return fail(EX_CANTCREAT, &err);
	if (run_pollers(p, &err) < 0)
		status = fail(EX_SOFTWARE, &err);
	say_unknown(p);
	say_missed(p);
	if (end_cycle(p, status != EX_OK, &err) < 0 || save_hosts(p, &err) < 0)
		log_warning("%s", err.text);
	return status;
}

void poll_phase_finish(struct poll_phase *p)
{
	known_hosts_destroy(p->known);
	last_hosts_finish(&p->last);
	plan_finish(&p->plan);
	free(p->outcomes);
}
