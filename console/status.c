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

static void print_cycle(struct storage *storage, const char *program)
{
	struct cycle cycle = { 0 };
	bool found = false;
	struct error err;
	char at[CLOCK_TEXT_SIZE];
	if (storage_last_cycle(storage, program, true, &cycle, &found, &err) != 0)
		log_warning("%s", err.text);
	else if (!found)
		printf("%s: has not finished a run yet\n", program);
	else
		printf("%s: last finished %s\n", program, clock_format_utc(cycle.finished_at, at));
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

/* Below the table: what is not about one client. */
static void print_programs(struct storage *storage)
{
	struct storage_backlog b = { 0 };
	struct error err;
	putchar('\n');
	print_cycle(storage, "collector");
	print_cycle(storage, "alerter");
	if (storage_get_backlog(storage, &b, &err) != 0) {
		log_warning("%s", err.text);
		return;
	}
	if (b.unprocessed)
		printf("%llu sample%s to be looked at by the alerter\n",
			(unsigned long long)b.unprocessed, plural(b.unprocessed));
	if (b.deferred)
		printf("%llu message%s for the end of quiet hours, or for room in the hour\n",
			(unsigned long long)b.deferred, b.deferred == 1 ? " waits" : "s wait");
	for (size_t i = 0; i < b.channel_count; i++)
		print_channel(&b.channels[i], clock_wall_ms());
}

int cmd_status(const char *config_path, int argc, char **argv)
{
	bool json = argc == 2 && strcmp(argv[1], "--json") == 0;
	if (argc != 1 + json)
		return setup_usage("status", "[--json]");
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	if (!config)
		return EX_CONFIG;
	struct error err;
	struct storage *storage CLEANUP(storage_cleanup) = NULL;
	struct status_set set = { 0 };
	if (storage_open(&config->storage, false, &storage, &err) != 0 ||
		storage_get_status(storage, &set, &err) != 0) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	int failed = print_rows(config, &set, json);
	status_set_finish(&set);
	if (failed) {
		log_error("out of memory");
		return EX_OSERR;
	}
	if (!json)
		print_programs(storage);
	return EX_OK;
}
