/*
 * NVMe controllers, of /sys/class/nvme: drivers/nvme/host/sysfs.c. Whether one still works is in
 * its state: "live".
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/tree_rows.h"

static const struct tree_entries entries = { .label = "device", .prefix = "" };

/* clang-format off */
static const struct tree_field fields[] = {
	{ "cntlid",            "cntlid" },
	{ "firmware_revision", "firmware_rev" },
	{ "model",             "model" },
	{ "serial",            "serial" },
	{ "state",             "state" },
};
/* clang-format on */

void read_nvme(struct span tree, struct text *out)
{
	tree_info(tree, &entries, "node_nvme_info", fields, ARRAY_LEN(fields), out);
}
