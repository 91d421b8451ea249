#include "remote/readers/readers.h"

void read_processes(struct span file, struct text *out)
{
	struct span line;
	uint64_t pid, count = 0;
	while (span_line(&file, &line))
		count += span_u64(line, &pid);
	if (count > 0) /* this program is one, or it is no /proc */
		text_single(out, "node_processes_pids", "gauge", count, 0);
}
