#ifndef FLEET_COLLECTOR_STORE_PHASE_H
#define FLEET_COLLECTOR_STORE_PHASE_H

#include "collector/ingest/ingest.h"
#include "collector/run_state.h"
#include "lib/config/config.h"

/*
 * The second half of a run: from the spool to the database, when it can be reached, then
 * retention, and a look at whether the alerter is alive.
 */
struct store_phase {
	const struct config *config;
	struct ingest ingest; /* its storage is opened here */
	struct run_state *state;
	const char *state_path;
	struct ingest_summary summary; /* filled in */
};

/* EX_UNAVAILABLE when the database is not to be had, EX_IOERR when files of the spool are not: what
 * was not stored waits there. */
int store_phase_run(struct store_phase *s);

/* Whether to complain that nobody takes the samples: the alerter ran once and stopped, or
 * never ran though samples wait for long. Pure; times are wall clock, last_run_at 0 = never. */
bool alerter_is_missing(int64_t now, int64_t last_run_at, const struct storage_backlog *backlog);

/* Whether to complain that people are not told, though the alerter runs: something waits for long,
 * or was given up since the last complaint (0 = never) and lately. Pure. */
bool outbox_is_stuck(int64_t now, int64_t complained_at, const struct storage_backlog *backlog);

#endif
