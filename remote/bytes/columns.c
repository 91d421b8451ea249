#include "remote/bytes/columns.h"

#include <assert.h>

/* A device, and what was not read yet of its line: so each is read once for all of its columns. */
struct cursor {
	struct span device, rest;
};

static size_t find_lines(struct span file, take_device *take, struct cursor *ret, struct text *out)
{
	struct span line, device;
	size_t count = 0;
	while (span_line(&file, &line)) {
		if (!take(&line, &device))
			continue;
		if (count < COLUMNS_LINES_MAX)
			ret[count++] = (struct cursor){ device, line };
		else
			out->cut++;
	}
	return count;
}

static bool take_column(struct cursor *c, unsigned skip, uint64_t *ret_value)
{
	struct span word;
	do {
		if (!span_word(&c->rest, &word))
			return false;
	} while (skip-- > 0);
	return span_u64(word, ret_value);
}

static void read_column(struct cursor *cursors, size_t count, const struct column *row,
	unsigned skip, struct text *out)
{
	uint64_t value;
	struct family family = { row->name, row->type, false };
	for (size_t i = 0; i < count; i++) {
		struct label device = { "device", cursors[i].device };
		if (!take_column(&cursors[i], skip, &value) || value > UINT64_MAX / row->factor)
			continue;
		text_member_unsigned(out, &family, &device, 1, value * row->factor, row->decimals);
	}
}

void columns_read(struct span file, take_device *take, const struct column *rows, size_t count,
	struct text *out)
{
	struct cursor cursors[COLUMNS_LINES_MAX];
	size_t lines = find_lines(file, take, cursors, out);
	unsigned next = 0;
	for (size_t i = 0; i < count; i++) {
		assert(rows[i].column >= next);
		read_column(cursors, lines, &rows[i], rows[i].column - next, out);
		next = rows[i].column + 1;
	}
}
