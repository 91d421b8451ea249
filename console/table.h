#ifndef FLEET_CONSOLE_TABLE_H
#define FLEET_CONSOLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/buffer.h"
#include "lib/compiler.h"

/*
 * Lines for people, in columns as wide as what stands in them. Whatever goes in is escaped for a
 * terminal; it may come from a client.
 */
enum shade { SHADE_NONE, SHADE_YELLOW, SHADE_RED };

enum { TABLE_COLUMNS_MAX = 8, TABLE_CELL_MAX = 200 };

struct table {
	size_t columns;
	int width[TABLE_COLUMNS_MAX];
	struct buffer lines; /* struct table_line, private */
	struct arena texts;
};

/* The first line: its titles. Zero-initialise the table before. */
int table_begin(struct table *t, const char *const *titles, size_t columns) MUST_CHECK;

/* As many cells as there are titles; what is longer than TABLE_CELL_MAX bytes is cut. */
int table_add(struct table *t, enum shade shade, const char *const *cells) MUST_CHECK;

/* A line below the last one, which the columns do not matter to. */
int table_note(struct table *t, const char *text) MUST_CHECK;

int table_put(const struct table *t, bool colour, struct buffer *out) MUST_CHECK;
void table_finish(struct table *t);

/* Whether standard output is a terminal whose user has not asked for NO_COLOR. */
bool table_wants_colour(void);

#endif
