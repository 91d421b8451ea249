#include "collector/run.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "collector/claim.h"
#include "collector/heartbeat/heartbeat.h"
#include "collector/ingest/ingest.h"
#include "collector/plan.h"
#include "collector/poll_phase.h"
#include "collector/run_state.h"
#include "collector/setup.h"
#include "collector/spool/spool.h"
#include "collector/store_phase.h"
#include "lib/clock.h"
#include "lib/file.h"
#include "lib/log.h"
#include "lib/program.h"

enum { REFUSED_BEFORE_SAID = 3 };

/* What a run holds; each step fills in some of it. */
struct run {
	const struct options *options;
	const volatile sig_atomic_t *stop;
	struct config *config;
	struct keyring *ring;
	int spool_fd, lock_fd;
	char *state_path, *hosts_path;
	struct run_state state;
	struct poll_phase poll;
	bool is_waiting;    /* something lay in the spool already */
	int64_t started_ms; /* monotonic */
	int status;	    /* of what went wrong without ending the run */
};

static int fail(int status, const struct error *err)
{
	log_error("%s", err->text);
	return status;
}

static int open_spool(struct run *r)
{
	struct error err = { "" };
	const char *folder = r->config->collector.spool;
	if (spool_open(folder, &r->spool_fd, &err) < 0)
		return fail(EX_CANTCREAT, &err);
	r->state_path = path_join(folder, "state");
	r->hosts_path = path_join(folder, "hosts");
	if (r->state_path && r->hosts_path)
		return EX_OK;
	log_error("out of memory");
	return EX_OSERR;
}

static int take_lock(struct run *r)
{
	struct error err = { "" };
	enum run_lock lock;
	uint32_t refused;
	if (run_lock_take(r->spool_fd, &lock, &r->lock_fd, &refused, &err) < 0)
		return fail(EX_CANTCREAT, &err);
	if (lock == RUN_LOCK_TAKEN)
		return EX_OK;
	if (refused % REFUSED_BEFORE_SAID == 0)
		log_error("%" PRIu32 " runs in a row met another one still at work on %s: let cron "
			  "start it less often, or see what holds it",
			refused, r->config->collector.spool);
	else
		log_info("another run is at work");
	return EX_TEMPFAIL;
}

static int load_keys(struct run *r)
{
	return setup_keys(r->config, &r->ring);
}

static int load_state(struct run *r)
{
	struct error err = { "" };
	if (run_state_load(r->state_path, &r->state, &err) < 0)
		return fail(EX_NOINPUT, &err);
	return claim_number(r->config, r->state_path, &r->state);
}

static int remove_temporary(struct run *r)
{
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	struct error err = { "" };
	if (spool_list(r->spool_fd, &list, &err) < 0)
		return fail(EX_IOERR, &err);
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].kind != SPOOL_TEMPORARY)
			r->is_waiting = true;
		else if (spool_remove(r->spool_fd, list.items[i].name, &err) < 0)
			return fail(EX_IOERR, &err);
	if (spool_count_frames(r->spool_fd, &list, &r->poll.waiting, &err) < 0)
		return fail(EX_IOERR, &err);
	return EX_OK;
}

static int poll_hosts(struct run *r)
{
	r->poll.options = r->options;
	r->poll.config = r->config;
	r->poll.ring = r->ring;
	r->poll.spool_fd = r->spool_fd;
	r->poll.state_path = r->state_path;
	r->poll.hosts_path = r->hosts_path;
	r->poll.state = &r->state;
	r->poll.stop = r->stop;
	r->status = poll_phase_run(&r->poll);
	bool is_wrong = r->status == EX_CONFIG || r->status == EX_USAGE;
	return is_wrong ? r->status : EX_OK; /* what there is, is stored: it also makes room */
}

static void sum_up(const struct run *r, const struct ingest_summary *sum)
{
	uint32_t stored = sum->stored + sum->completed;
	char refused[100] = "";
	if (sum->refused)
		(void)snprintf(refused, sizeof refused,
			", %" PRIu64 " reading%s refused: too many series (readings-left-out)",
			sum->refused, plural(sum->refused));
	log_info("%" PRIu32 " ok, %" PRIu32 " failed, %zu not due, in %.1f s; %" PRIu32
		 " sample%s stored%s",
		sum->ok, sum->failed, r->poll.plan.not_due,
		(double)(clock_monotonic_ms() - r->started_ms) / 1000, stored, plural(stored),
		refused);
}

