#ifndef FLEET_COLLECTOR_POLL_PHASE_H
#define FLEET_COLLECTOR_POLL_PHASE_H

#include "collector/last_hosts.h"
#include "collector/options.h"
#include "collector/plan.h"
#include "collector/run_state.h"
#include "collector/spool/spool.h"

/*
 * The first half of a run: from the configuration to sealed files and outcome lines in the
 * spool. The caller sets the first part; the rest is filled in, for poll_phase_finish().
 */
struct poll_phase {
	const struct options *options;
	const struct config *config;
	const struct keyring *ring;
	int spool_fd;
	size_t waiting; /* frames that earlier runs left in the spool */
	const char *state_path, *hosts_path;
	struct run_state *state;
	const volatile sig_atomic_t *stop;

	struct known_hosts *known;
	struct last_hosts last;
	struct plan plan;
	struct last_host *next;	  /* one a client; without a name when it had no turn */
	bool tell;		  /* each host as it ends */
	size_t unknown;		  /* refused for want of a recorded host key, as never before */
	size_t missed;		  /* not reached before the deadline */
	struct spool_cycle cycle; /* id 0 until one is begun: not when nothing was to be done */
	struct poll_plan poll_plan;
	struct poll_run *run;
};

/* Fills in the plan with its keys only; opens nothing but files. Returns an exit status, as does
 * run. */
int poll_phase_plan(struct poll_phase *p);

/* EX_CONFIG and EX_USAGE are mistakes of a person; whatever else went wrong, something may be in
 * the spool all the same. */
int poll_phase_run(struct poll_phase *p);

void poll_phase_finish(struct poll_phase *p);

#endif
