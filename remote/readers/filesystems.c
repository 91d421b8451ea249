#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/mounts.h"

/* What gather/filesystems.c says it leaves: the columns behind device, type and mount point. */
enum { READONLY, SIZE, FREE, AVAIL, FILES, FILES_FREE };

/* clang-format off */
static const struct {
	const char *name;
	unsigned column;
} rows[] = {
	{ "node_filesystem_avail_bytes", AVAIL },
	{ "node_filesystem_files",       FILES },
	{ "node_filesystem_files_free",  FILES_FREE },
	{ "node_filesystem_free_bytes",  FREE },
	{ "node_filesystem_readonly",    READONLY },
	{ "node_filesystem_size_bytes",  SIZE },
};
/* clang-format on */

/* A mount's labels as they are written. */
struct labels {
	char device[MOUNT_PATH_MAX], point[MOUNT_PATH_MAX];
	struct label items[3];
};

static bool take_labels(struct span *line, struct labels *ret)
{
	struct span device, type, point;
	if (!span_word(line, &device) || !span_word(line, &type) || !span_word(line, &point))
		return false;
	size_t device_len = mount_unescape(device, ret->device, sizeof ret->device);
	size_t point_len = mount_unescape(point, ret->point, sizeof ret->point);
	ret->items[0] = (struct label){ "device", { ret->device, device_len } };
	ret->items[1] = (struct label){ "fstype", type };
	ret->items[2] = (struct label){ "mountpoint", { ret->point, point_len } };
	return true;
}

static void write_column(struct span file, const char *name, unsigned column, struct text *out)
{
	struct family family = { name, "gauge", false };
	struct span line;
	struct labels labels;
	uint64_t value;
	while (span_line(&file, &line))
		if (take_labels(&line, &labels) && span_column(line, column, &value))
			text_member_unsigned(
				out, &family, labels.items, ARRAY_LEN(labels.items), value, 0);
}

/* What may not be looked at may be well. */
static bool is_denied(struct span line)
{
	struct span word = { 0 };
	return span_word(&line, &word) && span_word(&line, &word) && span_is(word, "denied");
}

/* node_exporter's word for a filesystem that gives no numbers is about those, too. */
static void write_errors(struct span file, const char *name, bool also_denied, struct text *out)
{
	struct family family = { name, "gauge", false };
	struct span line;
	struct labels labels;
	uint64_t value;
	while (span_line(&file, &line))
		if (take_labels(&line, &labels) && span_column(line, READONLY, &value))
			text_member(out, &family, labels.items, ARRAY_LEN(labels.items),
				!span_column(line, SIZE, &value) &&
					(also_denied || !is_denied(line)),
				0);
}

void read_filesystems(struct span file, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		write_column(file, rows[i].name, rows[i].column, out);
	write_errors(file, "node_filesystem_device_error", true, out);
	write_errors(file, "fleet_filesystem_failed", false, out);
}
