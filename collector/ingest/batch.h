#ifndef FLEET_COLLECTOR_INGEST_BATCH_H
#define FLEET_COLLECTOR_INGEST_BATCH_H

#include "collector/ingest/ingest.h"
#include "collector/ingest/visit.h"

/*
 * Connections gathered for one transaction, which costs more than its rows. Storage stores as many
 * samples at a time (CHUNK of lib/storage/samples.c): a batch of just one chunk is the cheapest,
 * but nothing needs the two to be equal, it takes batches of any length. No client is twice in one,
 * so that each report is derived from counters that are committed.
 */
enum { BATCH_VISITS = 512, BATCH_SAMPLES = 1024, BATCH_BYTES = 16 << 20 };

struct batch {
	const struct ingest *in;
	struct ingest_summary *summary;
	struct visit visits[BATCH_VISITS];
	size_t count, samples, bytes;
	struct sources *sources; /* of the cycle at hand */
	uint32_t rejected;	 /* frames that were no reports, in this run */
	uint32_t ok, failed;	 /* connections stored so far; the caller resets them */
};

/* Loads and derives one; commits what was gathered when it is enough. Its line and frames must
 * stay until batch_flush(). part->has_row becomes true when it makes the row of its attempt. */
int batch_add(struct batch *b, struct part *part, struct error *err) MUST_CHECK;

/* Commits what was gathered, then sees to the frames that are no reports. */
int batch_flush(struct batch *b, struct error *err) MUST_CHECK;

/* Forgets what was gathered. */
void batch_finish(struct batch *b);

#endif
