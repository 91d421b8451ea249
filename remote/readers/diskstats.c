/*
 * Block devices: what gather_disks leaves of /proc/diskstats, the lines of the file, each with
 * what is known of the device below it.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/columns.h"
#include "remote/bytes/disk_line.h"
#include "remote/bytes/tree_rows.h"

/* Sectors are of 512 bytes whatever the disk's are. Discards came with Linux 4.18, flushes with
 * 5.5. */
/* clang-format off */
static const struct column rows[] = {
	{ "node_disk_reads_completed_total",              "counter", 0,  1,   0 },
	{ "node_disk_reads_merged_total",                 "counter", 1,  1,   0 },
	{ "node_disk_read_bytes_total",                   "counter", 2,  512, 0 },
	{ "node_disk_read_time_seconds_total",            "counter", 3,  1,   3 },
	{ "node_disk_writes_completed_total",             "counter", 4,  1,   0 },
	{ "node_disk_writes_merged_total",                "counter", 5,  1,   0 },
	{ "node_disk_written_bytes_total",                "counter", 6,  512, 0 },
	{ "node_disk_write_time_seconds_total",           "counter", 7,  1,   3 },
	{ "node_disk_io_now",                             "gauge",   8,  1,   0 },
	{ "node_disk_io_time_seconds_total",              "counter", 9,  1,   3 },
	{ "node_disk_io_time_weighted_seconds_total",     "counter", 10, 1,   3 },
	{ "node_disk_discards_completed_total",           "counter", 11, 1,   0 },
	{ "node_disk_discards_merged_total",              "counter", 12, 1,   0 },
	{ "node_disk_discarded_sectors_total",            "counter", 13, 1,   0 },
	{ "node_disk_discard_time_seconds_total",         "counter", 14, 1,   3 },
	{ "node_disk_flush_requests_total",               "counter", 15, 1,   0 },
	{ "node_disk_flush_requests_time_seconds_total",  "counter", 16, 1,   3 },
};

/* The last serial number that is there wins: the one on the label of a SCSI disk. */
static const struct tree_field fields[] = {
	{ "path",     "ID_PATH" },
	{ "wwn",      "ID_WWN" },
	{ "model",    "ID_MODEL" },
	{ "revision", "ID_REVISION" },
};

static const char *const serials[] = { "ID_SERIAL", "ID_SERIAL_SHORT", "SCSI_IDENT_SERIAL" };

static const struct tree_field mapper_fields[] = {
	{ "name",     "DM_NAME" },
	{ "uuid",     "DM_UUID" },
	{ "vg_name",  "DM_VG_NAME" },
	{ "lv_name",  "DM_LV_NAME" },
	{ "lv_layer", "DM_LV_LAYER" },
};
/* clang-format on */

static const struct span no_entry = { "", 0 };

static bool take_disk(struct span *line, struct span *ret_device)
{
	struct disk_line disk;
	if (!disk_line_parse(*line, &disk))
		return false;
	*ret_device = disk.name;
	*line = disk.counters;
	return true;
}

/* The next disk, and all lines up to the one after it: a property begins with no number. */
static bool next_disk(struct span *rest, struct disk_line *ret, struct span *ret_properties)
{
	struct disk_line after;
	struct span line, next;
	do {
		if (!span_line(rest, &line))
			return false;
	} while (!disk_line_parse(line, ret));
	*ret_properties = (struct span){ rest->at, 0 };
	for (next = *rest; span_line(&next, &line) && !disk_line_parse(line, &after); *rest = next)
		ret_properties->len = (size_t)(next.at - ret_properties->at);
	return true;
}

static struct span serial(struct span properties)
{
	struct span found = no_entry;
	for (size_t i = 0; i < ARRAY_LEN(serials); i++)
		(void)tree_find(properties, no_entry, serials[i], &found);
	return found;
}

static void write_info(struct span file, struct text *out)
{
	struct family family = { "node_disk_info", "gauge", false };
	struct disk_line disk;
	struct span properties, rotational;
	while (next_disk(&file, &disk, &properties)) {
		bool spins = tree_find(properties, no_entry, "rotational", &rotational) &&
			     span_is(rotational, "1");
		struct label labels[ARRAY_LEN(fields) + 5] = { { "device", disk.name },
			{ "major", disk.major }, { "minor", disk.minor },
			text_label("rotational", spins ? "1" : "0"),
			{ "serial", serial(properties) } };
		size_t count =
			5 + tree_labels(properties, fields, ARRAY_LEN(fields), true, labels + 5);
		text_member(out, &family, labels, count, 1, 0);
	}
}

static void write_mapper(struct span file, struct text *out)
{
	struct family family = { "node_disk_device_mapper_info", "gauge", false };
	struct disk_line disk;
	struct span properties, name;
	while (next_disk(&file, &disk, &properties)) {
		struct label labels[ARRAY_LEN(mapper_fields) + 1] = { { "device", disk.name } };
		if (!tree_find(properties, no_entry, "DM_NAME", &name))
			continue;
		size_t count = tree_labels(
			properties, mapper_fields, ARRAY_LEN(mapper_fields), true, labels + 1);
		text_member(out, &family, labels, count + 1, 1, 0);
	}
}

void read_diskstats(struct span file, struct text *out)
{
	columns_read(file, take_disk, rows, ARRAY_LEN(rows), out);
	write_info(file, out);
	write_mapper(file, out);
}
