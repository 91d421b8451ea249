#ifndef FLEET_ALERTER_LEASE_H
#define FLEET_ALERTER_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * Two locks keep alerters apart. On one machine flock(2) on alerter.lock beside config.xml,
 * which goes with the process and holds one byte a run that was refused since the last that was
 * not; between machines a lease in storage. Whoever holds the lock may go on with the lease of
 * its machine, so that a run that was killed delays nobody; the holder names the file's inode,
 * in case somebody replaced it meanwhile. Where the file cannot be had, the lease is enough.
 */
enum { LEASE_MS = 5 * 60 * 1000 };

struct lease {
	struct storage *storage;
	char holder[300];
	uint64_t epoch;
	int64_t taken_ms; /* monotonic */
	int lock_fd;	  /* -1 without the lock */
	uint32_t refused; /* runs in a row that met the lock, with this one; 0 = not known */
};

/* Another at work is no error: *ret_busy tells. */
int lease_lock(
	struct lease *l, const struct config *config, bool *ret_busy, struct error *err) MUST_CHECK;
int lease_take(
	struct lease *l, struct storage *storage, bool *ret_busy, struct error *err) MUST_CHECK;

/* Extends it when it is time to; an error when another took over. */
int lease_keep(struct lease *l, struct error *err) MUST_CHECK;

/* What a write reports whose lease was gone. Returns -1. */
int lease_lost(struct error *err);

/* Gives both back, as far as they were taken. */
void lease_finish(struct lease *l);

#endif
