/* What a run is made of: its share of cores and descriptors, its probes, keys and processes. */
#include "collector/poll/pollers_private.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "collector/spool/spool.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	HOSTS_A_WORKER = 32, /* fewer hosts than this need no second poller */
	OWN_FDS = 64,	     /* of a poller beside its sessions */
};

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

static int count_room(const struct poll_run *r, uint32_t *ret_room, struct error *err)
{
	uint32_t max = r->plan->config->collector.spool_files_max;
	struct spool_list list;
	if (spool_list(r->plan->spool_fd, &list, err))
		return -1;
	*ret_room = !max ? UINT32_MAX : list.sealed >= max ? 0 : max - (uint32_t)list.sealed;
	spool_list_finish(&list);
	return 0;
}

static int settle_shares(struct poll_run *r, struct error *err)
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
		.taken_at = (uint64_t)r->plan->taken_at,
		.sessions = share(c->sessions, r->worker_count),
		.connects = share(c->connects, r->worker_count),
		.connect_timeout_ms = (uint32_t)c->connect_timeout_ms,
		.spool_room = room / (uint32_t)r->worker_count,
		.log_level = log_level_now(),
	};
	fit_descriptors(&r->settings);
	return 0;
}

static int find_identities(struct poll_run *r, struct error *err)
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
	return identities_start(&r->identities, err);
}

static int start_workers(struct poll_run *r, struct error *err)
{
	for (size_t i = 0; i < r->worker_count; i++)
		if (poll_run_start_worker(r, &r->workers[i], err))
			return -1;
	return 0;
}

int poll_run_setup(struct poll_run *r, struct error *err)
{
	const struct collector_config *c = &r->plan->config->collector;
	int64_t grace =
		c->deadline_ms / 2 < POLL_RUN_GRACE_MS ? c->deadline_ms / 2 : POLL_RUN_GRACE_MS;
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
		poll_run_queue(r, i);
	return 0;
}

void poll_run_finish(struct poll_run *r)
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
