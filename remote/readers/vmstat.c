/* Documentation/admin-guide/mm, mm/vmstat.c: /proc/vmstat, a name and a number a line. Paged in
 * and out is in KiB, swapped in and out in pages; node_exporter leaves both as they are. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/fields.h"

/* clang-format off */
#define VMSTAT(key) { key, "node_vmstat_" key, "untyped", 1, 0 }

static const struct field rows[] = {
	VMSTAT("oom_kill"),
	VMSTAT("pgfault"),
	VMSTAT("pgmajfault"),
	VMSTAT("pgpgin"),
	VMSTAT("pgpgout"),
	VMSTAT("pswpin"),
	VMSTAT("pswpout"),
};
/* clang-format on */

void read_vmstat(struct span bytes, struct text *out)
{
	fields_read(bytes, rows, ARRAY_LEN(rows), out);
}
