#include "console/show_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "console/table.h"
#include "lib/clock.h"
#include "lib/metrics/answers.h"
#include "lib/metrics/metrics.h"
#include "lib/metrics/promtext.h"
#include "lib/wire/wire.h"

enum { COLUMNS = 3 };

/* ---- values ------------------------------------------------------------------------------- */

/* The metric that is the raw value of this name, or NULL. */
static const struct metric *find_gauge(const char *name)
{
	for (size_t i = 0; i < metric_count(); i++)
		if (metric_at(i)->kind == METRIC_GAUGE && strcmp(metric_at(i)->source, name) == 0)
			return metric_at(i);
	return NULL;
}

/* That of the catalogue, or what the name ends in; a counter says so behind it. */
static enum metric_unit unit_of(const char *name)
{
	const struct metric *gauge = find_gauge(name);
	char plain[PROMTEXT_LINE_MAX];
	size_t stem = metric_counter_stem(name);
	if (gauge)
		return gauge->unit;
	(void)snprintf(plain, sizeof plain, "%.*s", (int)(stem ? stem : strlen(name)), name);
	return metric_named(plain).unit;
}

/* NAME="value" NAME="value" */
static int put_labels(const struct prom_sample *s, struct buffer *out)
{
	buffer_clear(out);
	if (buffer_append_text(out, "") != 0)
		return -1;
	for (size_t i = 0; i < s->label_count; i++)
		if (s->labels[i].value[0] && buffer_printf(out, "%s%s=\"%s\"", out->len ? " " : "",
						     s->labels[i].name, s->labels[i].value) != 0)
			return -1;
	return 0;
}

static int add_sample(struct table *t, const struct prom_sample *s, struct buffer *labels)
{
	char value[64];
	if (put_labels(s, labels) != 0)
		return -1;
	const char *const cells[COLUMNS] = { s->name,
		unit_format(unit_of(s->name), s->value, value, sizeof value), labels->data };
	return table_add(t, SHADE_NONE, cells);
}

/* ---- the whole ---------------------------------------------------------------------------- */

static int put_samples(const struct promtext *text, struct buffer *out)
{
	static const char *const titles[COLUMNS] = { "NAME", "VALUE", "LABELS" };
	struct table t CLEANUP(table_finish) = { 0 };
	struct buffer labels CLEANUP(buffer_finish) = { 0 };
	if (table_begin(&t, titles, COLUMNS) != 0)
		return -1;
	for (size_t i = 0; i < text->count; i++)
		if (add_sample(&t, &text->samples[i], &labels) != 0)
			return -1;
	return table_put(&t, false, out);
}

static int put_head(const char *client, const struct wire_report_header *h, int64_t taken_at,
	int64_t now, struct buffer *out)
{
	char at[CLOCK_TEXT_SIZE], ago[64], up[64];
	return buffer_printf(out, "%s: report of %s, %s ago; probe %s; up %s\n\n", client,
		clock_format_utc(taken_at, at),
		unit_format(UNIT_SECONDS, (double)((now - taken_at) / 1000), ago, sizeof ago),
		h->probe_hash,
		unit_format(UNIT_SECONDS, (double)(h->monotonic_ms / 1000), up, sizeof up));
}

static int put_unanswered(const struct promtext *text, const char *asks, struct buffer *out)
{
	CLEANUP(series_index_finish) struct series_index index = { 0 };
	struct ask ask;
	bool is_first = true;
	if (series_index_init(&index, text) != 0)
		return -1;
	while (answers_next(&asks, &ask)) {
		if (answers_has(&index, &ask))
			continue;
		if (buffer_printf(out, "%s  %s %s\n",
			    is_first ? "\nasked for, but the report says nothing of it:\n" : "",
			    ask_kind_name(ask.kind), ask.text) != 0)
			return -1;
		is_first = false;
	}
	return 0;
}

int show_text(const struct client *client, const char *text, size_t len, int64_t taken_at,
	int64_t now, struct buffer *out, struct error *err)
{
	struct wire_report_header header;
	CLEANUP(promtext_finish) struct promtext parsed = { 0 };
	size_t body;
	if (wire_parse_report_header(text, len, &header, &body, err) != 0 ||
		promtext_parse(text + body, len - body, &parsed, err) != 0)
		return -1;
	if (put_head(client->name, &header, taken_at, now, out) != 0 ||
		put_samples(&parsed, out) != 0 || put_unanswered(&parsed, client->asks, out) != 0)
		return error_no_memory(err);
	if (parsed.rejected &&
		buffer_printf(out, "\n%zu lines are not well-formed; see --raw\n", parsed.rejected))
		return error_no_memory(err);
	return 0;
}
