#ifndef FLEET_COLLECTOR_SPOOL_H
#define FLEET_COLLECTOR_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"
#include "lib/outcome.h"
#include "lib/wire.h"

/*
 * encrypted_stats/: what pollers leave and ingest takes. Names are made here; nothing a host
 * sends becomes part of one.
 *
 *   <attempt, 16 hex>-<index, 2 digits>.sealed    one frame of that connection
 *   <cycle, 16 hex>-<poller, 2 digits>.outcomes   one line a host, appended
 *   tmp-*                                         being written; removed at the next start
 *   bad/                                          files that never open, capped
 *   lock, state                                   the run's lock; last id, collector number
 *
 * A .sealed file is one head line and then the sealed bytes:
 *   fleet1 spool <connection's attempt, 16 hex> <cycle, 16 hex> <received wall ms> <length>
 *     <client name, percent-encoded>
 *
 * An .outcomes line, written by one write(2) with O_APPEND:
 *   <attempt, 16 hex> <cycle, 16 hex> <outcome> <stage> <taken ms> <received ms> <duration ms>
 *     <client, percent-encoded> <text, percent-encoded>
 * A last line without its newline was cut by a power cut and is dropped.
 */
struct spool_head {
	uint64_t attempt_id, cycle_id;
	int64_t received_at;
	uint32_t length;
	char client[256];
};

struct spool_outcome {
	uint64_t attempt_id, cycle_id;
	enum outcome outcome;
	enum stage stage;
	int64_t taken_at, received_at;
	uint32_t duration_ms;
	char client[256];
	char text[512];   /* escaped already */
};

/* Writes one frame under a temporary name and renames it (RENAME_NOREPLACE); not yet durable:
 * the poller calls spool_sync() once a loop turn before it acknowledges. */
int spool_put(int spool_fd, const struct spool_head *head, uint32_t index, const void *sealed,
	struct error *err) MUST_CHECK;
int spool_sync(int spool_fd, struct error *err) MUST_CHECK;

/* The outcome file of one poller, created with O_APPEND. */
int spool_open_outcomes(int spool_fd, uint64_t cycle_id, uint32_t poller, int *ret_fd,
	struct error *err) MUST_CHECK;
int spool_put_outcome(int outcomes_fd, const struct spool_outcome *o, struct error *err) MUST_CHECK;

/* Pure: the formats above. */
int spool_format_head(const struct spool_head *h, char *out, size_t size) MUST_CHECK;
int spool_parse_head(const char *data, size_t len, struct spool_head *ret_head,
	size_t *ret_body, struct error *err) MUST_CHECK;
int spool_format_outcome(const struct spool_outcome *o, char *out, size_t size) MUST_CHECK;
int spool_parse_outcome(const char *line, size_t len, struct spool_outcome *ret_outcome,
	struct error *err) MUST_CHECK;

#endif
