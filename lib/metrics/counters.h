#ifndef FLEET_METRICS_COUNTERS_H
#define FLEET_METRICS_COUNTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"

/*
 * The counters of a client's newest report, as the `report` table keeps them until the next
 * one comes. Little-endian:
 *
 *   u8 version (2), u8 boot id[16], i64 monotonic ms, i64 taken at ms, u32 count,
 *   count × (u64 key, f64 value), sorted by key
 *
 * where key is series_key() of the raw name and labels. Bytes that are not exactly this are
 * damaged; so are those of version 1, which had other keys.
 */
enum { COUNTERS_BOOT_SIZE = 16 };

struct counters {
	uint8_t boot[COUNTERS_BOOT_SIZE]; /* all zero: unknown */
	int64_t monotonic_ms;		  /* of the client */
	int64_t taken_at_ms;		  /* of the server, as the attempt id has it */
	const uint8_t *rows;		  /* private: into the bytes given to counters_open() */
	size_t count;
};

struct counter {
	uint64_t key;
	double value;
};

/* Reads packed bytes, which must outlive *ret_counters. Returns -1 when they are damaged. */
int counters_open(const void *data, size_t len, struct counters *ret_counters) MUST_CHECK;

bool counters_find(const struct counters *c, uint64_t key, double *ret_value);

/* Appends the packed form: boot and times of `head` with these items, which get sorted. */
int counters_pack(const struct counters *head, struct counter *items, size_t count,
	struct buffer *out) MUST_CHECK;

#endif
