#include "tests/bench/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

uint32_t rows_client(uint64_t sample)
{
	return (uint32_t)(sample % ROWS_CLIENTS) + 1;
}

static uint64_t mix(uint64_t x)
{
	x *= UINT64_C(0x9E3779B97F4A7C15);
	return x ^ x >> 29;
}

/* In turn a counter, a percentage and a share. */
double rows_value(uint64_t sample, int reading)
{
	uint64_t x = mix(sample * 64 + (uint64_t)reading);
	if (reading % 3 == 0)
		return (double)(x >> 26);
	return reading % 3 == 1 ? (double)(x % 10000) / 100.0 : (double)(x >> 11) * 0x1p-53;
}

void rows_counters(uint64_t sample, char out[static ROWS_COUNTERS])
{
	uint64_t x = 0;
	for (size_t at = 0; at < ROWS_COUNTERS; at++) {
		if (at % sizeof x == 0)
			x = mix(sample * 256 + at);
		out[at] = (char)(x >> at % sizeof x * 8);
	}
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec * 1e-6;
}

/* proc(5), /proc/PID/stat, fields 14 and 15. 0 without a server. */
static double server_cpu(void)
{
	const char *pid = getenv("SRV_PID");
	char path[64], line[1024];
	unsigned long user = 0, system = 0;
	if (!pid)
		return 0;
	(void)snprintf(path, sizeof path, "/proc/%s/stat", pid);
	FILE *f = fopen(path, "re");
	if (!f)
		return 0;
	const char *rest = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
	if (rest)
		(void)sscanf(rest + 1, "%*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu %lu", &user,
			&system);
	(void)fclose(f);
	return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

struct rows_cost rows_cost_now(void)
{
	struct timespec now;
	struct rusage usage;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	(void)getrusage(RUSAGE_SELF, &usage);
	return (struct rows_cost){
		.wall = (double)now.tv_sec + (double)now.tv_nsec * 1e-9,
		.cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime),
		.server = server_cpu(),
	};
}

void rows_tell(const struct rows_cost *begin, long samples)
{
	struct rows_cost end = rows_cost_now();
	(void)printf("samples=%ld wall=%.4f cpu=%.4f server=%.4f\n", samples,
		end.wall - begin->wall, end.cpu - begin->cpu, end.server - begin->server);
}
