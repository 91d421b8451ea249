#ifndef FLEET_COLLECTOR_INGEST_VISIT_H
#define FLEET_COLLECTOR_INGEST_VISIT_H

#include "collector/ingest/merge.h"
#include "lib/metrics/derive.h"
#include "lib/storage/storage.h"

/*
 * One connection on its way from the spool to storage: its files read, opened, merged with its
 * outcome line, and derived. Owns everything that its samples point to.
 */
struct visit {
	char client[256]; /* "" when neither line nor report tells: then there are no rows */
	struct connection connection;
	const struct spool_entry *files; /* the caller's, as is the line */
	struct report *reports;		 /* one a file */
	struct readings *readings;	 /* one a report */
	struct buffer *counters;	 /* one a report */
	int newest;			 /* the report derived last; -1 = none */
	struct merge_row *rows;
	size_t row_count;
	size_t weight; /* bytes of its reports: what it holds grows with them */
};

/* Reads and opens the files, at most SPOOL_CONNECTION_FILES, of one attempt. `line` may be
 * NULL. It tells whose connection it was, or else the first report does, since the head of a file
 * is a poller's word only: files of anybody else are no reports. That is no error. */
int visit_load(struct visit *v, int spool_fd, const struct keyring *ring, uint64_t cycle_id,
	const struct spool_outcome *line, const struct spool_entry *files, size_t file_count,
	struct error *err) MUST_CHECK;

/* Nothing of it is to be stored: its files are no reports any more. */
void visit_disown(struct visit *v, const char *why);

/* Derives the readings from the client's stored counters on, each report's counters being the
 * ground of the next. The time of `terms` is not read. */
int visit_derive(struct visit *v, struct storage *storage, const struct derive_terms *terms,
	struct error *err) MUST_CHECK;

/* Fills one sample a row. They point into the visit. */
void visit_samples(const struct visit *v, struct sample *ret_samples);

/* After the commit: the files become spares, those that are no reports go to bad/. What the disk
 * did not give back stays, for the next run: its row is completed then. */
int visit_settle(const struct visit *v, int spool_fd, struct spool_spares *spares,
	struct error *err) MUST_CHECK;

void visit_finish(struct visit *v);

#endif
