#include "lib/alerts/book.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buffer.h"

static int compare_clients(const void *a, const void *b)
{
	const struct book_client *x = a, *y = b;
	return strcmp(x->name, y->name);
}

struct book_client *book_client(struct book *b, const char *name)
{
	struct book_client key = { .name = name };
	return bsearch(&key, b->clients, b->count, sizeof key, compare_clients);
}

/* Sorts by name and merges entries of one name, keeping the one with a configuration. */
static void sort_clients(struct book *b)
{
	qsort(b->clients, b->count, sizeof *b->clients, compare_clients);
	size_t kept = 0;
	for (size_t i = 0; i < b->count; i++) {
		struct book_client *last = kept ? &b->clients[kept - 1] : NULL;
		if (!last || strcmp(last->name, b->clients[i].name) != 0)
			b->clients[kept++] = b->clients[i];
		else if (!last->config)
			last->config = b->clients[i].config;
	}
	b->count = kept;
}

static int compare_rows(const void *a, const void *b)
{
	const struct alert *x = a, *y = b;
	int order = strcmp(x->rule, y->rule);
	return order != 0 ? order : strcmp(x->instance, y->instance);
}

static int put_row(struct book *b, struct book_client *c, const struct alert *row)
{
	if (c->count == c->size) {
		size_t size = c->size ? c->size * 2 : 4;
		struct alert **alerts = reallocarray(c->alerts, size, sizeof(struct alert *));
		if (!alerts)
			return -1;
		c->alerts = alerts;
		c->size = size;
	}
	struct alert *kept = arena_alloc(b->pool, sizeof *kept);
	if (!kept)
		return -1;
	*kept = *row;
	if (!tsearch(kept, &c->index, compare_rows))
		return -1;
	c->alerts[c->count++] = kept;
	return 0;
}

static void remove_row(struct book_client *c, struct alert *row)
{
	size_t i = 0;
	while (c->alerts[i] != row)
		i++;
	(void)tdelete(row, &c->index, compare_rows);
	c->alerts[i] = c->alerts[--c->count];
}

int book_init(struct book *b, const struct config *config, const struct alert_set *rows,
	struct arena *pool, struct error *err)
{
	*b = (struct book){ .config = config, .pool = pool };
	size_t most = config->client_count + rows->count + 1;
	b->clients = calloc(most, sizeof *b->clients);
	if (!b->clients)
		return error_set(err, "out of memory");
	b->clients[b->count++].name = "";
	for (size_t i = 0; i < config->client_count; i++)
		b->clients[b->count++] = (struct book_client){
			.name = config->clients[i].name,
			.config = &config->clients[i],
		};
	for (size_t i = 0; i < rows->count; i++)
		b->clients[b->count++].name = rows->items[i].client;
	sort_clients(b);
	for (size_t i = 0; i < rows->count; i++)
		if (put_row(b, book_client(b, rows->items[i].client), &rows->items[i]) < 0)
			return error_set(err, "out of memory");
	return 0;
}

/* The index does not own the rows. */
static void keep_row(void *row)
{
	(void)row;
}

void book_finish(struct book *b)
{
	for (size_t i = 0; i < b->count; i++) {
		free(b->clients[i].alerts);
		tdestroy(b->clients[i].index, keep_row);
	}
	free(b->clients);
	free(b->moves);
	*b = (struct book){ 0 };
}

struct alert *book_find(const struct book_client *c, const char *rule, const char *instance)
{
	struct alert key = { .rule = rule, .instance = instance };
	struct alert *const *found = tfind(&key, &c->index, compare_rows);
	return found ? *found : NULL;
}

/* The addresses of an event that opens. What would be told to nobody goes to those who look
 * after the fleet as a whole. */
static const char *join_recipients(struct book *b, const char *const *list)
{
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	if (!list || !list[0])
		list = b->config->alerter.mail;
	for (; list && *list; list++)
		if (buffer_printf(&text, "%s%s", text.len ? "\n" : "", *list) < 0)
			return NULL;
	return pool_text(b->pool, text.data ? text.data : "");
}

static bool opens(enum event_kind kind)
{
	return kind == EVENT_FIRING || kind == EVENT_LATE;
}

static struct event *make_event(struct book *b, const struct alert *a, enum event_kind kind)
{
	struct event *e = arena_alloc(b->pool, sizeof *e);
	if (!e)
		return NULL;
	*e = (struct event){
		.kind = kind,
		.at = a->as_of,
		.client = a->client,
		.rule = a->rule,
		.instance = a->instance,
		.severity = a->severity,
		.value = a->value,
		.limit = a->limit,
		.since = a->since,
		.last_good_at = a->last_good_at,
		.opened_event = opens(kind) ? 0 : a->opened_event,
		.text = a->text,
		.recipients = a->recipients,
	};
	return e;
}

static struct transition *next_move(struct book *b)
{
	if (b->move_count == b->move_size) {
		size_t size = b->move_size ? b->move_size * 2 : 64;
		struct transition *moves = reallocarray(b->moves, size, sizeof *moves);
		if (!moves)
			return NULL;
		b->moves = moves;
		b->move_size = size;
	}
	return &b->moves[b->move_count];
}

static int store_row(
	struct book *b, struct book_client *c, struct alert *row, const struct transition *move)
{
	if (!row)
		return move->remove ? 0 : put_row(b, c, &move->alert);
	if (move->remove)
		remove_row(c, row);
	else
		*row = move->alert;
	return 0;
}

int book_move(struct book *b, struct book_client *c, const char *rule, const struct verdict *v,
	const char *const *recipients, const char *text, struct error *err)
{
	if (v->row == ROW_KEEP)
		return 0;
	struct alert *row = book_find(c, rule, v->alert.instance);
	struct alert a = v->alert;
	a.client = c->name;
	a.rule = row ? row->rule : pool_text(b->pool, rule);
	a.text = text ? pool_text(b->pool, text) : row ? row->text : "";
	a.instance = row ? row->instance : pool_text(b->pool, a.instance);
	if (v->tell && opens(v->kind))
		a.recipients = join_recipients(b, recipients);
	else if (!a.recipients)
		a.recipients = "";
	struct transition *move = next_move(b);
	if (!move || !a.rule || !a.instance || !a.recipients || !a.text)
		return error_set(err, "out of memory");
	struct event *event = v->tell ? make_event(b, &a, v->kind) : NULL;
	if (v->tell && !event)
		return error_set(err, "out of memory");
	*move = (struct transition){ a, v->row == ROW_REMOVE, event };
	if (store_row(b, c, row, move) < 0)
		return error_set(err, "out of memory");
	b->move_count++;
	return 0;
}

void book_forget_moves(struct book *b)
{
	b->move_count = 0;
}
