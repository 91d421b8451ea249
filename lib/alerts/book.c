#include "lib/alerts/book.h"

#include <assert.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/bind.h"
#include "lib/alerts/recipients.h"
#include "lib/alerts/step.h"
#include "lib/array.h"

/* ---- clients ------------------------------------------------------------------------------ */

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

/* ---- rows --------------------------------------------------------------------------------- */

static int compare_rows(const void *a, const void *b)
{
	const struct alert *x = a, *y = b;
	int order = strcmp(x->rule, y->rule);
	return order != 0 ? order : strcmp(x->instance, y->instance);
}

struct book_row *book_row(const struct book_client *c, const char *rule, const char *instance)
{
	struct alert key = { .rule = rule, .instance = instance };
	struct book_row *const *found = tfind(&key, &c->index, compare_rows);
	return found ? *found : NULL;
}

struct alert *book_find(const struct book_client *c, const char *rule, const char *instance)
{
	struct book_row *row = book_row(c, rule, instance);
	return row ? &row->alert : NULL;
}

void book_set_rule(struct book_client *c, const struct rule *rule, const char *instance)
{
	struct book_row *row = book_row(c, rule->key, instance);
	if (row)
		row->rule = rule;
}

static void free_row(struct book_row *row)
{
	free(row->text);
	free(row->recipients);
	free(row->held);
	free(row);
}

/* The rows of a client that are looked for with every sample. */
static void set_shortcut(struct book_client *c, const char *rule, struct book_row *row)
{
	if (strcmp(rule, RULE_LAST_GOOD) == 0)
		c->good = row;
	else if (strcmp(rule, RULE_UNREACHABLE) == 0)
		c->down = row;
	else if (strcmp(rule, RULE_HOST_KEY) == 0)
		c->host_key = row;
}

static int add_row(struct book_client *c, struct book_row *row)
{
	struct book_row **rows =
		array_reserve(c->rows, c->count + 1, &c->size, sizeof(struct book_row *));
	if (!rows)
		return -1;
	c->rows = rows;
	if (!tsearch(row, &c->index, compare_rows))
		return -1;
	row->place = c->count;
	c->rows[c->count++] = row;
	set_shortcut(c, row->alert.rule, row);
	return 0;
}

/* One that was stored before; its texts outlive it. */
static int load_row(struct book_client *c, const struct alert *alert)
{
	struct book_row *row = calloc(1, sizeof *row);
	if (!row)
		return -1;
	row->alert = *alert;
	row->is_stored = true;
	if (add_row(c, row) == 0)
		return 0;
	free_row(row);
	return -1;
}

static struct book_row *make_row(struct book_client *c, const char *rule, const char *instance)
{
	size_t rule_size = strlen(rule) + 1, instance_size = strlen(instance) + 1;
	struct book_row *row = calloc(1, sizeof *row + rule_size + instance_size);
	if (!row)
		return NULL;
	memcpy(row->names, rule, rule_size);
	memcpy(row->names + rule_size, instance, instance_size);
	row->alert = (struct alert){ .client = c->name,
		.rule = row->names,
		.instance = row->names + rule_size,
		.recipients = "",
		.text = "",
		.held = "" };
	if (add_row(c, row) == 0)
		return row;
	free_row(row);
	return NULL;
}

/* Moves may still point to it. */
static void retire_row(struct book *b, struct book_client *c, struct book_row *row)
{
	struct book_row *last = c->rows[--c->count];
	(void)tdelete(row, &c->index, compare_rows);
	c->rows[row->place] = last;
	last->place = row->place;
	set_shortcut(c, row->alert.rule, NULL);
	row->is_gone = true;
	row->next_gone = b->gone;
	b->gone = row;
}

/* ---- the book ----------------------------------------------------------------------------- */

int book_init(struct book *b, const struct config *config, const struct alert_set *rows,
	struct error *err)
{
	*b = (struct book){ .config = config };
	size_t most = config->client_count + rows->count + 1;
	b->clients = calloc(most, sizeof *b->clients);
	if (!b->clients)
		return error_no_memory(err);
	b->clients[b->count++].name = "";
	for (size_t i = 0; i < config->client_count; i++)
		b->clients[b->count++] = (struct book_client){
			.name = config->clients[i].name,
			.config = &config->clients[i],
		};
	for (size_t i = 0; i < rows->count; i++)
		b->clients[b->count++].name = rows->items[i].client;
	sort_clients(b);
	for (size_t i = 0; i < rows->count; i++) {
		if (load_row(book_client(b, rows->items[i].client), &rows->items[i]) < 0)
			return error_no_memory(err);
		if (rows->items[i].as_of_id > b->newest_id)
			b->newest_id = rows->items[i].as_of_id;
	}
	return 0;
}

static void free_gone(struct book *b)
{
	for (struct book_row *row; (row = b->gone);) {
		b->gone = row->next_gone;
		free_row(row);
	}
}

/* The index does not own the rows. */
static void keep_row(void *row)
{
	(void)row;
}

static void finish_client(struct book_client *c)
{
	tdestroy(c->index, keep_row);
	for (size_t i = 0; i < c->count; i++)
		free_row(c->rows[i]);
	free(c->rows);
	free(c->watches);
	free(c->seen);
	free(c->ranks);
	free(c->quieting);
}

void book_finish(struct book *b)
{
	for (size_t i = 0; i < b->count; i++)
		finish_client(&b->clients[i]);
	free_gone(b);
	free(b->clients);
	free(b->moves);
	free(b->dirty);
	arena_finish(&b->pool);
	*b = (struct book){ 0 };
}

/* ---- moves -------------------------------------------------------------------------------- */

