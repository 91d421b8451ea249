/*
 * fleet metrics: the catalogue for people, and what of it is stored: when nobody says, or of one
 * client, with the metrics of its own that its last report has.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "console/console.h"
#include "console/json.h"
#include "console/table.h"
#include "lib/arena.h"
#include "lib/log.h"
#include "lib/metrics/choice.h"
#include "lib/metrics/derive.h"
#include "lib/metrics/promtext.h"
#include "lib/wire/wire.h"

enum { COLUMNS = 6 };

struct row {
	struct metric metric;
	bool is_stored;
};

struct list {
	struct buffer rows; /* struct row */
	struct arena names; /* of those outside the catalogue */
};

static void list_finish(struct list *l)
{
	buffer_finish(&l->rows);
	arena_finish(&l->names);
}

static size_t list_count(const struct list *l)
{
	return l->rows.len / sizeof(struct row);
}

static const struct row *list_at(const struct list *l, size_t i)
{
	return (const struct row *)(const void *)l->rows.data + i;
}

/* ---- text --------------------------------------------------------------------------------- */

static int put_table(const struct list *l, struct buffer *out)
{
	static const char *const titles[COLUMNS] = { "METRIC", "ALERT TYPE", "GROUP", "STORED",
		"UNIT", "MEANING" };
	struct table t CLEANUP(table_finish) = { 0 };
	if (table_begin(&t, titles, COLUMNS) != 0)
		return -1;
	for (size_t i = 0; i < list_count(l); i++) {
		const struct metric *m = &list_at(l, i)->metric;
		const char *unit = unit_name(m->unit);
		const char *const cells[COLUMNS] = { m->name, m->alert[0] ? m->alert : "-",
			metric_group_name(m->group), list_at(l, i)->is_stored ? "yes" : "no",
			unit[0] ? unit : "-", m->help };
		if (table_add(&t, SHADE_NONE, cells) != 0)
			return -1;
	}
	return table_put(&t, false, out);
}

static int put_json_row(const struct row *row, struct buffer *out)
{
	const struct metric *m = &row->metric;
	return buffer_append_text(out, "{") || json_text(out, "metric", m->name, ",") ||
			       json_text(out, "alert", m->alert, ",") ||
			       json_text(out, "group", metric_group_name(m->group), ",") ||
			       json_bool(out, "stored", row->is_stored, ",") ||
			       json_text(out, "unit", unit_name(m->unit), ",") ||
			       json_text(out, "source", m->source, ",") ||
			       json_text(out, "instance", m->instance, ",") ||
			       json_text(out, "help", m->help, "}")
		       ? -1
		       : 0;
}

static int put_json(const struct list *l, struct buffer *out)
{
	for (size_t i = 0; i < list_count(l); i++)
		if (json_next(out, i) != 0 || put_json_row(list_at(l, i), out) != 0)
			return -1;
	return json_end(out, list_count(l));
}

static int print(const struct list *l, bool json)
{
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	if (json ? put_json(l, &text) : put_table(l, &text)) {
		log_error("out of memory");
		return EX_OSERR;
	}
	fputs(text.data, stdout);
	return EX_OK;
}

/* ---- what there is ------------------------------------------------------------------------ */

static int add_catalogue(struct list *l, const struct metric_choice *choice)
{
	for (size_t i = 0; i < metric_count(); i++) {
		struct row row = { *metric_at(i), choice_has(choice, i) };
		if (buffer_append(&l->rows, &row, sizeof row) != 0)
			return -1;
	}
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct prom_sample *)a)->name, ((const struct prom_sample *)b)->name);
}

/* A name that the catalogue has is no metric of its own; those of the probe are in `fleet show`. */
static int add_own(struct list *l, const struct metric_choice *choice, const struct prom_sample *s)
{
	char name[DERIVE_STORED_NAME_SIZE];
	derive_custom_name(s, name);
	bool is_stored = choice_of_custom(choice, name) != CHOICE_LEFT;
	bool is_probes = strncmp(name, "node_", 5) == 0 || strncmp(name, "fleet_", 6) == 0;
	if (!*name || metric_find(name) || (is_probes && !is_stored))
		return 0;
	const char *copy = arena_copy(&l->names, name, strlen(name));
	const char *source = arena_copy(&l->names, s->name, strlen(s->name));
	if (!copy || !source)
		return -1;
	struct row row = { metric_named(copy), is_stored };
	row.metric.source = source;
	row.metric.help = "the client's own";
	return buffer_append(&l->rows, &row, sizeof row);
}

static int add_report(struct list *l, const struct metric_choice *choice,
	const struct buffer *report, struct error *err)
{
	struct wire_report_header header;
	CLEANUP(promtext_finish) struct promtext text = { 0 };
	size_t body;
	if (wire_parse_report_header(report->data, report->len, &header, &body, err) != 0 ||
		promtext_parse(report->data + body, report->len - body, &text, err) != 0)
		return -1;
	qsort(text.samples, text.count, sizeof *text.samples, compare_names);
	for (size_t i = 0; i < text.count; i++)
		if ((i == 0 || compare_names(&text.samples[i - 1], &text.samples[i]) != 0) &&
			add_own(l, choice, &text.samples[i]) != 0)
			return error_no_memory(err);
	return 0;
}

static int add_own_metrics(
	struct list *l, const struct config *config, const struct client *client, struct error *err)
{
	struct storage *storage CLEANUP(storage_cleanup) = NULL;
	struct buffer report CLEANUP(buffer_finish) = { 0 };
	int64_t taken_at;
	if (storage_open(&config->storage, false, &storage, err) != 0 ||
		storage_get_report(storage, client->name, &report, &taken_at, err) != 0)
		return -1;
	return report.len ? add_report(l, client->metrics, &report, err) : 0;
}

static int print_client(const char *config_path, char **name, bool json)
{
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	const struct client *client;
	struct list list CLEANUP(list_finish) = { { 0 }, { 0 } };
	struct error err;
	if (!config || setup_clients(config, name, 1, &client) != 0)
		return EX_CONFIG;
	if (!client->metrics) {
		log_error("%s is a <jump>, of which nothing is stored", *name);
		return EX_CONFIG;
	}
	if (add_catalogue(&list, client->metrics) != 0) {
		log_error("out of memory");
		return EX_OSERR;
	}
	if (add_own_metrics(&list, config, client, &err) != 0)
		log_warning("without the metrics of %s's own: %s", *name, err.text);
	return print(&list, json);
}

static int print_catalogue(bool json)
{
	struct list list CLEANUP(list_finish) = { { 0 }, { 0 } };
	struct metric_choice usual;
	choice_init(&usual, NULL, 0);
	if (add_catalogue(&list, &usual) == 0)
		return print(&list, json);
	log_error("out of memory");
	return EX_OSERR;
}

int cmd_metrics(const char *config_path, int argc, char **argv)
{
	bool json = false;
	const struct choice choices[] = { { "--json", .flag = &json } };
	argc = commands_options(choices, ARRAY_LEN(choices), argc, argv);
	if (argc < 1 || argc > 2)
		return setup_usage("metrics", "[--json] [CLIENT]");
	return argc == 2 ? print_client(config_path, &argv[1], json) : print_catalogue(json);
}
