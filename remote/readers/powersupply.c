/*
 * Batteries and mains, of /sys/class/power_supply: Documentation/ABI/testing/sysfs-class-power.
 * Volts, amperes, watts and what is made of them are in millionths, temperatures in tenths of a
 * degree.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/tree_rows.h"

static const struct tree_entries entries = { .label = "power_supply", .prefix = "" };

/* clang-format off */
static const struct tree_row rows[] = {
	{ "online",             "node_power_supply_online",                "gauge", 1, 0, false },
	{ "present",            "node_power_supply_present",               "gauge", 1, 0, false },
	{ "capacity",           "node_power_supply_capacity",              "gauge", 1, 0, false },
	{ "cycle_count",        "node_power_supply_cyclecount",            "gauge", 1, 0, false },
	{ "time_to_empty_now",  "node_power_supply_time_to_empty_seconds", "gauge", 1, 0, false },
	{ "time_to_full_now",   "node_power_supply_time_to_full_seconds",  "gauge", 1, 0, false },
	{ "energy_now",         "node_power_supply_energy_watthour",       "gauge", 1, 6, false },
	{ "energy_full",        "node_power_supply_energy_full",           "gauge", 1, 6, false },
	{ "energy_full_design", "node_power_supply_energy_full_design",    "gauge", 1, 6, false },
	{ "charge_now",         "node_power_supply_charge_ampere",         "gauge", 1, 6, false },
	{ "charge_full",        "node_power_supply_charge_full",           "gauge", 1, 6, false },
	{ "charge_full_design", "node_power_supply_charge_full_design",    "gauge", 1, 6, false },
	{ "power_now",          "node_power_supply_power_watt",            "gauge", 1, 6, false },
	{ "current_now",        "node_power_supply_current_ampere",        "gauge", 1, 6, false },
	{ "voltage_now",        "node_power_supply_voltage_volt",          "gauge", 1, 6, false },
	{ "voltage_min_design", "node_power_supply_voltage_min_design",    "gauge", 1, 6, false },
	{ "temp",               "node_power_supply_temp_celsius",          "gauge", 1, 1, false },
};

static const struct tree_field fields[] = {
	{ "capacity_level", "capacity_level" },
	{ "charge_type",    "charge_type" },
	{ "health",         "health" },
	{ "manufacturer",   "manufacturer" },
	{ "model_name",     "model_name" },
	{ "scope",          "scope" },
	{ "serial_number",  "serial_number" },
	{ "status",         "status" },
	{ "technology",     "technology" },
	{ "type",           "type" },
	{ "usb_type",       "usb_type" },
};
/* clang-format on */

void read_powersupply(struct span tree, struct text *out)
{
	tree_rows(tree, &entries, rows, ARRAY_LEN(rows), out);
	tree_info(tree, &entries, "node_power_supply_info", fields, ARRAY_LEN(fields), out);
}