static bool opens(enum event_kind kind)
{
	return kind == EVENT_FIRING || kind == EVENT_LATE;
}

static struct event *make_event(struct book *b, const struct alert *a, const struct verdict *v)
{
	struct event *e = arena_alloc(&b->pool, sizeof *e);
	if (!e)
		return NULL;
	*e = alert_event(a, v->kind);
	if (v->at)
		e->at = v->at;
	if (opens(v->kind))
		e->opened_event = 0;
	if (v->text)
		e->text = pool_text(&b->pool, v->text);
	if (v->to)
		e->recipients = v->to;
	e->held = v->held;
	return e->text ? e : NULL;
}

static struct transition *next_move(struct book *b)
{
	struct transition *moves =
		array_reserve(b->moves, b->move_count + 1, &b->move_size, sizeof *moves);
	if (!moves)
		return NULL;
	b->moves = moves;
	return &b->moves[b->move_count];
}

/* The texts of the row may change before the move is stored. */
static int add_move(struct book *b, const struct book_row *row, const struct verdict *v)
{
	struct transition *move = next_move(b);
	struct alert a = row->alert;
	a.text = pool_text(&b->pool, a.text);
	a.recipients = pool_text(&b->pool, a.recipients);
	a.held = pool_text(&b->pool, a.held);
	if (!move || !a.text || !a.recipients || !a.held)
		return -1;
	struct event *event = v->tell ? make_event(b, &a, v) : NULL;
	if (v->tell && !event)
		return -1;
	*move = (struct transition){ a, v->row == ROW_REMOVE, event };
	b->move_count++;
	return 0;
}

static int mark_dirty(struct book *b, struct book_row *row)
{
	if (row->is_dirty)
		return 0;
	struct book_row **dirty = array_reserve(
		b->dirty, b->dirty_count + 1, &b->dirty_size, sizeof(struct book_row *));
	if (!dirty)
		return -1;
	b->dirty = dirty;
	b->dirty[b->dirty_count++] = row;
	row->is_dirty = true;
	return 0;
}

int book_flush(struct book *b, struct error *err)
{
	const struct verdict write = { .row = ROW_WRITE };
	for (size_t i = 0; i < b->dirty_count; i++) {
		struct book_row *row = b->dirty[i];
		if (row->is_dirty && !row->is_gone && add_move(b, row, &write) < 0)
			return error_no_memory(err);
		row->is_dirty = false;
		row->is_stored = true;
	}
	b->dirty_count = 0;
	return 0;
}

void book_forget_moves(struct book *b)
{
	assert(b->dirty_count == 0);
	b->move_count = 0;
	free_gone(b);
	arena_finish(&b->pool);
}

/* ---- one move ----------------------------------------------------------------------------- */

static int set_text(const char **field, char **own, const char *text)
{
	if (*field && strcmp(*field, text) == 0)
		return 0;
	char *copy = strdup(text);
	if (!copy)
		return -1;
	free(*own);
	*field = *own = copy;
	return 0;
}

/* Those an opening goes to, or those of before and further ones. What would be told to nobody
 * goes to those who look after the fleet as a whole. */
static const char *find_recipients(struct book *b, const struct book_row *row,
	const struct verdict *v, const char *const *list)
{
	if (v->tell && (v->kind == EVENT_ESCALATED || v->to))
		return recipients_join(&b->pool, row->alert.recipients, list);
	if (!v->tell || !opens(v->kind))
		return row->alert.recipients ? row->alert.recipients : "";
	return recipients_join(&b->pool, "", list && list[0] ? list : b->config->alerter.mail);
}

/* The verdict's alert, with the texts that the row keeps. */
static int set_row(struct book *b, struct book_row *row, const struct verdict *v,
	const char *const *list, const char *text)
{
	const char *recipients = find_recipients(b, row, v, list);
	struct alert a = v->alert;
	const char *held = a.held ? a.held : "";
	const struct alert *old = &row->alert;
	a.client = old->client;
	a.rule = old->rule;
	a.instance = old->instance;
	a.text = old->text;
	a.recipients = old->recipients;
	a.held = old->held;
	row->alert = a;
	if (!recipients || set_text(&row->alert.recipients, &row->recipients, recipients) < 0 ||
		set_text(&row->alert.held, &row->held, held) < 0)
		return -1;
	return text ? set_text(&row->alert.text, &row->text, text) : 0;
}

static int move_row(
	struct book *b, struct book_client *c, struct book_row *row, const struct verdict *v)
{
	if (!v->tell && v->row == ROW_WRITE)
		return mark_dirty(b, row);
	bool is_known = row->is_stored || v->tell;
	if (is_known && add_move(b, row, v) < 0)
		return -1;
	row->is_dirty = false;
	row->is_stored = true;
	if (v->row == ROW_REMOVE)
		retire_row(b, c, row);
	return 0;
}

int book_move(struct book *b, struct book_client *c, const char *rule, const struct verdict *v,
	const char *const *recipients, const char *text, struct error *err)
{
	struct verdict own = *v;
	if (v->row == ROW_KEEP)
		return 0;
	/* It may be the row's, which is about to be another. */
	own.held = v->tell ? pool_text(&b->pool, v->held ? v->held : "") : "";
	struct book_row *row = book_row(c, rule, v->alert.instance);
	if (!row)
		row = make_row(c, rule, v->alert.instance);
	if (!own.held || !row)
		return error_no_memory(err);
	bind_uncount(c, &row->alert);
	if (set_row(b, row, &own, recipients, text) < 0)
		return error_no_memory(err);
	bind_count(c, &row->alert);
	return move_row(b, c, row, &own) < 0 ? error_no_memory(err) : 0;
}
