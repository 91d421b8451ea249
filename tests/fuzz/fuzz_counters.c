/*
 * Counters as they might lie damaged in the database: read, and used for the rates of a report.
 */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

#include "lib/crypto/seal.h"
#include "lib/metrics/counters.h"
#include "lib/metrics/derive.h"

#define BOOT "01020304-0506-0708-090a-0b0c0d0e0f10"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return seal_init(NULL);
}

static void derive_from(const uint8_t *data, size_t size, int64_t monotonic_ms)
{
	static const char body[] = "node_forks_total 100\n"
				   "node_cpu_seconds_total{cpu=\"0\",mode=\"idle\"} 50\n"
				   "node_cpu_seconds_total{cpu=\"0\",mode=\"user\"} 50\n";
	struct wire_report_header header = { .boot_id = BOOT, .monotonic_ms = monotonic_ms };
	struct promtext text;
	struct readings readings;
	struct buffer next = { 0 };
	if (promtext_parse(body, sizeof body - 1, &text, NULL) < 0)
		return;
	struct derive_terms terms = { 1000, 1000, 3600000, NULL, NULL };
	if (derive(&header, &text, &terms, data, size, &readings, &next, NULL) == 0) {
		for (size_t i = 0; i < readings.count; i++)
			assert(isfinite(readings.items[i].value));
		readings_finish(&readings);
	}
	buffer_finish(&next);
	promtext_finish(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct counters counters = { 0 };
	double value = 0;
	if (counters_open(data, size, &counters) == 0) {
		assert(counters.count <= size / 16);
		(void)counters_find(&counters, 0, &value);
		(void)counters_find(&counters, UINT64_MAX, &value);
		assert(isfinite(value));
	}
	derive_from(data, size, counters.monotonic_ms);
	derive_from(data, size,
		counters.monotonic_ms < INT64_MAX - 1000 ? counters.monotonic_ms + 1000 : 0);
	return 0;
}
