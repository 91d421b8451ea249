/*
 * Who is called what, and who is reached through whom. Clients and <jump>s share their names.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"

struct index {
	struct client **items; /* by name */
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	const struct client *const *x = a;
	const struct client *const *y = b;
	int order = strcmp((*x)->name, (*y)->name);
	return order ? order : (*x > *y) - (*x < *y);
}

static int compare_name(const void *name, const void *machine)
{
	return strcmp(name, (*(struct client *const *)machine)->name);
}

static int make_index(
	struct load *load, struct client *clients, struct client *jumps, struct index *ret_index)
{
	const struct config *config = load->config;
	size_t count = config->client_count + config->jump_count;
	struct client **items = arena_alloc(&load->scratch, (count + 1) * sizeof *items);
	if (!items)
		return -1;
	for (size_t i = 0; i < count; i++)
		items[i] =
			i < config->client_count ? &clients[i] : &jumps[i - config->client_count];
	qsort(items, count, sizeof *items, by_name);
	*ret_index = (struct index){ items, count };
	return 0;
}

static void check_names(struct load *load, const struct index *index)
{
	for (size_t i = 1; i < index->count; i++) {
		const struct client *one = index->items[i - 1], *other = index->items[i];
		if (strcmp(one->name, other->name) == 0 && other->name[0])
			complain_at(load, other->file, other->line,
				"client \"%s\" is there already, at %s:%d; write another "
				"name=\"…\"",
				other->name, one->file, one->line);
	}
}

/* As config_client() looks them up. */
static int keep_clients(struct load *load, const struct index *index)
{
	struct config *config = load->config;
	const struct client **kept =
		arena_alloc(load->result, (config->client_count + 1) * sizeof *kept);
	size_t count = 0;
	if (!kept)
		return -1;
	for (size_t i = 0; i < index->count; i++)
		if (index->items[i] >= config->clients &&
			index->items[i] < config->clients + config->client_count)
			kept[count++] = index->items[i];
	config->clients_by_name = kept;
	return 0;
}

/* ---- jump hosts --------------------------------------------------------------------------- */

/* What a group says stands in all its clients, and is a mistake but once. */
static void find_jumps(struct load *load, const struct index *index)
{
	const char *told = "";
	for (size_t i = 0; i < index->count; i++) {
		struct client *c = index->items[i];
		if (!c->jump_name[0])
			continue;
		struct client **found = bsearch(c->jump_name, index->items, index->count,
			sizeof *index->items, compare_name);
		c->jump = found ? *found : NULL;
		if (found || c->jump_name == told)
			continue;
		told = c->jump_name;
		complain_at(load, c->file, c->line,
			"jump=\"%s\": nobody is called so; write the name of a client, or add "
			"<jump name=\"%s\" ip=\"…\"/>",
			c->jump_name, c->jump_name);
	}
}

/* The first client of a circle that the way from `c` leads to, or NULL. */
static const struct client *find_circle(const struct client *c, size_t count)
{
	const struct client *at = c;
	for (size_t i = 0; i < count && at; i++)
		at = at->jump;
	if (!at)
		return NULL;
	const struct client *first = at;
	for (const struct client *next = at->jump; next != at; next = next->jump)
		if (next < first)
			first = next;
	return first;
}

/* Told at each of a circle, so that every line of it is named; who only leads into one is not at
 * fault. */
static void complain_circle(struct load *load, const struct client *c, const struct client *first)
{
	const struct client *at = first;
	do
		at = at->jump;
	while (at != c && at != first);
	if (at != c)
		return;
	complain_at(load, c->file, c->line,
		"jump=\"%s\" leads in a circle: that is at %s:%d, and comes back here by its own "
		"jump=\"%s\"; leave one of them out, or write jump=\"\"",
		c->jump_name, c->jump->file, c->jump->line, c->jump->jump_name);
}

static void check_ways(struct load *load, const struct index *index)
{
	for (size_t i = 0; i < index->count; i++) {
		const struct client *c = index->items[i];
		size_t steps = 0;
		for (const struct client *at = c->jump; at && steps <= CONFIG_JUMPS_MAX; steps++)
			at = at->jump;
		if (steps <= CONFIG_JUMPS_MAX)
			continue;
		const struct client *first = find_circle(c, index->count);
		if (first)
			complain_circle(load, c, first);
		else
			complain_at(load, c->file, c->line,
				"it is reached through more than %d jump hosts, beginning with "
				"jump=\"%s\"; leave some of them out",
				CONFIG_JUMPS_MAX, c->jump_name);
	}
}

int load_jumps(struct load *load, struct client *clients, struct client *jumps)
{
	struct index index;
	if (make_index(load, clients, jumps, &index) < 0)
		return -1;
	check_names(load, &index);
	find_jumps(load, &index);
	check_ways(load, &index);
	return keep_clients(load, &index);
}