/* What lies before now may be of runs that a new `state` knows nothing of. */
static uint64_t newest_id(const struct run *r)
{
	uint64_t last = r->state.clock.last, now = attempt_floor(clock_wall_ms());
	return r->poll.cycle.id || last > now ? last : now;
}

static int store(struct run *r)
{
	struct store_phase s = {
		.config = r->config,
		.ingest = {
			.config = r->config,
			.ring = r->ring,
			.spool_fd = r->spool_fd,
			.current_cycle = r->poll.cycle.id,
			.newest_id = newest_id(r),
		},
		.state = &r->state,
		.state_path = r->state_path,
	};
	if (!r->is_waiting && !r->poll.cycle.id) {
		if (r->status == EX_OK)
			log_info("nobody is due");
		return EX_OK;
	}
	int status = store_phase_run(&s);
	if (status == EX_OK)
		sum_up(r, &s.summary);
	return status;
}

/* The next run need not wait for who is told. */
static int tell_good(struct run *r)
{
	bool good = r->status == EX_OK && r->options->client_count == 0 && !*r->stop;
	(void)close(r->lock_fd);
	r->lock_fd = -1;
	if (good)
		heartbeat_become(r->config->collector.heartbeat);
	return EX_OK;
}

static int read_config(struct run *r)
{
	r->config = program_load_config(r->options->config, false);
	return r->config ? EX_OK : EX_CONFIG;
}

static void run_finish(struct run *r)
{
	poll_phase_finish(&r->poll);
	keyring_destroy(r->ring);
	config_destroy(r->config);
	free(r->state_path);
	free(r->hosts_path);
	if (r->spool_fd >= 0)
		(void)close(r->spool_fd);
	if (r->lock_fd >= 0)
		(void)close(r->lock_fd);
}

int run(const struct options *options, const volatile sig_atomic_t *stop)
{
	static int (*const steps[])(struct run *) = {
		read_config,
		open_spool,
		take_lock,
		load_keys,
		load_state,
		remove_temporary,
		poll_hosts,
		store,
		tell_good,
	};
	CLEANUP(run_finish)
	struct run r = {
		.options = options,
		.stop = stop,
		.spool_fd = -1,
		.lock_fd = -1,
		.started_ms = clock_monotonic_ms(),
	};
	int status = EX_OK;
	for (size_t i = 0; i < ARRAY_LEN(steps) && status == EX_OK; i++)
		status = steps[i](&r);
	return status == EX_OK ? r.status : status;
}

static void tell_plan(const struct plan *plan)
{
	static const char *const notes[] = {
		[TURN_MISSED] = "\tnot done last time",
		[TURN_FINE] = "",
		[TURN_DOWN] = "\tfailed last time",
		[TURN_SUSPECT] = "\tfailed last time by a fault here",
	};
	for (size_t i = 0; i < plan->count; i++) {
		const struct poll_host *h = &plan->hosts[i];
		(void)printf("%s\t%s@%s port %d\t%u host key%s recorded%s\n", h->client->name,
			h->client->username, h->client->ip, h->client->port, h->keys.count,
			plural(h->keys.count), notes[h->turn]);
	}
	(void)printf("%zu to poll, %zu not due\n", plan->count, plan->not_due);
}

int run_dry(const struct options *options)
{
	struct poll_phase poll = { .options = options };
	struct config *config = program_load_config(options->config, false);
	int status = config ? EX_OK : EX_CONFIG;
	if (status == EX_OK) {
		char *hosts_path = path_join(config->collector.spool, "hosts");
		poll.config = config;
		poll.hosts_path = hosts_path;
		if (hosts_path) {
			status = poll_phase_plan(&poll);
		} else {
			log_error("out of memory");
			status = EX_OSERR;
		}
		if (status == EX_OK)
			tell_plan(&poll.plan);
		free(hosts_path);
	}
	poll_phase_finish(&poll);
	config_destroy(config);
	return status;
}
