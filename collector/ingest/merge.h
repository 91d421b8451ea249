#ifndef FLEET_COLLECTOR_INGEST_MERGE_H
#define FLEET_COLLECTOR_INGEST_MERGE_H

#include "collector/ingest/report.h"
#include "collector/spool/spool.h"

/*
 * What one connection left in the spool, made into rows. Pure.
 *
 * The outcome line is the poller's word and the sealed files are the proof; a crash or a power
 * cut may have taken either. The proof wins: an attempt whose report is there is ok, whatever
 * was said of it; one said to be ok whose report does not open is not.
 */
struct connection {
	uint64_t attempt_id, cycle_id;
	const struct spool_outcome *line; /* NULL when it was lost */
	const struct report *reports;	  /* its sealed files */
	size_t report_count;
	int64_t received_at; /* of the files */
	bool has_more;	     /* other parts of it come, in which its report may be */
	bool has_row;	     /* an earlier part has made its row */
};

enum { MERGE_NO_REPORT = -1 };

struct merge_row {
	uint64_t id, cycle_id; /* cycle 0: unknown, of an earlier run */
	enum outcome outcome, first_outcome;
	enum stage stage;
	const char *error; /* into the connection; "" when ok */
	int64_t taken_at, received_at;
	uint32_t duration_ms;
	int report; /* index into the reports */
};

/* Fills ret_rows, which has room for report_count + 1, and returns how many there are. The row
 * of the connection's own attempt, when there is one, is the first. Two reports of one
 * attempt make one row. Without its report, it is the last part that makes the row of the line. */
size_t merge_connection(const struct connection *c, struct merge_row *ret_rows);

#endif
