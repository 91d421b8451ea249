#include "remote/readers/readers.h"

/* clang-format off */
static const struct {
	const char *key, *name;
} rows[] = {
	{ "MemTotal:",     "node_memory_MemTotal_bytes" },
	{ "MemFree:",      "node_memory_MemFree_bytes" },
	{ "MemAvailable:", "node_memory_MemAvailable_bytes" },
	{ "Buffers:",      "node_memory_Buffers_bytes" },
	{ "Cached:",       "node_memory_Cached_bytes" },
	{ "SwapTotal:",    "node_memory_SwapTotal_bytes" },
	{ "SwapFree:",     "node_memory_SwapFree_bytes" },
};
/* clang-format on */

static void write_row(struct span file, const char *key, const char *name, struct text *out)
{
	struct span line, word;
	uint64_t kib;
	while (span_line(&file, &line))
		if (span_word(&line, &word) && span_is(word, key)) {
			if (span_column(line, 0, &kib) && kib <= UINT64_MAX / 1024)
				text_single(out, name, "gauge", kib * 1024, 0);
			return;
		}
}

void read_meminfo(struct span file, struct text *out)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		write_row(file, rows[i].key, rows[i].name, out);
}
