/*
 * fleet metrics: the catalogue for people, and what of it is stored: when nobody says, or of one
 * client.
 */
#include <stdio.h>
#include <sysexits.h>

#include "console/console.h"
#include "console/json.h"
#include "console/table.h"
#include "lib/log.h"
#include "lib/metrics/choice.h"

enum { COLUMNS = 6 };

static int put_table(const struct metric_choice *choice, struct buffer *out)
{
	static const char *const titles[COLUMNS] = { "METRIC", "ALERT TYPE", "GROUP", "STORED",
		"UNIT", "MEANING" };
	struct table t CLEANUP(table_finish) = { 0 };
	if (table_begin(&t, titles, COLUMNS) != 0)
		return -1;
	for (size_t i = 0; i < metric_count(); i++) {
		const struct metric *m = metric_at(i);
		const char *unit = unit_name(m->unit);
		const char *const cells[COLUMNS] = { m->name, m->alert[0] ? m->alert : "-",
			metric_group_name(m->group), choice_has(choice, i) ? "yes" : "no",
			unit[0] ? unit : "-", m->help };
		if (table_add(&t, SHADE_NONE, cells) != 0)
			return -1;
	}
	return table_put(&t, false, out);
}

static int put_json_row(
	const struct metric_choice *choice, size_t i, const char *begin, struct buffer *out)
{
	const struct metric *m = metric_at(i);
	return buffer_append_text(out, begin) || json_text(out, "metric", m->name, ",") ||
			       json_text(out, "alert", m->alert, ",") ||
			       json_text(out, "group", metric_group_name(m->group), ",") ||
			       json_bool(out, "stored", choice_has(choice, i), ",") ||
			       json_text(out, "unit", unit_name(m->unit), ",") ||
			       json_text(out, "source", m->source, ",") ||
			       json_text(out, "instance", m->instance, ",") ||
			       json_text(out, "help", m->help, "}")
		       ? -1
		       : 0;
}

static int put_json(const struct metric_choice *choice, struct buffer *out)
{
	for (size_t i = 0; i < metric_count(); i++)
		if (put_json_row(choice, i, i ? ",\n {" : "[\n {", out) != 0)
			return -1;
	return buffer_append_text(out, "\n]\n");
}

static int print(const struct metric_choice *choice, bool json)
{
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	if (json ? put_json(choice, &text) : put_table(choice, &text)) {
		log_error("out of memory");
		return EX_OSERR;
	}
	fputs(text.data, stdout);
	return EX_OK;
}

static int print_client(const char *config_path, char **name, bool json)
{
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	const struct client *client;
	if (!config || setup_clients(config, name, 1, &client) != 0)
		return EX_CONFIG;
	if (!client->metrics) {
		log_error("%s is a <jump>, of which nothing is stored", *name);
		return EX_CONFIG;
	}
	return print(client->metrics, json);
}

int cmd_metrics(const char *config_path, int argc, char **argv)
{
	bool json = false;
	const struct choice choices[] = { { "--json", .flag = &json } };
	argc = commands_options(choices, ARRAY_LEN(choices), argc, argv);
	if (argc < 1 || argc > 2)
		return setup_usage("metrics", "[--json] [CLIENT]");
	if (argc == 2)
		return print_client(config_path, &argv[1], json);
	struct metric_choice usual;
	choice_init(&usual, NULL, 0);
	return print(&usual, json);
}
