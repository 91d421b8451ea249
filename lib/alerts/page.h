#ifndef FLEET_ALERTS_PAGE_H
#define FLEET_ALERTS_PAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/alerts/pen.h"

/*
 * What a message says, before it is plain text or HTML: notes, a table of facts or a list of
 * alerts, and commands to paste. Every text is one line, escaped for people already
 * (pool_printf()); the HTML form escapes it once more, has its styles in its tags, and refers
 * to nothing outside itself.
 */
enum {
	PAGE_NOTES_MAX = 4,
	PAGE_FACTS_MAX = 16,
	PAGE_COMMANDS_MAX = 6,
	PAGE_HTML_ROWS_MAX = 500, /* a longer list is for text alone */
};

struct page_fact {
	const char *name, *value; /* "" continues the fact before */
};

struct page_row {
	const char *state, *where, *what, *since;
	const char *color; /* of the state, as CSS has it: ours */
};

struct page {
	const char *heading;
	const char *color;
	const char *notes[PAGE_NOTES_MAX];
	size_t note_count;
	struct page_fact facts[PAGE_FACTS_MAX];
	size_t fact_count;
	const struct page_row *rows;
	size_t row_count;
	const char *commands[PAGE_COMMANDS_MAX];
	size_t command_count;
	bool failed;
};

/* Each takes the text, which has to live as long as the page. NULL, from who had no memory for
 * it, makes the page fail as a whole. */
void page_note(struct page *p, const char *note);
void page_fact(struct page *p, const char *name, const char *value);
void page_command(struct page *p, const char *command);

/* "STATE WHERE: WHAT", or without a place "STATE WHAT". */
void page_headline(const struct page_row *row, struct pen *out);

/* How many bytes of the text a row takes. */
size_t page_row_size(const struct page_row *row);

/* 0, or -1 without memory. The HTML of a list that is too long for it is nothing. */
int page_text(const struct page *p, struct buffer *out) MUST_CHECK;
int page_html(const struct page *p, struct buffer *out) MUST_CHECK;

#endif
