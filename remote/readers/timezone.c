/*
 * How far local time is ahead of UTC: etc/localtime in the format of RFC 9636 (tzfile(5)). Behind
 * the last change that the file lists its footer holds, a rule as TZ in the environment would be
 * (POSIX.1, 8.3), which is all there is for zones whose rules have not changed for long.
 */
#include "remote/readers/readers.h"

#include <string.h>

#include "remote/bytes/bundle.h"
#include "remote/bytes/zone_rule.h"

enum { HEADER_SIZE = 44, TYPE_SIZE = 6 };

struct zone {
	struct span times, types, infos, names, footer;
	size_t time_size; /* 4 or 8 bytes each */
};

/* Big-endian, two's complement. */
static int64_t get_be(const char *at, size_t size)
{
	uint64_t value = (signed char)*at < 0 ? UINT64_MAX : 0;
	for (size_t i = 0; i < size; i++)
		value = value << 8 | (unsigned char)at[i];
	return (int64_t)value;
}

static bool take(struct span *rest, uint64_t len, struct span *ret_part)
{
	if (len > rest->len)
		return false;
	*ret_part = (struct span){ rest->at, (size_t)len };
	*rest = (struct span){ rest->at + len, rest->len - (size_t)len };
	return true;
}

/* One header and the data block behind it, whose times are of that size. */
static bool take_block(struct span *rest, size_t time_size, struct zone *ret_zone)
{
	struct span header, skipped;
	uint64_t counts[6]; /* isut, isstd, leap, time, type, char */
	if (!take(rest, HEADER_SIZE, &header) || memcmp(header.at, "TZif", 4) != 0)
		return false;
	for (size_t i = 0; i < 6; i++)
		counts[i] = (uint64_t)get_be(header.at + 20 + 4 * i, 4) & UINT32_MAX;
	struct zone z = { .time_size = time_size };
	if (!take(rest, counts[3] * time_size, &z.times) || !take(rest, counts[3], &z.types) ||
		!take(rest, counts[4] * TYPE_SIZE, &z.infos) || !take(rest, counts[5], &z.names) ||
		!take(rest, counts[2] * (time_size + 4), &skipped) ||
		!take(rest, counts[1], &skipped) || !take(rest, counts[0], &skipped))
		return false;
	*ret_zone = z;
	return true;
}

/* Version 1 has one block of 4-byte times; from 2 on one of 8-byte times and the footer follow. */
static bool parse_file(struct span file, struct zone *ret_zone)
{
	bool is_first = file.len > 4 && file.at[4] == 0;
	if (!take_block(&file, 4, ret_zone))
		return false;
	if (is_first)
		return true;
	if (!take_block(&file, 8, ret_zone))
		return false;
	struct span empty;
	return span_line(&file, &empty) && empty.len == 0 && span_line(&file, &ret_zone->footer);
}

/* How many changes lie behind us. */
static size_t count_past(const struct zone *z, int64_t now)
{
	size_t low = 0, high = z->types.len;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (get_be(z->times.at + middle * z->time_size, z->time_size) <= now)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool by_type(const struct zone *z, size_t type, struct zone_time *ret_time)
{
	if (type >= z->infos.len / TYPE_SIZE)
		return false;
	const char *info = z->infos.at + type * TYPE_SIZE;
	size_t name = (unsigned char)info[5];
	if (name >= z->names.len)
		return false;
	struct span rest = { z->names.at + name, z->names.len - name };
	const char *end = memchr(rest.at, 0, rest.len);
	ret_time->name = (struct span){ rest.at, end ? (size_t)(end - rest.at) : 0 };
	ret_time->offset_s = get_be(info, 4);
	return true;
}

static bool find_time(const struct zone *z, int64_t now, struct zone_time *ret_time)
{
	size_t past = count_past(z, now);
	if (past == z->types.len && z->footer.len > 0 && zone_rule(z->footer, now, ret_time))
		return true;
	return by_type(z, past > 0 ? (unsigned char)z->types.at[past - 1] : 0, ret_time);
}

void read_timezone(struct span bytes, struct text *out)
{
	struct bundle_file now, file;
	struct zone zone = { .time_size = 4 };
	struct zone_time time = { .name = { "UTC", 3 } };
	if (!bundle_find(bytes, "now", &now) || !bundle_find(bytes, "localtime", &file))
		return;
	int64_t now_s = now.time_ns / 1000000000;
	if (file.size >= 0 && (!parse_file(file.bytes, &zone) || !find_time(&zone, now_s, &time)))
		return;
	struct family family = { "node_time_zone_offset_seconds", "gauge", false };
	struct label label = { "time_zone", time.name };
	text_member(out, &family, &label, 1, time.offset_s, 0);
}
