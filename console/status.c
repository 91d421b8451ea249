/*
 * fleet status: how every client of the configuration is, and whether the two programs keep
 * up. What is stored about clients that are no longer configured is not shown.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "console/console.h"
#include "console/status_text.h"
#include "console/table.h"
#include "lib/clock.h"
#include "lib/log.h"

static void rows_cleanup(struct status_row **rows)
{
	free(*rows);
}

static int compare_name(const void *name, const void *status)
{
	return strcmp(name, ((const struct client_status *)status)->client);
}

/* storage_get_status() sorts by name, bytewise. */
static const struct client_status *find_status(const struct status_set *set, const char *name)
{
	return set->count ? bsearch(name, set->items, set->count, sizeof *set->items, compare_name)
			  : NULL;
}

static int print_rows(const struct config *config, const struct status_set *set, bool json)
{
	struct status_row *rows CLEANUP(rows_cleanup) =
		calloc(config->client_count + 1, sizeof *rows);
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	if (!rows)
		return -1;
	int64_t now = clock_wall_ms();
	for (size_t i = 0; i < config->client_count; i++) {
		const char *name = config->clients[i].name;
		status_row_fill(&rows[i], name, find_status(set, name), now);
	}
	if (json ? status_json(&text, rows, config->client_count)
		 : status_table(&text, rows, config->client_count, table_wants_colour()))
		return -1;
	fputs(text.data, stdout);
	return 0;
}

/* 0 when it never finished one. */
static int last_finished(
	struct storage *storage, const char *program, int64_t *ret_at, struct error *err)
{
	struct cycle cycle = { 0 };
	bool found = false;
	if (storage_last_cycle(storage, program, true, &cycle, &found, err) != 0)
		return -1;
	*ret_at = found ? cycle.finished_at : 0;
	return 0;
}

static int get_programs(struct storage *storage, struct status_programs *ret, struct error *err)
{
	struct status_programs p;
	if (last_finished(storage, "collector", &p.collector_finished_at, err) != 0 ||
		last_finished(storage, "alerter", &p.alerter_finished_at, err) != 0 ||
		storage_get_backlog(storage, &p.backlog, err) != 0)
		return -1;
	*ret = p;
	return 0;
}

static void print_cycle(const char *program, int64_t finished_at)
{
	char at[CLOCK_TEXT_SIZE];
	if (finished_at == 0)
		printf("%s: has not finished a run yet\n", program);
	else
		printf("%s: last finished %s\n", program, clock_format_utc(finished_at, at));
}

/* What is to be sent, and what could not be, by the way it goes. */
static void print_channel(const struct channel_backlog *c, int64_t now)
{
	printf("%s: %llu notification%s to be sent", c->channel, (unsigned long long)c->waiting,
		plural(c->waiting));
	if (c->waiting)
		printf(", the oldest for %lld min",
			(long long)((now - c->oldest_waiting_at) / 60000));
	printf(", %llu failed for good\n", (unsigned long long)c->failed);
}

static void print_programs(const struct status_programs *p)
{
	const struct storage_backlog *b = &p->backlog;
	print_cycle("collector", p->collector_finished_at);
	print_cycle("alerter", p->alerter_finished_at);
	if (b->unprocessed)
		printf("%llu sample%s to be looked at by the alerter\n",
			(unsigned long long)b->unprocessed, plural(b->unprocessed));
	if (b->deferred)
		printf("%llu message%s for the end of quiet hours, or for room in the hour\n",
			(unsigned long long)b->deferred, b->deferred == 1 ? " waits" : "s wait");
	for (size_t i = 0; i < b->channel_count; i++)
		print_channel(&b->channels[i], clock_wall_ms());
}

static int show_clients(
	const struct config *config, struct storage *storage, bool json, struct error *err)
{
	struct status_set set = { 0 };
	if (storage_get_status(storage, &set, err) != 0)
		return -1;
	int result = print_rows(config, &set, json);
	status_set_finish(&set);
	return result == 0 ? 0 : error_no_memory(err);
}

static int show_programs(struct storage *storage, bool json, struct error *err)
{
	struct status_programs p;
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	if (get_programs(storage, &p, err) != 0)
		return -1;
	if (json && status_programs_json(&text, &p) != 0)
		return error_no_memory(err);
	if (json)
		fputs(text.data, stdout);
	else
		print_programs(&p);
	return 0;
}

/* Both for people, who see which is which; one of them for programs. */
static int show(const struct config *config, struct storage *storage, bool programs, bool json,
	struct error *err)
{
	if (!programs && show_clients(config, storage, json, err) != 0)
		return -1;
	if (!programs && !json)
		putchar('\n');
	return programs || !json ? show_programs(storage, json, err) : 0;
}

int cmd_status(const char *config_path, int argc, char **argv)
{
	bool json = false, programs = false;
	const struct choice choices[] = { { "--json", .flag = &json },
		{ "--programs", .flag = &programs } };
	if (commands_options(choices, ARRAY_LEN(choices), argc, argv) != 1)
		return setup_usage("status", "[--programs] [--json]");
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	if (!config)
		return EX_CONFIG;
	struct error err;
	struct storage *storage CLEANUP(storage_cleanup) = NULL;
	if (storage_open(&config->storage, false, &storage, &err) != 0 ||
		show(config, storage, programs, json, &err) != 0) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	return EX_OK;
}
