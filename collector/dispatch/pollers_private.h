#ifndef FLEET_COLLECTOR_DISPATCH_POLLERS_PRIVATE_H
#define FLEET_COLLECTOR_DISPATCH_POLLERS_PRIVATE_H

#include <stdbool.h>

#include "collector/dispatch/feed.h"
#include "collector/dispatch/identities.h"
#include "collector/dispatch/jumps.h"
#include "collector/dispatch/names.h"
#include "collector/dispatch/pollers.h"
#include "collector/dispatch/worker.h"
#include "lib/probes.h"

/*
 * Shared by pollers.c (the loop and the end), pollers_setup.c (what a run is made of),
 * pollers_hosts.c (hosts out to pollers, outcomes in), pollers_row.c (a host as a poller gets
 * it) and pollers_workers.c (what pollers say, and their lives).
 */
enum {
	POLL_RUN_GRACE_MS = 3000, /* for hosts in flight once the run is being ended */
};

struct poll_run {
	const struct poll_plan *plan;
	struct poll_progress progress;
	struct feed feed;
	struct jumps jumps;
	struct probes probes;
	struct identities identities;
	struct names names;
	struct worker workers[POLLERS_MAX];
	uint32_t worker_count;
	uint32_t started;	  /* workers, ever: numbers their files; 0 is the parent's */
	uint32_t died;		  /* of those */
	uint32_t barren;	  /* those since a worker was done with a host */
	uint32_t finished;	  /* hosts that workers were done with */
	enum poll_end end;	  /* so far */
	struct ipc_settings caps; /* of all workers together, see caps_share() */
	uint32_t room; /* frames that the spool still takes, beside those of hosts in flight */
	int outcomes_fd;
	int64_t now_ms, stop_ms, kill_ms, told_ms, watched_ms;
	bool is_stopping;
	struct error record_fault; /* why known_hosts takes no new keys, if it takes none */
	struct ipc_packet packet;
	struct buffer hops; /* of the row under way */
};

/* Queues a host once all identities on its way are open, or fails it when one never will be. */
void poll_run_admit(struct poll_run *r, uint32_t seq);

/* Give what is queued to resolvers, and to a poller, as far as there is room. */
void poll_run_feed_names(struct poll_run *r);
void poll_run_feed_worker(struct poll_run *r, struct worker *w);

/* An answer of the resolvers; for names_take(). */
void poll_run_take_name(void *arg, const struct ipc_resolved *m);

/* An identity is open, or will never be: its hosts are queued; for identities_go_on(). */
void poll_run_take_identity(void *arg, uint32_t identity);

/* Gives a host to a poller: 0, or -1 with errno. */
int poll_run_send_row(struct poll_run *r, struct worker *w, uint32_t seq) MUST_CHECK;

/* Why nobody can log in there. */
struct poll_fault {
	enum outcome outcome;
	enum stage stage;
	const char *reason; /* the run's; NULL: nothing is known against it */
};
struct poll_fault poll_run_find_fault(const struct poll_run *r, const struct client *c,
	uint32_t identity, const struct poll_keys *keys);

/* A host is done: as its poller said, or as nobody did, so that its line is written here. */
void poll_run_done(struct poll_run *r, uint32_t seq, enum outcome o, const char *text);
void poll_run_fail(
	struct poll_run *r, uint32_t seq, enum outcome o, enum stage stage, const char *reason);

/* So are all that are behind this one and not with a poller. */
void poll_run_fail_behind(struct poll_run *r, const struct jump *dead);

/* Those not done yet, and not with a poller unless `also_flying`. */
void poll_run_fail_rest(struct poll_run *r, bool also_flying, enum outcome o, const char *reason);

int poll_run_start_worker(struct poll_run *r, struct worker *w, struct error *err) MUST_CHECK;

/* Takes what a poller says, and its end. */
void poll_run_listen(struct poll_run *r, struct worker *w);

/* Kills it; its hosts fail for this reason; another takes its place, as often as that makes
 * sense. */
void poll_run_bury(struct poll_run *r, struct worker *w, const char *reason);

/* Finds pollers that are stuck. */
void poll_run_watch(struct poll_run *r);

#endif
