#include "lib/metrics/counters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	VERSION = 2,
	BOOT_AT = 1,
	MONOTONIC_AT = BOOT_AT + COUNTERS_BOOT_SIZE,
	TAKEN_AT = MONOTONIC_AT + 8,
	COUNT_AT = TAKEN_AT + 8,
	HEAD_SIZE = COUNT_AT + 4,
	ROW_SIZE = 16,
};

static uint64_t get(const uint8_t *from, size_t bytes)
{
	uint64_t value = 0;
	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)from[i] << 8 * i;
	return value;
}

static void put(uint8_t *to, size_t bytes, uint64_t value)
{
	for (size_t i = 0; i < bytes; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

int counters_open(const void *data, size_t len, struct counters *ret_counters)
{
	const uint8_t *bytes = data;
	if (len < HEAD_SIZE || bytes[0] != VERSION)
		return -1;
	size_t count = (size_t)get(bytes + COUNT_AT, 4);
	if ((len - HEAD_SIZE) % ROW_SIZE != 0 || (len - HEAD_SIZE) / ROW_SIZE != count)
		return -1;
	*ret_counters = (struct counters){
		.monotonic_ms = (int64_t)get(bytes + MONOTONIC_AT, 8),
		.taken_at_ms = (int64_t)get(bytes + TAKEN_AT, 8),
		.rows = bytes + HEAD_SIZE,
		.count = count,
	};
	memcpy(ret_counters->boot, bytes + BOOT_AT, COUNTERS_BOOT_SIZE);
	return 0;
}

static int compare_keys(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int compare_row(const void *key, const void *row)
{
	return compare_keys(*(const uint64_t *)key, get(row, 8));
}

bool counters_find(const struct counters *c, uint64_t key, double *ret_value)
{
	if (c->count == 0)
		return false;
	const uint8_t *row = bsearch(&key, c->rows, c->count, ROW_SIZE, compare_row);
	if (!row)
		return false;
	uint64_t bits = get(row + 8, 8);
	double value;
	memcpy(&value, &bits, sizeof value);
	if (!isfinite(value))
		return false;
	*ret_value = value;
	return true;
}

static int compare_items(const void *a, const void *b)
{
	return compare_keys(((const struct counter *)a)->key, ((const struct counter *)b)->key);
}

int counters_pack(
	const struct counters *head, struct counter *items, size_t count, struct buffer *out)
{
	size_t size = HEAD_SIZE + count * ROW_SIZE;
	uint8_t *to = (uint8_t *)buffer_reserve(out, size);
	if (!to)
		return -1;
	if (count)
		qsort(items, count, sizeof *items, compare_items);
	to[0] = VERSION;
	memcpy(to + BOOT_AT, head->boot, COUNTERS_BOOT_SIZE);
	put(to + MONOTONIC_AT, 8, (uint64_t)head->monotonic_ms);
	put(to + TAKEN_AT, 8, (uint64_t)head->taken_at_ms);
	put(to + COUNT_AT, 4, count);
	for (size_t i = 0; i < count; i++) {
		uint64_t bits;
		memcpy(&bits, &items[i].value, sizeof bits);
		put(to + HEAD_SIZE + i * ROW_SIZE, 8, items[i].key);
		put(to + HEAD_SIZE + i * ROW_SIZE + 8, 8, bits);
	}
	out->len += size;
	out->data[out->len] = 0;
	return 0;
}
