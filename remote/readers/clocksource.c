/* Documentation/ABI/testing/sysfs-devices-system-clocksource: what the kernel takes the time
 * from, and what it could. */
#include "remote/readers/readers.h"

#include "remote/bytes/tree.h"

static const char STEM[] = "clocksource";

static void write_words(
	struct family *family, struct span device, struct span words, struct text *out)
{
	struct span word;
	while (span_word(&words, &word)) {
		struct label labels[] = { { "clocksource", word }, { "device", device } };
		text_member(out, family, labels, 2, 1, 0);
	}
}

static void write_family(struct span bytes, const char *file, const char *name, struct text *out)
{
	struct family family = { name, "gauge", false };
	struct tree_line line;
	size_t stem = sizeof STEM - 1;
	while (tree_next(&bytes, &line))
		if (span_is(line.file, file) && span_starts(line.entry, STEM))
			write_words(&family,
				(struct span){ line.entry.at + stem, line.entry.len - stem },
				line.value, out);
}

void read_clocksource(struct span bytes, struct text *out)
{
	write_family(bytes, "available_clocksource", "node_time_clocksource_available_info", out);
	write_family(bytes, "current_clocksource", "node_time_clocksource_current_info", out);
}
