/*
 * What parts of a machine have used of energy, of /sys/class/powercap:
 * Documentation/power/powercap/powercap.rst. It is in millionths of a joule, and since 2020 only
 * root may read it. A zone's name, "package-0" or "core", makes its family, of which there can be
 * one a processor; where it tells no number they are numbered as they come.
 */
#include "remote/readers/readers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "remote/bytes/tree.h"

enum { STEM_MAX = 63, ZONES_MAX = 64, ENERGY_DECIMALS = 6 };

struct zone {
	struct span entry;
	int64_t energy;
	uint64_t index;
	bool is_numbered, is_told;
	char family[STEM_MAX + sizeof "node_rapl__joules_total"];
};

/* What may not stand in a metric's name becomes "_". */
static void name_family(struct zone *z, struct span stem)
{
	int len = snprintf(
		z->family, sizeof z->family, "node_rapl_%.*s_joules_total", (int)stem.len, stem.at);
	for (int i = 0; i < len; i++) {
		char c = z->family[i], lower = (char)(c | 0x20);
		if (!(lower >= 'a' && lower <= 'z') && !span_is_digit(c))
			z->family[i] = '_';
	}
}

/* "package-0" is package 0, but "package-0-die-1" is no more than a name. */
static void take_name(struct zone *z, struct span name)
{
	const char *dash = memchr(name.at, '-', name.len);
	size_t len = dash ? (size_t)(dash - name.at) : name.len;
	struct span number = { name.at + len + 1, dash ? name.len - len - 1 : 0 };
	z->is_numbered = span_u64(number, &z->index);
	name_family(z, z->is_numbered ? (struct span){ name.at, len } : name);
}

static bool next_zone(struct span *tree, struct zone *ret)
{
	struct span lines, name;
	while (tree_entry(tree, &ret->entry, &lines))
		if (tree_find(lines, ret->entry, "name", &name) && name.len > 0 &&
			name.len <= STEM_MAX &&
			tree_i64(lines, ret->entry, "energy_uj", &ret->energy) &&
			ret->energy >= 0) {
			ret->is_told = false;
			take_name(ret, name);
			return true;
		}
	return false;
}

static size_t find_zones(struct span tree, struct zone ret[static ZONES_MAX], struct text *out)
{
	struct zone more;
	size_t count = 0;
	while (count < ZONES_MAX && next_zone(&tree, &ret[count]))
		count++;
	while (next_zone(&tree, &more))
		out->cut++;
	return count;
}

static void write_zone(const struct zone *z, uint64_t index, struct family *f, struct text *out)
{
	char number[24], path[512];
	(void)snprintf(number, sizeof number, "%" PRIu64, index);
	(void)snprintf(
		path, sizeof path, "/sys/class/powercap/%.*s", (int)z->entry.len, z->entry.at);
	struct label labels[] = { text_label("index", number), text_label("path", path) };
	text_member(out, f, labels, 2, z->energy, ENERGY_DECIMALS);
}

/* The zones of the first one's family, which are told then. */
static void write_family(struct zone *zones, size_t count, struct text *out)
{
	struct family family = { zones[0].family, "counter", false };
	uint64_t next = 0;
	for (size_t i = 0; i < count; i++) {
		struct zone *z = &zones[i];
		if (z->is_told || strcmp(z->family, family.name) != 0)
			continue;
		next = z->is_numbered ? z->index : next;
		write_zone(z, next++, &family, out);
		z->is_told = true;
	}
}

void read_rapl(struct span tree, struct text *out)
{
	struct zone zones[ZONES_MAX];
	size_t count = find_zones(tree, zones, out);
	for (size_t i = 0; i < count; i++)
		if (!zones[i].is_told)
			write_family(zones + i, count - i, out);
}
