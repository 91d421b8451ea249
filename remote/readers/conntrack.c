/* net/netfilter/nf_conntrack_standalone.c: /proc/net/stat/nf_conntrack: a line of titles and one
 * of hexadecimal numbers a CPU. The columns differ from kernel to kernel, so they are known by
 * their titles. All are gauges in node_exporter, whatever they count. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"

/* clang-format off */
static const struct {
	const char *title, *name;
} rows[] = {
	{ "drop",           "node_nf_conntrack_stat_drop" },
	{ "early_drop",     "node_nf_conntrack_stat_early_drop" },
	{ "found",          "node_nf_conntrack_stat_found" },
	{ "ignore",         "node_nf_conntrack_stat_ignore" },
	{ "insert",         "node_nf_conntrack_stat_insert" },
	{ "insert_failed",  "node_nf_conntrack_stat_insert_failed" },
	{ "invalid",        "node_nf_conntrack_stat_invalid" },
	{ "search_restart", "node_nf_conntrack_stat_search_restart" },
};
/* clang-format on */

static bool find_column(struct span titles, const char *title, unsigned *ret_column)
{
	struct span word;
	for (unsigned column = 0; span_word(&titles, &word); column++)
		if (span_is(word, title)) {
			*ret_column = column;
			return true;
		}
	return false;
}

/* False when there is not one. */
static bool add_up(struct span lines, unsigned column, uint64_t *ret_sum)
{
	struct span line;
	uint64_t value, sum = 0;
	bool any = false;
	while (span_line(&lines, &line))
		if (span_hex_column(line, column, &value)) {
			sum += value;
			any = true;
		}
	if (any)
		*ret_sum = sum;
	return any;
}

void read_conntrack(struct span bytes, struct text *out)
{
	struct span titles;
	unsigned column;
	uint64_t sum;
	if (!span_line(&bytes, &titles))
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (find_column(titles, rows[i].title, &column) && add_up(bytes, column, &sum))
			text_single(out, rows[i].name, "gauge", sum, 0);
}
