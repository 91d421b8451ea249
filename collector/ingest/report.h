#ifndef FLEET_COLLECTOR_INGEST_REPORT_H
#define FLEET_COLLECTOR_INGEST_REPORT_H

#include "collector/spool/spool.h"
#include "lib/buffer.h"
#include "lib/crypto/hash.h"
#include "lib/crypto/seal.h"
#include "lib/metrics/promtext.h"
#include "lib/wire/wire.h"

/*
 * One sealed file, opened and judged. A sealed box does not say who sealed it, so a report
 * counts only when its nonce is the one that this client was given for that attempt.
 */
struct report {
	enum outcome outcome; /* OK; or UNSEALED, TRUNCATED, STALE; INTERNAL: not read */
	char reason[256];     /* for people; "" when ok */
	struct wire_report_header header; /* when ok, as all below */
	int64_t asked_at;		  /* wall, of the server; 0 = unknown, as of a leftover */
	int64_t came_at;		  /* likewise: when it was all here */
	uint8_t digest[HASH_DIGEST_SIZE]; /* of the sealed bytes */
	struct buffer text;
	struct promtext metrics;
};

/* Opens the `head->length` sealed bytes. What is wrong with them is in ret_report, which the
 * caller finishes; -1 only without memory. */
int report_open(const struct keyring *ring, const struct spool_head *head, const void *sealed,
	struct report *ret_report, struct error *err) MUST_CHECK;

/* Accepts a zeroed one. */
void report_finish(struct report *r);

/* The order in which the reports of one client are derived: boots in the order of their first
 * attempt, within a boot by its monotonic clock, then by attempt. Fills ret_order with the
 * indexes of those that are OK and returns how many they are. Pure. */
size_t report_order(const struct report *reports, size_t count, size_t *ret_order);

#endif
