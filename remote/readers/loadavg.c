#include "remote/readers/readers.h"

void read_loadavg(struct span file, struct text *out)
{
	static const char *const names[] = { "node_load1", "node_load5", "node_load15" };
	struct span word;
	uint64_t value;
	for (size_t i = 0; i < 3 && span_word(&file, &word); i++)
		if (span_fixed(word, 2, &value))
			text_single(out, names[i], "gauge", value, 2);
}
