#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/mounts.h"

/* clang-format off */
static const struct {
	const char *name;
	unsigned column; /* behind device, type and mount point */
} rows[] = {
	{ "node_filesystem_avail_bytes", 3 },
	{ "node_filesystem_files",       4 },
	{ "node_filesystem_files_free",  5 },
	{ "node_filesystem_free_bytes",  2 },
	{ "node_filesystem_readonly",    0 },
	{ "node_filesystem_size_bytes",  1 },
};
/* clang-format on */

static void write_line(struct span line, const char *name, unsigned column, struct text *out)
{
	char device[MOUNT_PATH_MAX], point[MOUNT_PATH_MAX];
	struct span words[3];
	uint64_t value;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (!span_word(&line, &words[i]))
			return;
	struct label labels[] = {
		{ "device", { device, mount_unescape(words[0], device, sizeof device) } },
		{ "fstype", words[1] },
		{ "mountpoint", { point, mount_unescape(words[2], point, sizeof point) } },
	};
	if (span_column(line, column, &value))
		text_sample(out, name, labels, ARRAY_LEN(labels), value, 0);
}

void read_filesystems(struct span file, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct span rest = file, line;
		text_type(out, rows[i].name, "gauge");
		while (span_line(&rest, &line))
			write_line(line, rows[i].name, rows[i].column, out);
	}
}
