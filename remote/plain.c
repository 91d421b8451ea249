#include "remote/plain.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "remote/collect.h"
#include "remote/folder.h"
#include "remote/io.h"
#include "remote/text.h"

/* No line of a report is half as long as a page. */
enum { TEXT_SIZE = 1 << 20, PRINT_SIZE = 256 << 10, HELP_MAX = 64 };

/* For people, and for tools that ask for a line of help: they find more of it on the server. */
static const char *help_of(struct span name)
{
	if (span_starts(name, "node_"))
		return "As node_exporter has it.";
	return span_starts(name, "fleet_") ? "The probe's own; fleet metrics tells more."
					   : "Of a *.prom file.";
}

static bool is_type(struct span line, struct span *ret_name)
{
	struct span word;
	return span_word(&line, &word) && span_is(word, "#") && span_word(&line, &word) &&
	       span_is(word, "TYPE") && span_word(&line, ret_name);
}

static int print_report(struct span rest, char *page)
{
	struct span line, name;
	size_t len = 0;
	while (span_line(&rest, &line)) {
		if (PRINT_SIZE - len < 2 * line.len + HELP_MAX) {
			if (io_write(STDOUT_FILENO, page, len) < 0)
				return EX_IOERR;
			len = 0;
		}
		if (is_type(line, &name))
			len += (size_t)snprintf(page + len, HELP_MAX + name.len, "# HELP %.*s %s\n",
				(int)name.len, name.at, help_of(name));
		memcpy(page + len, line.at, line.len);
		len += line.len;
		page[len++] = '\n';
	}
	return io_write(STDOUT_FILENO, page, len) < 0 ? EX_IOERR : EX_OK;
}

int plain(struct arena *a, const struct self *self, const char *root, const char *asks)
{
	struct collect c;
	struct folders folders;
	struct text out = { .data = arena_take(a, TEXT_SIZE), .size = TEXT_SIZE };
	char *page = arena_take(a, PRINT_SIZE);
	folders_init(&folders, self->folder);
	if (!out.data || !page || collect_init(&c, a, root, asks, &folders) < 0)
		return EX_OSERR;
	collect_run(&c, &out);
	text_finish(&out);
	return print_report((struct span){ out.data, out.len }, page);
}
