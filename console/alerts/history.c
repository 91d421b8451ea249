/* fleet alerts history: what happened to one alert, or to those of one client. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "console/alerts/alerts.h"
#include "console/alerts/history_text.h"
#include "lib/alerts/hold.h"
#include "lib/log.h"

enum { EVENTS_MAX = 2000, SHOWN_MAX = 100 };

static void reverse(struct event_set *set)
{
	for (size_t i = 0; i < set->count / 2; i++) {
		struct event swap = set->items[i];
		set->items[i] = set->items[set->count - 1 - i];
		set->items[set->count - 1 - i] = swap;
	}
}

/* `alert` is a friendly name, a metric's full name, or a rule's whole key. */
static bool is_about(const struct event *e, const char *alert)
{
	const struct metric *metric = metric_find(alert);
	const char *name = metric && metric->alert[0] ? metric->alert : alert;
	return rule_is_called(e->rule, name) || strcmp(e->rule, alert) == 0;
}

/* The newest that are asked for, oldest first. */
static void choose(struct event_set *set, const char *alert)
{
	size_t kept = 0;
	for (size_t i = 0; i < set->count; i++)
		if (!alert || is_about(&set->items[i], alert))
			set->items[kept++] = set->items[i];
	set->count = kept < SHOWN_MAX ? kept : SHOWN_MAX;
	if (kept > SHOWN_MAX)
		printf("the newest %d events\n", SHOWN_MAX);
	reverse(set);
}

struct request {
	uint64_t id; /* 0: by what follows */
	const char *client, *alert, *instance;
};

static int read_events(
	struct alerts *a, const struct request *r, struct event_set *ret_set, struct error *err)
{
	if (r->id != 0 && !config_client(a->config, r->client))
		return storage_get_thread(a->storage, r->id, SHOWN_MAX, ret_set, err);
	const char *client = strcmp(r->client, "-") == 0 ? "" : r->client;
	if (storage_get_events(a->storage, client, NULL, r->instance, EVENTS_MAX, ret_set, err) !=
		0)
		return -1;
	choose(ret_set, r->alert);
	return 0;
}

static int print(struct alerts *a, const struct event_set *set, struct error *err)
{
	struct delivery_set deliveries CLEANUP(delivery_set_finish) = { 0 };
	uint64_t ids[SHOWN_MAX];
	for (size_t i = 0; i < set->count; i++)
		ids[i] = set->items[i].id;
	if (storage_get_deliveries(a->storage, ids, set->count, &deliveries, err) != 0)
		return -1;
	for (size_t i = 0; i < set->count; i++) {
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		if (history_event(&out, &set->items[i], deliveries.items, deliveries.count,
			    a->config) != 0)
			return error_no_memory(err);
		fputs(out.data, stdout);
	}
	return 0;
}

int alerts_history(const char *config_path, int argc, char **argv)
{
	argc = commands_options(NULL, 0, argc, argv);
	if (argc < 2 || argc > 4)
		return alerts_usage("history");
	struct request request = { 0, argv[1], argc > 2 ? argv[2] : NULL,
		argc > 3 ? argv[3] : NULL };
	bool is_number = argv[1][strspn(argv[1], "0123456789")] == 0;
	if (argc == 2 && is_number && !alerts_read_id(argv[1], &request.id))
		return EX_USAGE;
	struct alerts a CLEANUP(alerts_finish) = { 0 };
	struct event_set set CLEANUP(event_set_finish) = { 0 };
	struct error err;
	int status = alerts_open(&a, config_path);
	if (status != EX_OK)
		return status;
	if (read_events(&a, &request, &set, &err) != 0 || print(&a, &set, &err) != 0)
		return alerts_failed(&err);
	if (set.count == 0)
		log_error(
			"nothing is known of that: no such alert, or longer ago than what is kept");
	return set.count == 0 ? EX_DATAERR : EX_OK;
}
