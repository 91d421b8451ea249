/* Documentation/admin-guide/sysctl/fs.rst: /proc/sys/fs/file-nr: allocated, free (always 0),
 * most. */
#include "remote/readers/readers.h"

void read_filefd(struct span bytes, struct text *out)
{
	struct span line;
	uint64_t value;
	if (!span_line(&bytes, &line))
		return;
	if (span_column(line, 0, &value))
		text_single(out, "node_filefd_allocated", "gauge", value, 0);
	if (span_column(line, 2, &value))
		text_single(out, "node_filefd_maximum", "gauge", value, 0);
}
