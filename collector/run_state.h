#ifndef FLEET_COLLECTOR_RUN_STATE_H
#define FLEET_COLLECTOR_RUN_STATE_H

#include <stdint.h>

#include "lib/attempt.h"
#include "lib/error.h"

/*
 * What one run leaves for the next, beside the spool, so that it is known without the
 * database:
 *
 *   lock    flock(2); one byte a run that was refused since the last that was not
 *   state   fleet1 state <last attempt id, 16 hex> <its wall ms> <collector number>
 *             <seed, 16 hex> <claim, 16 hex> <complained, wall ms>
 *   hosts   see last_hosts.h
 *
 * `state` is written before an id is used, so that ids never repeat whatever ends the run.
 */
enum run_lock { RUN_LOCK_TAKEN, RUN_LOCK_BUSY };

/* The lock lasts as long as the descriptor. When another run has it, *ret_refused says how
 * many runs were refused in a row, this one included. */
int run_lock_take(int spool_fd, enum run_lock *ret_lock, int *ret_fd, uint32_t *ret_refused,
	struct error *err) MUST_CHECK;

struct run_state {
	struct attempt_clock clock;
	uint64_t seed, claim;  /* for which the number was given out: see claim.h; 0 = none yet */
	int64_t complained_at; /* that the alerter does not run */
};

/* A missing file is a first run. */
int run_state_load(const char *path, struct run_state *ret_state, struct error *err) MUST_CHECK;
int run_state_save(const char *path, const struct run_state *state, struct error *err) MUST_CHECK;

#endif
