/*
 * A report as it comes out of its seal, all the way to readings: twice, as if the same client
 * had sent it again ten seconds later, so that there are rates.
 */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

#include "lib/metrics/derive.h"
#include "lib/seal.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return seal_init(NULL);
}

static void check_readings(const struct readings *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct reading *x = &r->items[i];
		const struct metric *m = metric_find(x->metric);
		assert(m && isfinite(x->value));
		assert(x->value >= 0 || m->unit == UNIT_SECONDS);
		assert(m->unit != UNIT_RATIO || x->value <= 1);
		assert(strlen(x->instance) <= DERIVE_INSTANCE_LENGTH_MAX);
		assert(i == 0 || strcmp(r->items[i - 1].metric, x->metric) != 0 ||
			strcmp(r->items[i - 1].instance, x->instance) != 0);
	}
	assert(r->count <= metric_count() * DERIVE_INSTANCES_MAX);
}

static void derive_once(const struct wire_report_header *header, const struct promtext *text,
	struct buffer *counters)
{
	struct readings readings;
	struct buffer next = { 0 };
	if (derive(header, text, INT64_C(1795348800000), 3600000, counters->data, counters->len,
		    &readings, &next, NULL) < 0)
		return;
	check_readings(&readings);
	readings_finish(&readings);
	buffer_finish(counters);
	*counters = next;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire_report_header header;
	struct promtext text;
	size_t body;
	struct buffer counters = { 0 };
	if (wire_parse_report_header((const char *)data, size, &header, &body, NULL) < 0)
		return 0;
	if (promtext_parse((const char *)data + body, size - body, &text, NULL) < 0)
		return 0;
	derive_once(&header, &text, &counters);
	if (header.monotonic_ms < INT64_MAX - 10000)
		header.monotonic_ms += 10000;
	for (size_t i = 0; i < text.count; i++)
		text.samples[i].value = fmin(text.samples[i].value * 1.1 + 1, 1e308);
	derive_once(&header, &text, &counters);
	buffer_finish(&counters);
	promtext_finish(&text);
	return 0;
}
