/*
 * A report as it comes out of its seal, all the way to readings: twice, as if the same client
 * had sent it again ten seconds later, so that there are rates.
 */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <string.h>

#include "lib/crypto/seal.h"
#include "lib/metrics/derive.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	return seal_init(NULL);
}

/* All of the catalogue, and all else: what a client brings itself is the most hostile. */
static const struct choice_word all[] = { { "*", true }, { "custom", true }, { "node_*", true },
	{ "fleet_*", true } };

static void check_readings(const struct readings *r)
{
	size_t customs = 0;
	for (size_t i = 0; i < r->count; i++) {
		const struct reading *x = &r->items[i];
		const struct metric *m = metric_find(x->metric);
		assert(isfinite(x->value));
		assert(m || strlen(x->metric) <= DERIVE_CUSTOM_NAME_MAX + 11);
		assert(!m || x->value >= 0 || m->unit == UNIT_SECONDS || m->unit == UNIT_CELSIUS);
		assert(!m || m->unit != UNIT_RATIO || x->value <= 1);
		customs += !m;
		assert(strlen(x->instance) <= DERIVE_INSTANCE_LENGTH_MAX);
		assert(i == 0 || strcmp(r->items[i - 1].metric, x->metric) != 0 ||
			strcmp(r->items[i - 1].instance, x->instance) != 0);
	}
	assert(customs <= DERIVE_CUSTOM_MAX);
	assert(r->count - customs <= metric_count() * DERIVE_INSTANCES_MAX);
}

static void derive_once(const struct wire_report_header *header, const struct promtext *text,
	const struct metric_choice *choice, struct buffer *counters)
{
	struct readings readings;
	struct buffer next = { 0 };
	struct derive_terms terms = { INT64_C(1795348800000), INT64_C(1795348801000), 3600000,
		choice, " ask=process:web ask=file:/a ask=textfile:/b" };
	if (derive(header, text, &terms, counters->data, counters->len, &readings, &next, NULL) < 0)
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
	struct metric_choice choice;
	choice_init(&choice, all, ARRAY_LEN(all));
	derive_once(&header, &text, &choice, &counters);
	if (header.monotonic_ms < INT64_MAX - 10000)
		header.monotonic_ms += 10000;
	for (size_t i = 0; i < text.count; i++)
		text.samples[i].value = fmin(text.samples[i].value * 1.1 + 1, 1e308);
	derive_once(&header, &text, &choice, &counters);
	derive_once(&header, &text, NULL, &counters);
	buffer_finish(&counters);
	promtext_finish(&text);
	return 0;
}
