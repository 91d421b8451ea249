#ifndef FLEET_COLLECTOR_INGEST_VISIT_H
#define FLEET_COLLECTOR_INGEST_VISIT_H

#include "collector/ingest/merge.h"
#include "collector/ingest/sources.h"
#include "lib/metrics/derive.h"
#include "lib/storage/storage.h"

/* What there is of a connection: its line, frames of it, or both. What more than one poller wrote
 * under one attempt are parts, since no poller is to be believed about frames that are not its
 * own; and so is what is too much for one. Each is given the line. */
struct part {
	uint64_t cycle_id;
	const struct spool_outcome *line; /* NULL: it was lost */
	const struct spool_frame *frames; /* of one attempt, that of the line */
	size_t frame_count;		  /* SPOOL_CONNECTION_FILES at most */
	bool has_more, has_row;		  /* see struct connection */
};

/*
 * One connection, or a part of it, on its way from the spool to storage: its frames read, opened,
 * merged with its outcome line, and derived. Owns everything that its samples point to.
 */
struct visit {
	char client[256]; /* "" when neither line nor report tells: then there are no rows */
	struct connection connection;
	const struct spool_frame *frames; /* those of the part */
	struct report *reports;		  /* one a frame */
	struct readings *readings;	  /* one a report */
	struct buffer *counters;	  /* one a report */
	int newest;			  /* the report derived last; -1 = none */
	struct merge_row *rows;
	size_t row_count;
	size_t weight; /* bytes of its reports: what it holds grows with them */
};

/* Reads and opens the frames. The line tells whose connection it was, or else the first report
 * does, since the head of a frame is a poller's word only: frames of anybody else are no reports.
 * That is no error. */
int visit_load(struct visit *v, const struct sources *sources, const struct keyring *ring,
	const struct part *part, struct error *err) MUST_CHECK;

/* The row of its attempt is among its rows. */
bool visit_has_own_row(const struct visit *v);

/* Nothing of it is to be stored: its frames are no reports any more. */
void visit_disown(struct visit *v, const char *why);

/* Derives the readings from the client's stored counters on, each report's counters being the
 * ground of the next. The time of `terms` is not read. */
int visit_derive(struct visit *v, struct storage *storage, const struct derive_terms *terms,
	struct error *err) MUST_CHECK;

/* Fills one sample a row. They point into the visit. */
void visit_samples(const struct visit *v, struct sample *ret_samples);

/* After the commit: frames that are no reports go to bad/, the first so many of a run that it
 * keeps, and the file of one that the disk did not give back is to stay for the next run, when its
 * row is completed. */
void visit_settle(const struct visit *v, struct sources *sources, uint32_t *rejected);

void visit_finish(struct visit *v);

#endif
