/* proc(5): /proc/swaps: a line of titles, then file, type, size and use in KiB, priority. The
 * file's name stays escaped as it is there. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"

enum { DEVICE, TYPE, SIZE, USED, PRIORITY, COLUMNS };

/* clang-format off */
static const struct {
	const char *name;
	unsigned column;
	int factor;
} rows[] = {
	{ "node_swap_size_bytes", SIZE,     1024 },
	{ "node_swap_used_bytes", USED,     1024 },
	{ "node_swap_priority",   PRIORITY, 1 },
};
/* clang-format on */

static bool take_words(struct span line, struct span ret_words[static COLUMNS])
{
	for (size_t i = 0; i < COLUMNS; i++)
		if (!span_word(&line, &ret_words[i]))
			return false;
	return true;
}

static void write_row(struct span bytes, size_t row, struct text *out)
{
	struct span line, words[COLUMNS];
	struct family family = { .name = rows[row].name, .type = "gauge" };
	int64_t value;
	while (span_line(&bytes, &line)) {
		if (!take_words(line, words) || !span_i64(words[rows[row].column], &value) ||
			value > INT64_MAX / rows[row].factor ||
			value < INT64_MIN / rows[row].factor)
			continue;
		struct label labels[] = { { "device", words[DEVICE] },
			{ "swap_type", words[TYPE] } };
		text_member(out, &family, labels, 2, value * rows[row].factor, 0);
	}
}

void read_swaps(struct span bytes, struct text *out)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		write_row(bytes, i, out);
}
