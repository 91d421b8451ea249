#include "lib/alerts/page.h"

#include <assert.h>
#include <string.h>

void page_note(struct page *p, const char *note)
{
	assert(p->note_count < PAGE_NOTES_MAX);
	p->failed = p->failed || !note;
	p->notes[p->note_count++] = note;
}

void page_fact(struct page *p, const char *name, const char *value)
{
	assert(p->fact_count < PAGE_FACTS_MAX);
	p->failed = p->failed || !value;
	p->facts[p->fact_count++] = (struct page_fact){ name, value };
}

void page_command(struct page *p, const char *command)
{
	assert(p->command_count < PAGE_COMMANDS_MAX);
	p->failed = p->failed || !command;
	p->commands[p->command_count++] = command;
}

void page_headline(const struct page_row *row, struct pen *out)
{
	pen_text(out, row->state);
	pen_text(out, " ");
	pen_text(out, row->where);
	pen_text(out, row->where[0] ? ": " : "");
	pen_text(out, row->what);
}

size_t page_row_size(const struct page_row *row)
{
	return strlen(row->state) + strlen(row->where) + strlen(row->what) + strlen(" : \n");
}

/* ---- text ------------------------------------------------------------------------------- */

static void put_fact(const struct page_fact *f, struct pen *out)
{
	static const char gap[] = "           ";
	size_t len = strlen(f->name) + (f->name[0] != 0);
	assert(len < sizeof gap);
	pen_text(out, f->name);
	pen_text(out, f->name[0] ? ":" : "");
	pen_text(out, gap + len);
	pen_text(out, f->value);
	pen_text(out, "\n");
}

int page_text(const struct page *p, struct buffer *out)
{
	struct pen pen = { out, false };
	if (p->failed)
		return -1;
	for (size_t i = 0; i < p->note_count; i++) {
		pen_text(&pen, p->notes[i]);
		pen_text(&pen, "\n\n");
	}
	for (size_t i = 0; i < p->fact_count; i++)
		put_fact(&p->facts[i], &pen);
	for (size_t i = 0; i < p->row_count; i++) {
		page_headline(&p->rows[i], &pen);
		pen_text(&pen, "\n");
	}
	pen_text(&pen, p->command_count > 0 ? "\nTo look closer:\n" : "");
	for (size_t i = 0; i < p->command_count; i++) {
		pen_text(&pen, "  ");
		pen_text(&pen, p->commands[i]);
		pen_text(&pen, "\n");
	}
	return pen.failed ? -1 : 0;
}

/* ---- HTML ------------------------------------------------------------------------------- */

#define TABLE "<table style=\"border-collapse:collapse;margin:12px 0\">\n"
#define CELL  "style=\"text-align:left;vertical-align:top;padding:2px 14px 2px 0\""
#define VALUE "style=\"white-space:pre-wrap;vertical-align:top;padding:2px 0\""

/* `text` between two pieces of ours. */
static void put_in(struct pen *out, const char *before, const char *text, const char *after)
{
	pen_text(out, before);
	pen_html(out, text);
	pen_text(out, after);
}

static void put_head(const struct page *p, struct pen *out)
{
	put_in(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>",
		p->heading, "</title></head>\n");
	put_in(out,
		"<body style=\"font-family:sans-serif;font-size:14px\">\n"
		"<p style=\"padding-left:10px;font-size:16px;border-left:6px solid ",
		p->color, "\"><b>");
	put_in(out, "", p->heading, "</b></p>\n");
}

static void put_facts(const struct page *p, struct pen *out)
{
	pen_text(out, TABLE);
	for (size_t i = 0; i < p->fact_count; i++) {
		put_in(out, "<tr><th " CELL ">", p->facts[i].name, "</th>");
		put_in(out, "<td " VALUE ">", p->facts[i].value, "</td></tr>\n");
	}
	pen_text(out, "</table>\n");
}

static void put_rows(const struct page *p, struct pen *out)
{
	static const char *const heads[] = { "State", "Where", "What", "Since" };
	pen_text(out, TABLE "<tr>");
	for (size_t i = 0; i < ARRAY_LEN(heads); i++)
		put_in(out, "<th " CELL ">", heads[i], "</th>");
	pen_text(out, "</tr>\n");
	for (size_t i = 0; i < p->row_count; i++) {
		const struct page_row *row = &p->rows[i];
		put_in(out, "<tr><td style=\"vertical-align:top;padding:2px 14px 2px 0;color:",
			row->color, "\">");
		put_in(out, "<b>", row->state, "</b></td>");
		put_in(out, "<td " CELL ">", row->where, "</td>");
		put_in(out, "<td " CELL ">", row->what, "</td>");
		put_in(out, "<td " CELL ">", row->since, "</td></tr>\n");
	}
	pen_text(out, "</table>\n");
}

static void put_commands(const struct page *p, struct pen *out)
{
	pen_text(out, "<p>To look closer:</p>\n<pre style=\"white-space:pre-wrap\">");
	for (size_t i = 0; i < p->command_count; i++)
		put_in(out, "", p->commands[i], "\n");
	pen_text(out, "</pre>\n");
}

int page_html(const struct page *p, struct buffer *out)
{
	struct pen pen = { out, false };
	if (p->row_count > PAGE_HTML_ROWS_MAX || p->failed)
		return p->failed ? -1 : 0;
	put_head(p, &pen);
	for (size_t i = 0; i < p->note_count; i++)
		put_in(&pen, "<p>", p->notes[i], "</p>\n");
	if (p->fact_count > 0)
		put_facts(p, &pen);
	if (p->row_count > 0)
		put_rows(p, &pen);
	if (p->command_count > 0)
		put_commands(p, &pen);
	pen_text(&pen, "</body>\n</html>\n");
	return pen.failed ? -1 : 0;
}
