/*
 * Arrays of Linux's software RAID once more, of /sys/block: Documentation/admin-guide/md.rst.
 * Unlike /proc/mdstat it says how many disks an array is short of. Where there is no redundancy
 * that file is not there, and the array is not degraded: it works or it does not.
 */
#include "remote/readers/readers.h"

#include "remote/bytes/tree.h"

/* While the number of disks is being changed it is "11 (10)". */
static bool take_disks(struct span lines, struct span entry, uint64_t *ret_disks)
{
	struct span level, disks;
	return tree_find(lines, entry, "md/level", &level) && !span_is(level, "container") &&
	       tree_find(lines, entry, "md/raid_disks", &disks) && span_column(disks, 0, ret_disks);
}

static bool take_degraded(struct span lines, struct span entry, uint64_t *ret_degraded)
{
	struct span state, degraded;
	*ret_degraded = 0;
	return tree_find(lines, entry, "md/array_state", &state) &&
	       (!tree_find(lines, entry, "md/degraded", &degraded) ||
		       span_u64(degraded, ret_degraded));
}

static void write_family(struct span tree, const char *name,
	bool (*take)(struct span lines, struct span entry, uint64_t *ret_value), struct text *out)
{
	struct family family = { name, "gauge", false };
	struct span entry, lines;
	uint64_t value;
	while (tree_entry(&tree, &entry, &lines)) {
		struct label device = { "device", entry };
		if (take(lines, entry, &value) && value <= INT64_MAX)
			text_member(out, &family, &device, 1, (int64_t)value, 0);
	}
}

void read_mdraid(struct span tree, struct text *out)
{
	write_family(tree, "node_md_raid_disks", take_disks, out);
	write_family(tree, "node_md_degraded", take_degraded, out);
}
