#include "console/status_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"
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

struct line {
	char cell[CELLS][CELL_SIZE];
	bool is_bad, has_alerts;
};

static const struct line title = { .cell = { "CLIENT", "STATE", "AGE", "CPU", "MEMORY", "DISK",
					   "LOAD", "ALERTS" } };

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

static void format_disk(char *out, size_t size, const struct status_row *row)
{
	char mount[40];
	format_ratio(out, size, row->disk);
	if (isnan(row->disk))
		return;
	(void)escape_text(mount, sizeof mount, row->disk_mount, strlen(row->disk_mount));
	size_t len = strlen(out);
	(void)snprintf(out + len, size - len, " %s", mount);
}

static void format_line(struct line *line, const struct status_row *row)
{
	(void)escape_text(line->cell[0], CELL_SIZE, row->client, strlen(row->client));
	(void)snprintf(line->cell[1], CELL_SIZE, "%s", row->state);
	format_age(line->cell[2], CELL_SIZE, row->age_ms);
	format_ratio(line->cell[3], CELL_SIZE, row->cpu);
	format_ratio(line->cell[4], CELL_SIZE, row->memory);
	format_disk(line->cell[5], CELL_SIZE, row);
	if (isnan(row->load))
		(void)snprintf(line->cell[6], CELL_SIZE, "-");
	else
		(void)snprintf(line->cell[6], CELL_SIZE, "%.2f", row->load);
	(void)snprintf(line->cell[7], CELL_SIZE, "%u", row->open_alerts);
	line->is_bad = strcmp(row->state, "ok") != 0;
	line->has_alerts = row->open_alerts > 0;
}

/* Columns on a terminal: one for each character, near enough for names and mount points. */
static int text_width(const char *text)
{
	int width = 0;
	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

static int append_line(struct buffer *out, const struct line *line, const int *width, bool colour)
{
	static const char *const on[] = { "", "\x1b[33m", "\x1b[31m" };
	int shade = !colour ? 0 : line->is_bad ? 2 : line->has_alerts ? 1 : 0;
	if (buffer_append_text(out, on[shade]) != 0)
		return -1;
	for (int i = 0; i < CELLS; i++) {
		bool last = i == CELLS - 1;
		int pad = last ? 0 : width[i] - text_width(line->cell[i]) + 2;
		if (buffer_printf(out, "%s%*s", line->cell[i], pad, "") != 0)
			return -1;
	}
	return buffer_append_text(out, shade ? "\x1b[0m\n" : "\n");
}

static void widen(int *width, const struct line *line)
{
	for (int i = 0; i < CELLS; i++)
		if (text_width(line->cell[i]) > width[i])
			width[i] = text_width(line->cell[i]);
}

int status_table(struct buffer *out, const struct status_row *rows, size_t count, bool colour)
{
	int width[CELLS] = { 0 };
	struct line line = { 0 };
	widen(width, &title);
	for (size_t i = 0; i < count; i++) {
		format_line(&line, &rows[i]);
		widen(width, &line);
	}
	if (append_line(out, &title, width, false) != 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		format_line(&line, &rows[i]);
		if (append_line(out, &line, width, colour) != 0)
			return -1;
		if (rows[i].error[0] && buffer_printf(out, "  %s\n", rows[i].error) != 0)
			return -1;
	}
	return 0;
}

/* ---- for programs ---- */

static int json_string(struct buffer *out, const char *key, const char *text, const char *end)
{
	char clean[1024];
	(void)escape_text(clean, sizeof clean, text, strlen(text));
	if (buffer_printf(out, "\"%s\":\"", key) != 0)
		return -1;
	for (const char *c = clean; *c; c++) /* control characters are gone; two remain */
		if (buffer_printf(out, *c == '"' || *c == '\\' ? "\\%c" : "%c", *c) != 0)
			return -1;
	return buffer_printf(out, "\"%s", end);
}

static int json_number(struct buffer *out, const char *key, double value, const char *end)
{
	if (isnan(value))
		return buffer_printf(out, "\"%s\":null%s", key, end);
	return buffer_printf(out, "\"%s\":%.6g%s", key, value, end);
}

static int json_row(struct buffer *out, const struct status_row *row)
{
	double age = row->age_ms < 0 ? NAN : (double)row->age_ms / 1000;
	if (buffer_append_text(out, "{") != 0)
		return -1;
	return json_string(out, "client", row->client, ",") ||
			       json_string(out, "state", row->state, ",") ||
			       json_string(out, "error", row->error, ",") ||
			       json_number(out, "age_seconds", age, ",") ||
			       json_number(out, "cpu_used_ratio", row->cpu, ",") ||
			       json_number(out, "memory_used_ratio", row->memory, ",") ||
			       json_number(out, "filesystem_used_ratio", row->disk, ",") ||
			       json_string(out, "fullest_filesystem", row->disk_mount, ",") ||
			       json_number(out, "load1", row->load, ",") ||
			       json_number(out, "open_alerts", row->open_alerts, "}")
		       ? -1
		       : 0;
}

int status_json(struct buffer *out, const struct status_row *rows, size_t count)
{
	if (buffer_append_text(out, "[") != 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (buffer_append_text(out, i ? ",\n " : "\n ") != 0 ||
			json_row(out, &rows[i]) != 0)
			return -1;
	return buffer_append_text(out, count ? "\n]\n" : "]\n");
}
