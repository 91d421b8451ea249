/* What a run is made of: its share of cores and descriptors, its probes, keys and processes. */
#include "collector/dispatch/pollers_private.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collector/dispatch/caps.h"
#include "collector/helper/helper.h"
#include "collector/spool/spool.h"
#include "lib/clock.h"
#include "lib/log.h"

static uint32_t count_cores(void)
{
	cpu_set_t set;
	return sched_getaffinity(0, sizeof set, &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

/* The descriptors that a poller may open are raised as far as they go, or the sessions lowered. */
static void fit_descriptors(struct poll_run *r)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	uint32_t fit = caps_fit_descriptors(r->caps.sessions, r->worker_count, limit.rlim_max);
	if (fit < r->caps.sessions && fit < r->plan->host_count)
		log_warning("the descriptor limit (%lu) allows %u sessions at once instead of %u; "
			    "raise it with ulimit -Hn",
			(unsigned long)limit.rlim_max, fit, r->caps.sessions);
	r->caps.sessions = fit;
	r->caps.dark = caps_dark(fit, r->worker_count, limit.rlim_max);
}

static uint32_t count_room(const struct poll_plan *plan)
{
	uint32_t max = plan->config->collector.spool_files_max;
	return !max ? UINT32_MAX : plan->waiting >= max ? 0 : max - (uint32_t)plan->waiting;
}

static void settle_caps(struct poll_run *r)
{
	const struct collector_config *c = &r->plan->config->collector;
	r->caps = (struct ipc_settings){
		.cycle_id = r->plan->cycle_id,
		.taken_at = (uint64_t)r->plan->taken_at,
		.sessions = c->sessions,
		.connects = c->connects,
		.connect_timeout_ms = (uint32_t)c->connect_timeout_ms,
		.log_level = log_level_now(),
	};
	r->room = count_room(r->plan);
	r->worker_count = caps_pollers(&r->caps, r->plan->host_count, c->pollers, count_cores());
	fit_descriptors(r);
}

static int find_identity(struct poll_run *r, const struct client *c, uint32_t *ret_identity)
{
	if (!*c->identity)
		return 0;
	return identities_add(&r->identities, c->identity, c->passphrase_file, ret_identity);
}

static int find_identities(struct poll_run *r, struct error *err)
{
	int found = 0;
	for (size_t i = 0; found == 0 && i < r->jumps.count; i++)
		found = find_identity(r, r->plan->jumps[i].client, &r->jumps.items[i].identity);
	for (uint32_t i = 0; found == 0 && i < r->feed.count; i++)
		found = find_identity(r, r->plan->hosts[i].client, &r->feed.hosts[i].identity);
	return found ? error_no_memory(err) : identities_start(&r->identities, err);
}

static int start_workers(struct poll_run *r, struct error *err)
{
	for (uint32_t i = 0; i < r->worker_count; i++)
		if (poll_run_start_worker(r, &r->workers[i], err))
			return -1;
	return 0;
}

static int set_up(struct poll_run *r, struct error *err)
{
	const struct collector_config *c = &r->plan->config->collector;
	int64_t grace =
		c->deadline_ms / 2 < POLL_RUN_GRACE_MS ? c->deadline_ms / 2 : POLL_RUN_GRACE_MS;
	r->now_ms = r->progress.started_ms = clock_monotonic_ms();
	r->stop_ms = r->now_ms + c->deadline_ms - grace;
	r->progress.total = (uint32_t)r->plan->host_count;
	if (feed_init(&r->feed, r->plan->host_count) ||
		caps_bind(&r->feed, r->plan->hosts, r->plan->config) ||
		jumps_init(&r->jumps, r->plan, &r->feed))
		return error_no_memory(err);
	settle_caps(r);
	return spool_open_outcomes(r->plan->spool_fd, r->plan->cycle_id, 0, &r->outcomes_fd, err) ||
			       probes_load(c->probe_dir, &r->probes, err) ||
			       find_identities(r, err) || start_workers(r, err)
		       ? -1
		       : 0;
}

int pollers_start(const struct poll_plan *plan, struct poll_run **ret_run, struct error *err)
{
	struct poll_run *r = calloc(1, sizeof *r);
	if (!r)
		return error_no_memory(err);
	r->plan = plan;
	r->outcomes_fd = -1;
	if (set_up(r, err)) {
		pollers_cancel(r);
		return -1;
	}
	*ret_run = r;
	return 0;
}

void pollers_finish(struct poll_run *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->worker_count; i++)
		worker_dismiss(&r->workers[i]);
	names_finish(&r->names);
	identities_finish(&r->identities);
	probes_finish(&r->probes);
	jumps_finish(&r->jumps);
	feed_finish(&r->feed);
	buffer_finish(&r->hops);
	if (r->outcomes_fd >= 0)
		close(r->outcomes_fd);
	free(r);
}

void pollers_cancel(struct poll_run *r)
{
	if (!r)
		return;
	const struct poll_plan *plan = r->plan;
	uint32_t last = r->started; /* 0 is the parent's */
	pollers_finish(r);
	for (uint32_t number = 0; number <= last; number++)
		spool_remove_files(plan->spool_fd, plan->cycle_id, number);
}
