#ifndef FLEET_COLLECTOR_CLAIM_H
#define FLEET_COLLECTOR_CLAIM_H

#include <stdint.h>

#include "collector/run_state.h"
#include "lib/config/config.h"
#include "lib/storage/storage.h"

/*
 * Which collector this is: the number in the ids of its attempts, which several collectors of
 * one database must not share. The database gives it out (storage_claim_number()), and the
 * state remembers it with the claim it was given for.
 *
 * A claim is a digest of all that tells a collector from others: a random seed made with the
 * state file, this machine, the spool's folder, and the database. So a folder that was copied,
 * to another machine or beside the first one, comes with another claim than its original, and
 * one whose database was changed asks the new one.
 *
 * Nothing is polled under a number that was not given out: an id, once sealed into a report,
 * cannot be changed, and 254 numbers are too few to guess one that nobody else has. So the first
 * run ever, with a database that cannot be reached, waits for it; what every later run needs
 * lies in the state.
 */

/* Pure. 63 bits, not 0. `machine` is machine-id(5), "" when there is none. */
uint64_t claim_of(uint64_t seed, const char *machine, const struct config *config);

/* Before anything is polled: makes sure that the state has a number, which takes a connection
 * to the database only when it has none for this claim. Returns an exit status, having said
 * what is wrong. */
int claim_number(const struct config *config, const char *state_path, struct run_state *state);

/* Asks the database, and saves what it says: the same again, unless its table was lost. */
int claim_renew(struct storage *storage, const struct config *config, const char *state_path,
	struct run_state *state, struct error *err) MUST_CHECK;

#endif
