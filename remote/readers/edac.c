/*
 * Errors of memory that were corrected, and that could not be, of /sys/devices/system/edac:
 * Documentation/admin-guide/ras.rst. A controller counts them all, those of each of its rows,
 * and those of which it does not know where they were.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/tree_rows.h"

static const struct tree_entries entries = { .label = "controller", .prefix = "mc" };

/* clang-format off */
static const struct tree_row rows[] = {
	{ "ce_count", "node_edac_correctable_errors_total",   "counter", 1, 0, false },
	{ "ue_count", "node_edac_uncorrectable_errors_total", "counter", 1, 0, false },
};
/* clang-format on */

/* "csrow2/ce_count" is of row 2, "ce_noinfo_count" of nobody knows which. */
static bool take_row(struct span file, const char *count, const char *unknown, struct span *ret)
{
	struct span row = file;
	uint64_t number;
	*ret = (struct span){ "unknown", sizeof "unknown" - 1 };
	if (span_is(file, unknown))
		return true;
	if (!tree_strip(&row, "csrow"))
		return false;
	*ret = (struct span){ row.at, 0 };
	while (ret->len < row.len && row.at[ret->len] != '/')
		ret->len++;
	row = (struct span){ row.at + ret->len, row.len - ret->len };
	return span_u64(*ret, &number) && tree_strip(&row, "/") && span_is(row, count);
}

static void write_rows(struct span tree, const char *name, const char *count, const char *unknown,
	struct text *out)
{
	struct family family = { name, "counter", false };
	struct tree_line line;
	int64_t value;
	while (tree_next(&tree, &line)) {
		struct label labels[] = { { "controller", line.entry }, { .name = "csrow" } };
		if (tree_strip(&labels[0].value, "mc") &&
			take_row(line.file, count, unknown, &labels[1].value) &&
			span_i64(line.value, &value))
			text_member(out, &family, labels, 2, value, 0);
	}
}

void read_edac(struct span tree, struct text *out)
{
	tree_rows(tree, &entries, rows, ARRAY_LEN(rows), out);
	write_rows(tree, "node_edac_csrow_correctable_errors_total", "ce_count", "ce_noinfo_count",
		out);
	write_rows(tree, "node_edac_csrow_uncorrectable_errors_total", "ue_count",
		"ue_noinfo_count", out);
}
