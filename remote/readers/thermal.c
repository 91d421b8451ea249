/*
 * Thermal zones and what cools them, of /sys/class/thermal:
 * Documentation/driver-api/thermal/sysfs-api.rst. Temperatures are in thousandths of a degree. A
 * cooling device that does not know its state says -1.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/tree_rows.h"

static const struct tree_entries zones = { "zone", "thermal_zone", "type" };
static const struct tree_entries devices = { "name", "cooling_device", "type" };

/* clang-format off */
static const struct tree_row zone_rows[] = {
	{ "temp",      "node_thermal_zone_temp",        "gauge", 1, 3, false },
};

static const struct tree_row device_rows[] = {
	{ "cur_state", "node_cooling_device_cur_state", "gauge", 1, 0, false },
	{ "max_state", "node_cooling_device_max_state", "gauge", 1, 0, false },
};
/* clang-format on */

void read_thermal(struct span tree, struct text *out)
{
	tree_rows(tree, &zones, zone_rows, ARRAY_LEN(zone_rows), out);
	tree_rows(tree, &devices, device_rows, ARRAY_LEN(device_rows), out);
}
