/* Documentation/accounting/psi.rst: /proc/pressure/RESOURCE as gather_lines leaves them, times in
 * microseconds. That the whole machine waits for a CPU is never so, and interrupts know no
 * "some". */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/fields.h"
#include "remote/bytes/tree.h"

/* clang-format off */
#define WAITING(resource) \
	{ resource " some", "node_pressure_" resource "_waiting_seconds_total", "counter", 1, 6 }
#define STALLED(resource) \
	{ resource " full", "node_pressure_" resource "_stalled_seconds_total", "counter", 1, 6 }

static const struct field rows[] = {
	WAITING("cpu"),
	WAITING("io"),
	STALLED("io"),
	WAITING("memory"),
	STALLED("memory"),
	STALLED("irq"),
};
/* clang-format on */

static void note_total(struct fields *found, struct span resource, struct span line)
{
	static const char total[] = "total=";
	enum { LEN = sizeof total - 1 };
	struct span share, word;
	if (!span_word(&line, &share))
		return;
	while (span_word(&line, &word))
		if (span_starts(word, total))
			fields_note(found, resource, share,
				(struct span){ word.at + LEN, word.len - LEN });
}

void read_pressure(struct span bytes, struct text *out)
{
	struct tree_line line;
	struct fields found;
	fields_init(&found, rows, ARRAY_LEN(rows));
	while (tree_next(&bytes, &line))
		note_total(&found, line.file, line.value);
	fields_write(&found, out);
}
