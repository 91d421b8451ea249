#ifndef FLEETSIM_LEDGER_H
#define FLEETSIM_LEDGER_H

#include <stdint.h>

#include "lib/buffer.h"
#include "lib/error.h"
#include "tests/fleetsim/numbers.h"

/*
 * What was said, to be held against what was stored (tests/integration/rig/ledger.py): a file
 * for each worker, a line for each thing, written before the collector can know of it.
 *
 *   report HOST ATTEMPT DIGEST METRIC[:INSTANCE]=VALUE…   a true report was sealed
 *   lie HOST ATTEMPT DIGEST                               a file that must never be stored
 *   ack HOST ATTEMPT DIGEST                               the collector has acknowledged it
 *   fault HOST NAME:MOMENT                                it happened
 *
 * ATTEMPT is 16 hex digits; DIGEST is the sealed file's, as in the table `sample`.
 */
struct ledger {
	int fd;
	struct buffer line;
};

int ledger_open(
	struct ledger *l, const char *folder, unsigned worker, struct error *err) MUST_CHECK;
void ledger_close(struct ledger *l);

/* `expected` may be NULL. Each returns -1 when the line was not written; then what it tells of
 * must not happen, but for a fault, which happens all the same. */
int ledger_report(struct ledger *l, const char *host, uint64_t attempt_id, const char *digest,
	const struct expectations *expected) MUST_CHECK;
int ledger_lie(
	struct ledger *l, const char *host, uint64_t attempt_id, const char *digest) MUST_CHECK;
int ledger_ack(
	struct ledger *l, const char *host, uint64_t attempt_id, const char *digest) MUST_CHECK;
int ledger_fault(struct ledger *l, const char *host, const char *fault, const char *moment);

#endif
