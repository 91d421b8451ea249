#include "tests/fleetsim/numbers.h"

#include <stdio.h>

#include "lib/compiler.h"
#include "tests/fleetsim/rules.h"

struct instance {
	struct label labels[3];
	size_t count;
	const char *name; /* as a reading's instance */
};

struct instances {
	const struct instance *items;
	size_t count;
};

/* clang-format off */
#define TEXT(s) { s, sizeof(s) - 1 }
#define MODE(cpu, mode) { { { "cpu", TEXT(cpu) }, { "mode", TEXT(mode) } }, 2, "" }
#define CPU(cpu) MODE(cpu, "user"), MODE(cpu, "nice"), MODE(cpu, "system"), MODE(cpu, "idle"), \
	MODE(cpu, "iowait"), MODE(cpu, "irq"), MODE(cpu, "softirq"), MODE(cpu, "steal")
#define MOUNT(device, point) { { { "device", TEXT(device) }, { "fstype", TEXT("ext4") }, \
	{ "mountpoint", TEXT(point) } }, 3, point }
#define DEVICE(name) { { { "device", TEXT(name) } }, 1, name }

static const struct instance whole[] = { { .name = "" } };
static const struct instance cpus[] = { CPU("0"), CPU("1") };
static const struct instance mounts[] = { MOUNT("/dev/vda1", "/"), MOUNT("/dev/vda2", "/var"),
	MOUNT("/dev/vdb1", "/srv") };
static const struct instance nets[] = { DEVICE("eth0"), DEVICE("eth1") };
static const struct instance disks[] = { DEVICE("vda") };

#define OF(list) { (list), ARRAY_LEN(list) }
enum kind { FIXED, GAUGE, COUNTER }; /* COUNTER: base and range are its growth in a minute */
enum { GIB = 1 << 30, MIB = 1 << 20 };

/* A value is base + something below range, in units of its last decimal place. */
static const struct quantity {
	const char *name;
	enum kind kind;
	struct instances instances;
	uint64_t base, range;
	unsigned decimals;
	const char *reading; /* of the first instance, for the ledger */
} families[] = {
	{ "node_cpu_seconds_total",             COUNTER, OF(cpus),   50,         700,         2, NULL },
	{ "node_intr_total",                    COUNTER, OF(whole),  90000,      60000,       0, NULL },
	{ "node_context_switches_total",        COUNTER, OF(whole),  60000,      900000,      0, NULL },
	{ "node_boot_time_seconds",             FIXED,   OF(whole),  1700000000, 50000000,    0, "boot_time_seconds" },
	{ "node_forks_total",                   COUNTER, OF(whole),  60,         5000,        0, "forks_per_second" },
	{ "node_procs_running",                 GAUGE,   OF(whole),  1,          8,           0, "procs_running" },
	{ "node_procs_blocked",                 GAUGE,   OF(whole),  0,          3,           0, NULL },
	{ "node_processes_threads",             GAUGE,   OF(whole),  200,        500,         0, "processes_threads" },
	{ "node_filefd_allocated",              GAUGE,   OF(whole),  1000,       4000,        0, NULL },
	{ "node_filefd_maximum",                FIXED,   OF(whole),  800000,     100000,      0, NULL },
	{ "node_pressure_cpu_waiting_seconds_total", COUNTER, OF(whole), 0,      20000000,    6, NULL },
	{ "node_pressure_io_stalled_seconds_total",  COUNTER, OF(whole), 0,      9000000,     6, NULL },
	{ "node_vmstat_oom_kill",               COUNTER, OF(whole),  0,          1,           0, NULL },
	{ "node_netstat_Tcp_RetransSegs",       COUNTER, OF(whole),  0,          600,         0, "netstat_Tcp_RetransSegs_per_second" },
	{ "node_load1",                         GAUGE,   OF(whole),  1,          400,         2, "load1" },
	{ "node_load5",                         GAUGE,   OF(whole),  1,          300,         2, NULL },
	{ "node_load15",                        GAUGE,   OF(whole),  1,          200,         2, NULL },
	{ "node_memory_MemTotal_bytes",         FIXED,   OF(whole),  8ULL * GIB, 8ULL * GIB,  0, NULL },
	{ "node_memory_MemFree_bytes",          GAUGE,   OF(whole),  GIB,        GIB,         0, NULL },
	{ "node_memory_MemAvailable_bytes",     GAUGE,   OF(whole),  2ULL * GIB, 6ULL * GIB,  0, "memory_MemAvailable_bytes" },
	{ "node_memory_Buffers_bytes",          GAUGE,   OF(whole),  MIB,        64ULL * MIB, 0, NULL },
	{ "node_memory_Cached_bytes",           GAUGE,   OF(whole),  GIB,        GIB,         0, NULL },
	{ "node_memory_SwapTotal_bytes",        FIXED,   OF(whole),  GIB,        GIB,         0, NULL },
	{ "node_memory_SwapFree_bytes",         GAUGE,   OF(whole),  1,          GIB,         0, NULL },
	{ "node_processes_pids",                GAUGE,   OF(whole),  90,         200,         0, NULL },
	{ "node_filesystem_size_bytes",         FIXED,   OF(mounts), 80ULL * GIB, 80ULL * GIB, 0, NULL },
	{ "node_filesystem_free_bytes",         GAUGE,   OF(mounts), 30ULL * GIB, 40ULL * GIB, 0, NULL },
	{ "node_filesystem_avail_bytes",        GAUGE,   OF(mounts), 5ULL * GIB, 20ULL * GIB, 0, "filesystem_avail_bytes" },
	{ "node_filesystem_files",              FIXED,   OF(mounts), 5000000,    1000000,     0, NULL },
	{ "node_filesystem_files_free",         GAUGE,   OF(mounts), 1000000,    3000000,     0, NULL },
	{ "node_filesystem_readonly",           FIXED,   OF(mounts), 0,          1,           0, NULL },
	{ "node_disk_reads_completed_total",    COUNTER, OF(disks),  6,          6000,        0, NULL },
	{ "node_disk_read_bytes_total",         COUNTER, OF(disks),  4096,       64ULL * MIB, 0, "disk_read_bytes_per_second" },
	{ "node_disk_writes_completed_total",   COUNTER, OF(disks),  6,          6000,        0, NULL },
	{ "node_disk_written_bytes_total",      COUNTER, OF(disks),  4096,       64ULL * MIB, 0, NULL },
	{ "node_disk_io_time_seconds_total",    COUNTER, OF(disks),  1,          59999,       3, NULL },
	{ "node_network_receive_bytes_total",   COUNTER, OF(nets),   6000,       64ULL * MIB, 0, "network_receive_bytes_per_second" },
	{ "node_network_receive_packets_total", COUNTER, OF(nets),   60,         90000,       0, NULL },
	{ "node_network_receive_errs_total",    COUNTER, OF(nets),   0,          5,           0, NULL },
	{ "node_network_receive_drop_total",    COUNTER, OF(nets),   0,          5,           0, NULL },
	{ "node_network_transmit_bytes_total",  COUNTER, OF(nets),   6000,       64ULL * MIB, 0, NULL },
	{ "node_network_transmit_packets_total", COUNTER, OF(nets),  60,         90000,       0, NULL },
	{ "node_network_transmit_errs_total",   COUNTER, OF(nets),   0,          5,           0, NULL },
	{ "node_network_transmit_drop_total",   COUNTER, OF(nets),   0,          5,           0, NULL },
};
/* clang-format on */

