/* Documentation/admin-guide/cputopology.rst: lists of CPUs below /sys/devices/system/cpu ("0-3,8")
 * as gather_lines leaves them. The lists are two files however many CPUs there are, and tell of
 * the first one, too, which has no file of its own where it cannot be taken off line. */
#include "remote/readers/readers.h"

#include <inttypes.h>
#include <stdio.h>

#include "remote/bytes/tree.h"

enum { CPUS_MAX = 1 << 14 }; /* beyond what a kernel can be built for */

/* From `first` to before `end`. Ranges ascend, so that a list names no CPU twice. */
struct range {
	uint64_t first, end;
};

static bool split(struct span *list, char separator, struct span *ret_part)
{
	size_t len = 0;
	while (len < list->len && list->at[len] != separator)
		len++;
	*ret_part = (struct span){ list->at, len };
	len += len < list->len;
	*list = (struct span){ list->at + len, list->len - len };
	return ret_part->len > 0;
}

/* Takes "4" or "0-3" off a list; *range is the one before, or zeroes. Ends at what is neither. */
static bool take_range(struct span *list, struct range *range)
{
	struct span part, word;
	uint64_t first, last;
	if (!split(list, ',', &part) || !split(&part, '-', &word) || !span_u64(word, &first))
		return false;
	last = first;
	if ((part.len > 0 && !span_u64(part, &last)) || first < range->end || last < first ||
		last >= CPUS_MAX)
		return false;
	*range = (struct range){ first, last + 1 };
	return true;
}

static bool holds(struct span list, uint64_t cpu)
{
	struct range range = { 0 };
	while (take_range(&list, &range))
		if (cpu < range.end)
			return cpu >= range.first;
	return false;
}

static uint64_t count(struct span list)
{
	struct range range = { 0 };
	uint64_t sum = 0;
	while (take_range(&list, &range))
		sum += range.end - range.first;
	return sum;
}

static void write_cpu(struct family *family, uint64_t cpu, bool value, struct text *out)
{
	char digits[24];
	(void)snprintf(digits, sizeof digits, "%" PRIu64, cpu);
	struct label label = text_label("cpu", digits);
	text_member(out, family, &label, 1, value, 0);
}

/* Of each CPU in `list`: whether it is in `among`. */
static void write_cpus(const char *name, struct span list, struct span among, struct text *out)
{
	struct range range = { 0 };
	struct family family = { .name = name, .type = "gauge" };
	while (take_range(&list, &range))
		for (uint64_t cpu = range.first; cpu < range.end; cpu++)
			write_cpu(&family, cpu, holds(among, cpu), out);
}

void read_cpus(struct span bytes, struct text *out)
{
	struct span online, present, isolated, none = { "", 0 };
	if (!tree_find(bytes, none, "online", &online) || count(online) == 0)
		return; /* one is, or this is no such list */
	text_single(out, "fleet_cpus_online", "gauge", count(online), 0);
	if (tree_find(bytes, none, "present", &present))
		write_cpus("node_cpu_online", present, online, out);
	if (tree_find(bytes, none, "isolated", &isolated))
		write_cpus("node_cpu_isolated", isolated, isolated, out);
}
