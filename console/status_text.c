#include "console/status_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "console/json.h"
#include "console/table.h"
#include "lib/metrics/metrics.h"

/* ---- from stored readings to a row ---- */

static double reading_value(const struct client_status *s, const char *metric)
{
	for (size_t i = 0; i < s->reading_count; i++)
		if (strcmp(s->readings[i].metric, metric) == 0)
			return s->readings[i].value;
	return NAN;
}

static void fullest_disk(struct status_row *row, const struct client_status *s)
{
	const char *metric = metric_find("disk")->name;
	for (size_t i = 0; i < s->reading_count; i++) {
		const struct stored_reading *r = &s->readings[i];
		if (strcmp(r->metric, metric) != 0 || r->value <= row->disk)
			continue;
		row->disk = r->value;
		row->disk_mount = r->instance;
	}
}

void status_row_fill(
	struct status_row *row, const char *client, const struct client_status *status, int64_t now)
{
	*row = (struct status_row){ .client = client,
		.state = "never",
		.error = "",
		.age_ms = -1,
		.cpu = NAN,
		.memory = NAN,
		.disk = NAN,
		.disk_mount = "",
		.load = NAN };
	if (!status)
		return;
	row->open_alerts = status->open_alerts;
	if (!status->has_sample)
		return;
	row->state = outcome_name(status->outcome);
	row->error = status->error;
	if (status->last_good_at)
		row->age_ms = now > status->last_good_at ? now - status->last_good_at : 0;
	row->cpu = reading_value(status, metric_find("cpu")->name);
	row->memory = reading_value(status, metric_find("memory")->name);
	row->load = reading_value(status, metric_find("load")->name);
	row->disk = -1;
	fullest_disk(row, status);
	if (row->disk < 0)
		row->disk = NAN;
}

/* ---- for people ---- */

enum { CELLS = 8, CELL_SIZE = 80 };

static void format_age(char *out, size_t size, int64_t age_ms)
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" }, { 1000, "s" } };
	if (age_ms < 0) {
		(void)snprintf(out, size, "-");
		return;
	}
	size_t i = 0;
	while (i + 1 < ARRAY_LEN(units) && age_ms < units[i].ms)
		i++;
	(void)snprintf(out, size, "%lld %s", (long long)(age_ms / units[i].ms), units[i].unit);
}

static void format_ratio(char *out, size_t size, double value)
{
	if (isnan(value))
		(void)snprintf(out, size, "-");
	else
		(void)snprintf(out, size, "%.0f %%", value * 100);
}

static int add_row(struct table *t, const struct status_row *row)
{
	char text[CELLS][CELL_SIZE];
	const char *cells[CELLS] = { row->client, row->state };
	format_age(text[2], CELL_SIZE, row->age_ms);
	format_ratio(text[3], CELL_SIZE, row->cpu);
	format_ratio(text[4], CELL_SIZE, row->memory);
	format_ratio(text[5], CELL_SIZE, row->disk);
	if (!isnan(row->disk))
		(void)snprintf(
			text[5], CELL_SIZE, "%.0f %% %.40s", row->disk * 100, row->disk_mount);
	(void)snprintf(text[6], CELL_SIZE, "-");
	if (!isnan(row->load))
		(void)snprintf(text[6], CELL_SIZE, "%.2f", row->load);
	(void)snprintf(text[7], CELL_SIZE, "%u", row->open_alerts);
	for (size_t i = 2; i < CELLS; i++)
		cells[i] = text[i];
	bool is_bad = strcmp(row->state, "ok") != 0;
	enum shade shade = is_bad ? SHADE_RED : row->open_alerts > 0 ? SHADE_YELLOW : SHADE_NONE;
	if (table_add(t, shade, cells) != 0)
		return -1;
	return row->error[0] ? table_note(t, row->error) : 0;
}

int status_table(struct buffer *out, const struct status_row *rows, size_t count, bool colour)
{
	static const char *const titles[CELLS] = { "CLIENT", "STATE", "AGE", "CPU", "MEMORY",
		"DISK", "LOAD", "ALERTS" };
	struct table t CLEANUP(table_finish) = { 0 };
	if (table_begin(&t, titles, CELLS) != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (add_row(&t, &rows[i]) != 0)
			return -1;
	return table_put(&t, colour, out);
}

/* ---- for programs ---- */

static int json_row(struct buffer *out, const struct status_row *row)
{
	double age = row->age_ms < 0 ? NAN : (double)row->age_ms / 1000;
	if (buffer_append_text(out, "{") != 0)
		return -1;
	return json_text(out, "client", row->client, ",") ||
			       json_text(out, "state", row->state, ",") ||
			       json_text(out, "error", row->error, ",") ||
			       json_number(out, "age_seconds", age, ",") ||
			       json_number(out, "cpu_used_ratio", row->cpu, ",") ||
			       json_number(out, "memory_used_ratio", row->memory, ",") ||
			       json_number(out, "filesystem_used_ratio", row->disk, ",") ||
			       json_text(out, "fullest_filesystem", row->disk_mount, ",") ||
			       json_number(out, "load1", row->load, ",") ||
			       json_number(out, "open_alerts", row->open_alerts, "}")
		       ? -1
		       : 0;
}

int status_json(struct buffer *out, const struct status_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (json_next(out, i) != 0 || json_row(out, &rows[i]) != 0)
			return -1;
	return json_end(out, count);
}

static int json_channel(struct buffer *out, const struct channel_backlog *c)
{
	return buffer_append_text(out, "\n  {") || json_text(out, "channel", c->channel, ",") ||
			       json_number(out, "waiting", (double)c->waiting, ",") ||
			       json_time(out, "oldest_waiting_at", c->oldest_waiting_at, ",") ||
			       json_number(out, "failed", (double)c->failed, "}")
		       ? -1
		       : 0;
}

int status_programs_json(struct buffer *out, const struct status_programs *p)
{
	const struct storage_backlog *b = &p->backlog;
	if (buffer_append_text(out, "{") ||
		json_time(out, "collector_finished_at", p->collector_finished_at, ",\n ") ||
		json_time(out, "alerter_finished_at", p->alerter_finished_at, ",\n ") ||
		json_number(out, "unprocessed", (double)b->unprocessed, ",\n ") ||
		json_time(out, "oldest_unprocessed_at", b->oldest_unprocessed_at, ",\n ") ||
		json_number(out, "deferred", (double)b->deferred, ",\n ") ||
		buffer_append_text(out, "\"channels\":["))
		return -1;
	for (size_t i = 0; i < b->channel_count; i++)
		if (buffer_append_text(out, i ? "," : "") || json_channel(out, &b->channels[i]))
			return -1;
	return buffer_append_text(out, "]}\n");
}
