/*
 * What machine it is, of /sys/class/dmi: drivers/firmware/dmi-id.c. Serial numbers and the UUID
 * only root may read.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/tree_rows.h"

static const struct tree_entries entries = { .label = NULL, .prefix = "id" };

/* clang-format off */
static const struct tree_field fields[] = {
	{ "bios_date",         "bios_date" },
	{ "bios_release",      "bios_release" },
	{ "bios_vendor",       "bios_vendor" },
	{ "bios_version",      "bios_version" },
	{ "board_asset_tag",   "board_asset_tag" },
	{ "board_name",        "board_name" },
	{ "board_serial",      "board_serial" },
	{ "board_vendor",      "board_vendor" },
	{ "board_version",     "board_version" },
	{ "chassis_asset_tag", "chassis_asset_tag" },
	{ "chassis_serial",    "chassis_serial" },
	{ "chassis_vendor",    "chassis_vendor" },
	{ "chassis_version",   "chassis_version" },
	{ "product_family",    "product_family" },
	{ "product_name",      "product_name" },
	{ "product_serial",    "product_serial" },
	{ "product_sku",       "product_sku" },
	{ "product_uuid",      "product_uuid" },
	{ "product_version",   "product_version" },
	{ "system_vendor",     "sys_vendor" },
};
/* clang-format on */

void read_dmi(struct span tree, struct text *out)
{
	tree_info(tree, &entries, "node_dmi_info", fields, ARRAY_LEN(fields), out);
}
