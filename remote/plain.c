#include "remote/plain.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "remote/bytes/text.h"
#include "remote/collect.h"
#include "remote/files/folder.h"
#include "remote/files/io.h"

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
	static const char head[] = "# TYPE ";
	if (!span_starts(line, head))
		return false;
	line = (struct span){ line.at + sizeof head - 1, line.len - (sizeof head - 1) };
	return span_word(&line, ret_name);
}

static char *put(const char *s, char *to)
{
	return span_copy((struct span){ s, strlen(s) }, to);
}

static char *put_help(struct span name, char *to)
{
	return put("\n", put(help_of(name), put(" ", span_copy(name, put("# HELP ", to)))));
}

static int print_report(struct span rest, char *page)
{
	struct span line, name;
	char *to = page;
	while (span_line(&rest, &line)) {
		if ((size_t)(page + PRINT_SIZE - to) < 2 * line.len + HELP_MAX) {
			if (io_write(STDOUT_FILENO, page, (size_t)(to - page)) < 0)
				return EX_IOERR;
			to = page;
		}
		if (is_type(line, &name))
			to = put_help(name, to);
		to = put("\n", span_copy(line, to));
	}
	return io_write(STDOUT_FILENO, page, (size_t)(to - page)) < 0 ? EX_IOERR : EX_OK;
}

int plain(struct arena *a, const struct self *self, const char *root, const char *asks)
{
	struct collect c;
	struct folders folders;
	struct text out = { .data = arena_take(a, TEXT_SIZE), .size = TEXT_SIZE };
	char *page = arena_take(a, PRINT_SIZE);
	if (!out.data || !page || collect_init(&c, a, root, asks, &folders) < 0)
		return EX_OSERR;
	folders_init(&folders, self->folder, &c.reach);
	collect_run(&c, &out);
	text_finish(&out);
	return print_report((struct span){ out.data, out.len }, page);
}
