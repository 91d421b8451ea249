#include "lib/alerts/bind.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/hold.h"
#include "lib/alerts/holder.h"
#include "lib/array.h"

enum { RANK_MAX = 8 }; /* rules that keep each other quiet in a circle end here */

/* ---- metrics ------------------------------------------------------------------------------ */

static int compare_names(const void *a, const void *b)
{
	const char *const *x = a;
	const char *const *y = b;
	return strcmp(*x, *y);
}

static size_t gather_types(const struct client *c, const char **out)
{
	size_t count = 0;
	for (const struct rule *const *rule = c->rules; *rule; rule++)
		if ((*rule)->type[0])
			out[count++] = (*rule)->type;
	return count;
}

static size_t drop_doubles(const char **names, size_t count)
{
	size_t kept = 0;
	qsort(names, count, sizeof *names, compare_names);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
			names[kept++] = names[i];
	return kept;
}

/* Most clients share their list of rules with the one before. */
static bool adds_rules(const struct config *config, size_t i)
{
	return i == 0 || config->clients[i].rules != config->clients[i - 1].rules;
}

const char **bind_metrics(const struct config *config)
{
	size_t most = 1, count = 0;
	for (size_t i = 0; i < config->client_count; i++)
		for (size_t k = 0; adds_rules(config, i) && config->clients[i].rules[k]; k++)
			most++;
	const char **names = calloc(most, sizeof *names);
	if (!names)
		return NULL;
	for (size_t i = 0; i < config->client_count; i++)
		if (adds_rules(config, i))
			count += gather_types(&config->clients[i], names + count);
	names[drop_doubles(names, count)] = NULL;
	return names;
}

/* ---- a client's rules --------------------------------------------------------------------- */

static bool is_named(const struct rule *rule, const char *const *names)
{
	for (; names && *names; names++)
		if (rule_is_called(rule->key, *names))
			return true;
	return false;
}

/* One more than that of every rule that can keep it quiet. */
static uint32_t find_rank(const struct book_client *c, const struct rule *rule)
{
	uint32_t rank = 0;
	for (size_t i = 0; c->config->rules[i]; i++)
		if (c->config->rules[i] != rule && is_named(c->config->rules[i], rule->unless) &&
			rank < c->ranks[i] + 1)
			rank = c->ranks[i] + 1;
	return rank < RANK_MAX ? rank : RANK_MAX;
}

static void rank_rules(struct book_client *c)
{
	bool changed = true;
	for (unsigned round = 0; changed && round < RANK_MAX; round++) {
		changed = false;
		for (size_t i = 0; c->config->rules[i]; i++) {
			uint32_t rank = find_rank(c, c->config->rules[i]);
			changed = changed || rank != c->ranks[i];
			c->ranks[i] = rank;
			c->max_rank = rank > c->max_rank ? rank : c->max_rank;
		}
	}
}

uint32_t bind_rank(const struct book_client *c, const struct rule *rule)
{
	for (size_t i = 0; c->ranks && c->config->rules[i]; i++)
		if (c->config->rules[i] == rule)
			return c->ranks[i];
	return 0;
}

/* Which of the client's rules has this key; their number when none does. */
static size_t find_index(const struct client *client, const char *key)
{
	size_t i = 0;
	while (client->rules[i] && strcmp(client->rules[i]->key, key) != 0)
		i++;
	return i;
}

void bind_count(struct book_client *c, const struct alert *a)
{
	if (c->quieting && holder_explains(a))
		c->quieting[find_index(c->config, a->rule)]++;
}

void bind_uncount(struct book_client *c, const struct alert *a)
{
	if (c->quieting && holder_explains(a))
		c->quieting[find_index(c->config, a->rule)]--;
}

int bind_client(struct book_client *c)
{
	size_t count = 0;
	if (c->is_bound)
		return 0;
	while (c->config->rules[count])
		count++;
	c->seen = calloc(count + 1, sizeof *c->seen);
	c->ranks = calloc(count + 1, sizeof *c->ranks);
	c->quieting = calloc(count + 1, sizeof *c->quieting);
	if (!c->seen || !c->ranks || !c->quieting)
		return -1;
	rank_rules(c);
	for (size_t i = 0; i < c->count; i++) {
		const struct alert *a = &c->rows[i]->alert;
		c->rows[i]->rule = c->config->rules[find_index(c->config, a->rule)];
		bind_count(c, a);
	}
	c->is_bound = true;
	return 0;
}

/* ---- series ------------------------------------------------------------------------------- */

static bool watches(const struct rule *rule, const struct stored_reading *r)
{
	return strcmp(rule->type, r->metric) == 0 && fnmatch(rule->instance, r->instance, 0) == 0;
}

static int make_room(struct book_client *c, size_t at, size_t count)
{
	struct watch *grown =
		array_reserve(c->watches, c->watch_count + count, &c->watch_size, sizeof *grown);
	if (!grown)
		return -1;
	c->watches = grown;
	memmove(c->watches + at + count, c->watches + at,
		(c->watch_count - at) * sizeof *c->watches);
	c->watch_count += count;
	return 0;
}

static void fill(struct book_client *c, struct watch *w, const struct stored_reading *r)
{
	const struct rule *const *rules = c->config->rules;
	for (uint32_t i = 0; rules[i]; i++) {
		if (!watches(rules[i], r))
			continue;
		bool has_row = rules[i]->kind != RULE_ABSENT; /* that has one for all */
		*w = (struct watch){ r->series, rules[i], i, c->ranks[i],
			has_row ? book_row(c, rules[i]->key, r->instance) : NULL };
		if (w->row)
			w->row->series = r->series;
		w++;
	}
}

static int add_series(struct book_client *c, const struct stored_reading *r, size_t at)
{
	size_t count = 0;
	for (const struct rule *const *rule = c->config->rules; *rule; rule++)
		count += watches(*rule, r);
	if (make_room(c, at, count ? count : 1) < 0)
		return -1;
	if (count == 0)
		c->watches[at] = (struct watch){ .series = r->series };
	else
		fill(c, c->watches + at, r);
	return 0;
}

/* The first watch of a series that is not before it. Nearly always that is where it is begun. */
static size_t find_series(const struct book_client *c, uint64_t series, size_t from)
{
	size_t until = c->watch_count;
	if (from < until && c->watches[from].series >= series)
		return from;
	while (from < until) {
		size_t middle = from + (until - from) / 2;
		if (c->watches[middle].series < series)
			from = middle + 1;
		else
			until = middle;
	}
	return from;
}

int bind_reading(struct book_client *c, const struct stored_reading *r, size_t *at)
{
	bool is_behind = *at > 0 && c->watches[*at - 1].series >= r->series;
	*at = find_series(c, r->series, is_behind ? 0 : *at);
	if (*at < c->watch_count && c->watches[*at].series == r->series)
		return 0;
	return add_series(c, r, *at);
}

void bind_moved(struct book_client *c, struct watch *w, const char *instance)
{
	w->row = book_row(c, w->rule->key, instance);
	if (!w->row)
		return;
	w->row->rule = w->rule;
	w->row->series = w->series;
}

void bind_forget(struct book_client *c, const struct book_row *row)
{
	if (row->series == 0)
		return;
	for (size_t i = find_series(c, row->series, 0);
		i < c->watch_count && c->watches[i].series == row->series; i++)
		if (c->watches[i].row == row)
			c->watches[i].row = NULL;
}
