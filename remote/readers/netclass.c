/*
 * Network interfaces, of /sys/class/net: Documentation/ABI/testing/sysfs-class-net, and
 * Documentation/networking/bonding.rst for bonds. As with node_exporter, unless it is told
 * otherwise, none is left out: veth, bridges and lo are told of.
 */
#include "remote/readers/readers.h"

#include <string.h>

#include "lib/compiler.h"
#include "remote/bytes/tree_rows.h"

enum {
	FLAG_UP = 1, /* IFF_UP, of netdevice(7) */
	SLAVES_MAX = 256,
};

static const struct tree_entries entries = { .label = "device", .prefix = "" };

/* A speed is in Mbit/s, and -1 where nobody knows it. A carrier is unreadable while the
 * interface is down. */
/* clang-format off */
static const struct tree_row rows[] = {
	{ "carrier",            "node_network_carrier",                    "gauge",   1,      0, false },
	{ "carrier_changes",    "node_network_carrier_changes_total",      "counter", 1,      0, false },
	{ "carrier_up_count",   "node_network_carrier_up_changes_total",   "counter", 1,      0, false },
	{ "carrier_down_count", "node_network_carrier_down_changes_total", "counter", 1,      0, false },
	{ "mtu",                "node_network_mtu_bytes",                  "gauge",   1,      0, false },
	{ "speed",              "node_network_speed_bytes",                "gauge",   125000, 0, true },
};

static const struct tree_field fields[] = {
	{ "address",   "address" },
	{ "broadcast", "broadcast" },
	{ "duplex",    "duplex" },
	{ "ifalias",   "ifalias" },
	{ "operstate", "operstate" },
};
/* clang-format on */

/* "0x1003": the lowest bit is in the last digit. */
static const char *admin_state(struct span lines, struct span entry)
{
	struct span flags;
	if (!tree_find(lines, entry, "flags", &flags) || flags.len == 0)
		return "unknown";
	const char *digits = "0123456789abcdef", *at = strchr(digits, flags.at[flags.len - 1]);
	return at && ((at - digits) & FLAG_UP) ? "up" : "down";
}

static void write_up(struct span tree, struct text *out)
{
	struct family family = { "node_network_up", "gauge", false };
	struct tree_line line;
	while (tree_next_of(&tree, "operstate", &line)) {
		struct label device = { "device", line.entry };
		text_member(out, &family, &device, 1, span_is(line.value, "up"), 0);
	}
}

static void write_info(struct span tree, struct text *out)
{
	struct family family = { "node_network_info", "gauge", false };
	struct span entry, lines;
	while (tree_entry(&tree, &entry, &lines)) {
		struct label labels[ARRAY_LEN(fields) + 2] = { { "device", entry },
			text_label("adminstate", admin_state(lines, entry)) };
		size_t count = 2 + tree_labels(lines, fields, ARRAY_LEN(fields), true, labels + 2);
		text_member(out, &family, labels, count, 1, 0);
	}
}

/* Slaves of bonds, each of which says for itself whether its link is up. */
struct slaves {
	struct {
		struct span name;
		bool is_up;
	} items[SLAVES_MAX];
	size_t count;
};

static void find_slaves(struct span tree, struct slaves *ret)
{
	struct tree_line line;
	for (ret->count = 0; ret->count < SLAVES_MAX &&
			     tree_next_of(&tree, "bonding_slave/mii_status", &line);) {
		ret->items[ret->count].name = line.entry;
		ret->items[ret->count++].is_up = span_is(line.value, "up");
	}
}

/* How many a bond names, and how many of them are up. Returns false when one does not tell. */
static bool count_slaves(
	const struct slaves *known, struct span names, int64_t *ret_all, int64_t *ret_up)
{
	struct span name;
	bool all_tell = true;
	for (*ret_all = *ret_up = 0; span_word(&names, &name); ++*ret_all) {
		size_t i = 0;
		while (i < known->count && !span_equal(known->items[i].name, name))
			i++;
		all_tell = all_tell && i < known->count;
		*ret_up += i < known->count && known->items[i].is_up;
	}
	return all_tell;
}

static void write_bonds(struct span tree, const struct slaves *slaves, const char *name,
	bool only_up, struct text *out)
{
	struct family family = { name, "gauge", false };
	struct tree_line line;
	int64_t all, up;
	while (tree_next_of(&tree, "bonding/slaves", &line)) {
		struct label master = { "master", line.entry };
		if (count_slaves(slaves, line.value, &all, &up) || !only_up)
			text_member(out, &family, &master, 1, only_up ? up : all, 0);
	}
}

void read_netclass(struct span tree, struct text *out)
{
	struct slaves slaves;
	find_slaves(tree, &slaves);
	write_up(tree, out);
	tree_rows(tree, &entries, rows, ARRAY_LEN(rows), out);
	write_info(tree, out);
	write_bonds(tree, &slaves, "node_bonding_slaves", false, out);
	write_bonds(tree, &slaves, "node_bonding_active", true, out);
}
