#ifndef FLEET_STORAGE_COLLECTING_H
#define FLEET_STORAGE_COLLECTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/metrics/derive.h"
#include "lib/outcome.h"
#include "lib/storage/open.h"

/* What the collector does with storage. */

struct cycle {
	uint64_t id;	     /* an attempt id: attempt_next() */
	const char *program; /* "collector", "alerter" */
	const char *version;
	int64_t started_at, finished_at, deadline_at; /* finished_at 0 = still running */
	uint32_t clients, ok, failed;
	bool whole_fleet; /* not: a few clients by name, or it was stopped or went wrong */
};

/* The number that stands in the ids of one collector's attempts (see lib/attempt.h), so that no
 * two collectors of a database give out the same id. `claim` is what tells the collector from
 * all others (63 bits, not 0): it gets the number that it was given before, however long ago, so
 * that asking again is safe after anything. A new claim gets `wanted` when that is free (0 = no
 * wish), else the lowest number that is; when none is left it is an error that says what to do.
 * `place` tells people where that collector is. */
int storage_claim_number(struct storage *s, uint64_t claim, uint8_t wanted, const char *place,
	int64_t now, uint8_t *ret_number, struct error *err) MUST_CHECK;

/* Inserts, or updates the row of that id. */
int storage_put_cycle(struct storage *s, const struct cycle *c, struct error *err) MUST_CHECK;

/* One attempt at one client. Strings and readings belong to the caller. */
struct sample {
	uint64_t id;	    /* attempt id */
	const char *client; /* name; the row of the client is made when missing */
	uint64_t cycle_id;  /* 0 when unknown: a leftover without its outcome line */
	int64_t taken_at, received_at;
	enum outcome outcome;
	enum outcome first_outcome; /* what the poller saw; differs when a late file completed it */
	enum stage stage;
	const char *error; /* "" when ok; hostile text is escaped already */
	uint32_t duration_ms;
	char probe_hash[33]; /* "" when unknown */
	bool has_report;     /* the fields below are set */
	uint8_t digest[16];  /* of the sealed file */
	const struct reading *readings;
	size_t reading_count;
	const void *counters; /* packed, see derive.h; length 0 = leave the stored ones. When the
				 server takes no packet as large, none are stored, and the next
				 report has no rates */
	size_t counters_len;
	const char *text; /* the whole report; stored compressed when the stored one is older
			     than ten minutes, left out when the server takes no packet as large */
	size_t text_len;
};

enum put_result {
	PUT_NEW,       /* a new row */
	PUT_COMPLETED, /* an attempt known as failed got its late report: outcome ok,
			  first_outcome kept, readings stored, unprocessed again */
	PUT_REPLAY,    /* known already, same digest or a failure known already: nothing done.
			  Also what this very call stored, when it had to be replayed */
	PUT_STALE,     /* the id has a report with another digest, or is another client's:
			  nothing done */
};

/* One transaction for the whole batch: samples, readings, counters and reports together. A
 * hundred samples or more a batch make full use of it. The batch may name an id twice. A
 * reading of a metric and instance that the sample names twice is stored once. A client has at
 * most 10,000 series at a time, of metrics outside the catalogue 8,000: a further one takes the
 * place of that which was unseen for longest. When all were seen within two days its readings are
 * refused, which adds to the sample's readings_left_out. An id of 0 or beyond 63 bits is an
 * error. */
int storage_put_samples(struct storage *s, const struct sample *samples, size_t count,
	enum put_result *ret_results, struct error *err) MUST_CHECK;

/* How many readings the last call of it refused. */
uint64_t storage_refused(const struct storage *s);

/* Whether the text of a report that was taken then is to be stored, too, when the stored one was
 * taken at `text_at` (0 = there is none): it is for people to look at, and most of its weight is
 * not worth a write every minute. Pure. */
bool storage_wants_text(int64_t text_at, int64_t taken_at);

/* The packed counters stored for a client, appended, and when the report was taken whose text is
 * stored; nothing and 0 when there are none. */
int storage_get_counters(struct storage *s, const char *client, struct buffer *out,
	int64_t *ret_text_at, struct error *err) MUST_CHECK;

/* Deletes samples of UTC days (by attempt id) before that of `before`, at most `limit` of them
 * or whole partitions, never what is unprocessed; then cycles and series to which nothing
 * belongs any more, metrics of no series once there are many, and, at most as many, sent
 * notifications and told events as old, but for those of open alerts and what waits or failed.
 * *ret_deleted counts samples. On MariaDB it also makes partitions ahead, so call it every cycle,
 * with `before` = 0 to keep everything; what would have to wait there for a long reader is left to
 * the next call. */
int storage_retain(struct storage *s, int64_t before, uint32_t limit, uint32_t *ret_deleted,
	struct error *err) MUST_CHECK;

#endif
