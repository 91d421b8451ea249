#include "console/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/escape.h"

struct table_line {
	enum shade shade;
	const char *cells[TABLE_COLUMNS_MAX];
	const char *note; /* instead of cells */
};

/* Columns on a terminal: one for each character, near enough for names and mount points. */
static int text_width(const char *text)
{
	int width = 0;
	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static const char *copy_escaped(struct table *t, const char *text, size_t most)
{
	char safe[4 * TABLE_CELL_MAX + 1];
	size_t len = escape_text(safe, most < sizeof safe ? most : sizeof safe, text, strlen(text));
	char *copy = arena_alloc(&t->texts, len + 1);
	if (copy)
		memcpy(copy, safe, len + 1);
	return copy;
}

int table_add(struct table *t, enum shade shade, const char *const *cells)
{
	struct table_line line = { .shade = shade };
	for (size_t i = 0; i < t->columns; i++) {
		line.cells[i] = copy_escaped(t, cells[i], TABLE_CELL_MAX);
		if (!line.cells[i])
			return -1;
		int width = text_width(line.cells[i]);
		if (width > t->width[i])
			t->width[i] = width;
	}
	return buffer_append(&t->lines, &line, sizeof line);
}

int table_begin(struct table *t, const char *const *titles, size_t columns)
{
	t->columns = columns;
	return table_add(t, SHADE_NONE, titles);
}

int table_note(struct table *t, const char *text)
{
	struct table_line line = { .note = copy_escaped(t, text, 4 * TABLE_CELL_MAX) };
	return line.note ? buffer_append(&t->lines, &line, sizeof line) : -1;
}

static int put_line(
	const struct table *t, const struct table_line *line, bool colour, struct buffer *out)
{
	static const char *const on[] = { "", "\x1b[33m", "\x1b[31m" };
	enum shade shade = colour ? line->shade : SHADE_NONE;
	if (line->note)
		return buffer_printf(out, "  %s\n", line->note);
	if (buffer_append_text(out, on[shade]) != 0)
		return -1;
	for (size_t i = 0; i < t->columns; i++) {
		bool last = i + 1 == t->columns;
		int pad = last ? 0 : t->width[i] - text_width(line->cells[i]) + 2;
		if (buffer_printf(out, "%s%*s", line->cells[i], pad, "") != 0)
			return -1;
	}
	return buffer_append_text(out, shade ? "\x1b[0m\n" : "\n");
}

int table_put(const struct table *t, bool colour, struct buffer *out)
{
	const struct table_line *lines = (const void *)t->lines.data;
	for (size_t i = 0; i < t->lines.len / sizeof *lines; i++)
		if (put_line(t, &lines[i], colour, out) != 0)
			return -1;
	return 0;
}

void table_finish(struct table *t)
{
	buffer_finish(&t->lines);
	arena_finish(&t->texts);
}

bool table_wants_colour(void)
{
	return isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
}
