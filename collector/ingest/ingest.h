#ifndef FLEET_COLLECTOR_INGEST_INGEST_H
#define FLEET_COLLECTOR_INGEST_INGEST_H

#include <stdint.h>

#include "lib/config/config.h"
#include "lib/crypto/seal.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * Everything in the spool into storage, oldest cycle first: what this run fetched, and what
 * crashes, power cuts and outages of the database left of earlier ones. A file goes only after
 * the commits that hold its rows; what a crash in between leaves comes again, and storage
 * knows it by its attempt id and digest.
 */
struct ingest {
	const struct config *config;
	struct storage *storage;
	const struct keyring *ring;
	int spool_fd;
	uint64_t current_cycle; /* that of this run; 0 = it polled nothing */
	uint64_t newest_id;	/* none later was given out: what claims one is forged */
};

struct ingest_summary {
	uint32_t stored, completed, replayed, stale; /* rows, see enum put_result */
	uint32_t ok, failed;			     /* connections of the current cycle */
	uint64_t refused;			     /* readings, of clients with too many series */
	uint32_t bad;				     /* frames put into bad/ */
	uint32_t unread;	/* those, or files, that the disk did not give back: they stay */
	uint64_t lost;		/* bytes that are no frames: they went to bad/ */
	char first_unread[320]; /* which, and why */
	uint32_t bad_lines;	/* outcome lines that were dropped */
	char first_bad[320];	/* which file, and why */
};

/* On failure the rest stays for the next run; the summary tells what was done. */
int ingest_run(
	const struct ingest *in, struct ingest_summary *ret_summary, struct error *err) MUST_CHECK;

#endif
