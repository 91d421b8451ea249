/* What gathers leave of folders, walked through, with every value taken as every kind of number. */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "remote/bytes/text.h"
#include "remote/bytes/tree.h"

static void try_numbers(struct span s)
{
	uint64_t u64;
	int64_t i64, decimal;
	for (unsigned decimals = 0; decimals <= TEXT_DECIMALS_MAX; decimals++) {
		bool is_fixed = span_fixed(s, decimals, &u64);
		bool is_decimal = span_decimal(s, decimals, &decimal);
		assert(!is_fixed || !is_decimal || (int64_t)u64 == decimal);
	}
	if (span_u64(s, &u64) && span_i64(s, &i64))
		assert(u64 == (uint64_t)i64);
	if (s.len <= 40 && span_i64(s, &i64)) /* more digits than that are none */
		assert(span_decimal(s, 0, &decimal) && decimal == i64);
	(void)span_column(s, 1, &u64);
	if (span_hex_column(s, 0, &u64))
		assert(s.len > 0);
	(void)span_lists(s, ',', "ro");
	struct span rest = s;
	assert(span_char(&rest, '-') == (s.len > 0 && *s.at == '-') && rest.len <= s.len);
	assert(span_equal(span_of("-"), s) == span_is(s, "-"));
}

static void walk(struct span tree)
{
	struct span rest = tree, entry, lines, value;
	size_t whole = 4096; /* in more, looking for each entry takes the time of their square */
	while (tree_entry(&rest, &entry, &lines)) {
		struct tree_line line;
		uint64_t u64;
		int64_t i64;
		assert(lines.at >= tree.at && lines.at + lines.len <= tree.at + tree.len);
		assert(tree_next(&lines, &line) && span_equal(line.entry, entry));
		struct span in = tree.len <= whole ? tree : lines;
		(void)tree_u64(in, entry, "name", &u64);
		(void)tree_i64(in, entry, "name", &i64);
		if (tree_find(in, entry, "name", &value))
			try_numbers(value);
		for (try_numbers(line.value); tree_next(&lines, &line); try_numbers(line.value))
			assert(span_equal(line.entry, entry));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1); /* so that a read beyond it is seen */
	assert(copy);
	if (size)
		memcpy(copy + 1, data, size);
	walk((struct span){ copy + 1, size });
	free(copy);
	return 0;
}
