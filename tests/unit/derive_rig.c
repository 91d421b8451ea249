#include "tests/unit/derive_rig.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/attempt.h"

void report_within(
	struct client *c, const struct moment *when, int64_t gap_max_ms, const char *text)
{
	struct wire_report_header header = { .monotonic_ms = when->monotonic_ms };
	int64_t taken_at = when->taken_at_ms ? when->taken_at_ms : noon + when->monotonic_ms;
	header.wall_ms = taken_at + 1500;
	header.attempt_id = attempt_floor(taken_at);
	(void)snprintf(header.boot_id, sizeof header.boot_id, "%s", when->boot);
	struct promtext parsed;
	struct buffer next = { 0 };
	assert_int_equal(promtext_parse(text, strlen(text), &parsed, NULL), 0);
	readings_finish(&c->readings);
	struct derive_terms terms = { taken_at, taken_at, gap_max_ms, c->choice, c->asks };
	assert_int_equal(derive(&header, &parsed, &terms, c->counters.data, c->counters.len,
				 &c->readings, &next, NULL),
		0);
	promtext_finish(&parsed);
	c->replaced = next.len > 0;
	if (c->replaced) {
		buffer_finish(&c->counters);
		c->counters = next;
	}
	for (size_t i = 0; i < c->readings.count; i++)
		assert_true(isfinite(c->readings.items[i].value));
}

void report(struct client *c, const struct moment *when, const char *text)
{
	report_within(c, when, HOUR, text);
}

void forget(struct client *c)
{
	readings_finish(&c->readings);
	buffer_finish(&c->counters);
}

double reading_of(const struct client *c, const char *metric, const char *instance)
{
	double value = NAN;
	for (size_t i = 0; i < c->readings.count; i++) {
		const struct reading *r = &c->readings.items[i];
		if (strcmp(r->metric, metric) || strcmp(r->instance, instance))
			continue;
		if (!isnan(value))
			fail_msg("%s{%s} twice", metric, instance);
		value = r->value;
	}
	return value;
}

void assert_reading(
	const struct client *c, const char *metric, const char *instance, double expected)
{
	double value = reading_of(c, metric, instance);
	bool same = isnan(expected) ? isnan(value) : fabs(value - expected) < 1e-9;
	if (!same)
		fail_msg("%s{%s} is %g, not %g", metric, instance, value, expected);
}

void assert_pairs(const struct pair_row *rows, size_t count, const struct metric_choice *choice)
{
	for (size_t i = 0; i < count; i++) {
		struct client c = { .choice = choice };
		report(&c, &(struct moment){ BOOT_A, 10000, 0 }, rows[i].before);
		report(&c, &(struct moment){ BOOT_A, 20000, 0 }, rows[i].after);
		assert_reading(&c, rows[i].metric, rows[i].instance, rows[i].value);
		forget(&c);
	}
}