struct machine {
	uint64_t self; /* what tells this host from others */
	uint64_t reports;
};

/* Below f->range, the same for a fixed value and for a counter's pace at every report. */
static uint64_t vary(const struct machine *m, const struct quantity *f, size_t instance)
{
	uint64_t row = (uint64_t)(f - families) << 8 | instance;
	return mix(m->self, row, f->kind == GAUGE ? m->reports : 0) % f->range;
}

static uint64_t value_of(const struct machine *m, const struct quantity *f, size_t instance)
{
	uint64_t value = f->base + vary(m, f, instance);
	return f->kind == COUNTER ? value * (m->reports + 1) : value;
}

/* What the server makes of it: a counter grows by its pace in a minute. */
static double reading_of(const struct machine *m, const struct quantity *f)
{
	static const double places[] = { 1, 10, 100, 1000 };
	double v = (double)(f->base + vary(m, f, 0)) / places[f->decimals];
	return f->kind == COUNTER ? v / (MINUTE_MS / 1000.0) : v;
}

void numbers_write(uint64_t seed, uint32_t address, uint64_t reports, struct text *out,
	struct expectations *ret_expected)
{
	struct machine m = { mix(seed, address, 0), reports };
	ret_expected->count = 0;
	for (const struct quantity *f = families; f < families + ARRAY_LEN(families); f++) {
		struct family family = { f->name, f->kind == COUNTER ? "counter" : "gauge", false };
		for (size_t i = 0; i < f->instances.count; i++) {
			const struct instance *of = &f->instances.items[i];
			text_member_unsigned(out, &family, of->labels, of->count,
				value_of(&m, f, i), f->decimals);
		}
		if (f->reading && ret_expected->count < EXPECTED_MAX)
			ret_expected->items[ret_expected->count++] = (struct expected){ f->reading,
				f->instances.items[0].name, reading_of(&m, f) };
	}
}

void numbers_boot(uint64_t seed, uint32_t address, char ret_id[static 37])
{
	uint64_t a = mix(seed, address, 1), b = mix(seed, address, 2);
	(void)snprintf(ret_id, 37, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(a >> 32),
		(unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xffff), (unsigned)(b >> 48),
		(unsigned long long)(b & 0xffffffffffff));
}

int64_t numbers_monotonic_ms(uint64_t seed, uint32_t address, uint64_t reports)
{
	return (int64_t)((mix(seed, address, 3) % 100000 + reports) * MINUTE_MS);
}
