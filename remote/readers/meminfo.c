/* proc(5), Documentation/filesystems/proc.rst: /proc/meminfo. Left out is what no longer counts
 * anything (NFS_Unstable, Bounce, WritebackTmp, VmallocChunk) and what never changes. */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/fields.h"

/* clang-format off */
#define KIB(key, metric) { key ":", "node_memory_" metric "_bytes", "gauge", 1024, 0 }
#define PAGES(key) { key ":", "node_memory_" key, "gauge", 1, 0 }

static const struct field rows[] = {
	KIB("MemTotal", "MemTotal"),
	KIB("MemFree", "MemFree"),
	KIB("MemAvailable", "MemAvailable"),
	KIB("Buffers", "Buffers"),
	KIB("Cached", "Cached"),
	KIB("SwapCached", "SwapCached"),
	KIB("SwapTotal", "SwapTotal"),
	KIB("SwapFree", "SwapFree"),
	KIB("Zswap", "Zswap"),
	KIB("Zswapped", "Zswapped"),
	KIB("Active", "Active"),
	KIB("Inactive", "Inactive"),
	KIB("Active(anon)", "Active_anon"),
	KIB("Inactive(anon)", "Inactive_anon"),
	KIB("Active(file)", "Active_file"),
	KIB("Inactive(file)", "Inactive_file"),
	KIB("Unevictable", "Unevictable"),
	KIB("Mlocked", "Mlocked"),
	KIB("Dirty", "Dirty"),
	KIB("Writeback", "Writeback"),
	KIB("AnonPages", "AnonPages"),
	KIB("Mapped", "Mapped"),
	KIB("Shmem", "Shmem"),
	KIB("Slab", "Slab"),
	KIB("SReclaimable", "SReclaimable"),
	KIB("SUnreclaim", "SUnreclaim"),
	KIB("KernelStack", "KernelStack"),
	KIB("PageTables", "PageTables"),
	KIB("CommitLimit", "CommitLimit"),
	KIB("Committed_AS", "Committed_AS"),
	KIB("VmallocUsed", "VmallocUsed"),
	KIB("Percpu", "Percpu"),
	KIB("HardwareCorrupted", "HardwareCorrupted"),
	KIB("AnonHugePages", "AnonHugePages"),
	KIB("CmaTotal", "CmaTotal"),
	KIB("CmaFree", "CmaFree"),
	PAGES("HugePages_Total"),
	PAGES("HugePages_Free"),
	PAGES("HugePages_Rsvd"),
	PAGES("HugePages_Surp"),
	KIB("Hugepagesize", "Hugepagesize"),
};
/* clang-format on */

void read_meminfo(struct span bytes, struct text *out)
{
	fields_read(bytes, rows, ARRAY_LEN(rows), out);
}
