#include "lib/alerts/compose.h"

#include <stdlib.h>
#include <string.h>

#include "lib/alerts/letter.h"
#include "lib/alerts/quiet.h"
#include "lib/alerts/telling.h"
#include "lib/send/payload.h"

struct job {
	const struct compose_input *in;
	struct arena *pool;
	struct error *err;
	struct letters letters;
	struct deferral *done, *deferred;
	size_t done_count, deferred_count;
};

/* One recipient with all there is to tell. */
struct party {
	struct recipient to;
	const struct telling *tellings; /* by event */
	size_t count;
	struct story *stories;
	size_t story_count;
};

/* ---- what waits ------------------------------------------------------------------------- */

/* The first telling of this event; more may follow. */
static const struct telling *find_telling(const struct party *p, const struct event *e)
{
	size_t low = 0, high = p->count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (p->tellings[middle].event->id < e->id)
			low = middle + 1;
		else
			high = middle;
	}
	return &p->tellings[low];
}

/* On the way through the tellings of a story. */
struct cursor {
	size_t event;
	const struct telling *at; /* NULL: before the first of that event */
};

/* NULL after the last. */
static const struct telling *next_telling(
	const struct party *p, const struct story *s, struct cursor *c)
{
	for (; c->event < s->count; c->event++, c->at = NULL) {
		const struct event *e = s->events[c->event];
		c->at = c->at ? c->at + 1 : find_telling(p, e);
		if (c->at < p->tellings + p->count && c->at->event->id == e->id)
			return c->at;
	}
	return NULL;
}

static bool is_due(const struct job *j, const struct telling *t)
{
	return !t->deferred || storage_is_due(t->deferred, j->in->now);
}

static bool story_is_due(const struct job *j, const struct party *p, const struct story *s)
{
	struct cursor c = { 0 };
	for (const struct telling *t; (t = next_telling(p, s, &c));)
		if (is_due(j, t))
			return true;
	return false;
}

static void add_done(struct job *j, const struct telling *t)
{
	const struct deferred_event *d = t->deferred;
	if (d)
		j->done[j->done_count++] =
			(struct deferral){ d->event.id, d->recipient, d->due_at };
}

/* What waits already, until later, goes on to: in the row that it has. */
static void put_off(struct job *j, const struct party *p, const struct story *s, int64_t until)
{
	struct cursor c = { 0 };
	for (const struct telling *t; (t = next_telling(p, s, &c));) {
		if (is_due(j, t))
			j->deferred[j->deferred_count++] = (struct deferral){ t->event->id,
				t->deferred ? t->deferred->recipient : t->name, until };
	}
}

static bool has_waited(const struct party *p, const struct story *s)
{
	struct cursor c = { 0 };
	for (const struct telling *t; (t = next_telling(p, s, &c));)
		if (t->deferred)
			return true;
	return false;
}

/* What the message tells waits no more. Returns how many stories those were. */
static size_t take(
	struct job *j, const struct party *p, const struct story *stories, struct notification *n)
{
	size_t count = 0, before = j->done_count;
	for (size_t events = 0; events < n->event_count; events += stories[count++].count) {
		struct cursor c = { 0 };
		for (const struct telling *t; (t = next_telling(p, &stories[count], &c));)
			add_done(j, t);
	}
	n->done_count = j->done_count - before;
	return count;
}

/* The same of the messages since `first`, which tell these stories in their order. */
static void take_all(struct job *j, const struct party *p, size_t first)
{
	const struct story *next = p->stories;
	for (size_t i = first; i < j->letters.count; i++)
		next += take(j, p, next, &j->letters.items[i]);
}

/* ---- who is told now -------------------------------------------------------------------- */

/* Keeps the stories that may be told now, when one of them is due: what waits for room goes
 * along with the first that has it. */
static void keep_due(struct job *j, struct party *p)
{
	int64_t quiet = quiet_until(&p->to, j->in->now);
	size_t kept = 0;
	bool any = false;
	for (size_t i = 0; i < p->story_count; i++) {
		const struct story *s = &p->stories[i];
		if (quiet > 0 && !s->critical) {
			put_off(j, p, s, quiet);
			continue;
		}
		any = any || story_is_due(j, p, s);
		p->stories[kept++] = *s;
	}
	p->story_count = any ? kept : 0;
}

static int compare_urgency(const void *a, const void *b)
{
	const struct story *x = a, *y = b;
	if (x->critical != y->critical)
		return x->critical ? -1 : 1;
	return (x->events[0]->id > y->events[0]->id) - (x->events[0]->id < y->events[0]->id);
}

/* A digest has room for everything. Where there is none, what is critical does not ask for room. */
static bool has_room(
	const struct story *s, bool is_single, size_t kept, uint64_t room, bool critical_only)
{
	if (is_single)
		return s->critical || (!critical_only && kept < room);
	return room > 0 && (s->critical || !critical_only);
}

/* Keeps what there is room for. */
static void keep_room(struct job *j, struct party *p, uint64_t room, bool critical_only)
{
	size_t kept = 0;
	bool is_single = payload_is_single(&p->to);
	if (p->story_count > 1 && is_single && p->story_count > room)
		qsort(p->stories, p->story_count, sizeof *p->stories, compare_urgency);
	for (size_t i = 0; i < p->story_count; i++) {
		const struct story *s = &p->stories[i];
		if (has_room(s, is_single, kept, room, critical_only))
			p->stories[kept++] = *s;
		else
			put_off(j, p, s, j->in->now + QUIET_RETRY_MS);
	}
	p->story_count = kept;
}

static const char *make_note(const struct job *j, const struct party *p)
{
	return pool_printf(j->pool,
		"This makes %u messages within an hour. What follows is gathered until there is "
		"room; what is critical, %s.",
		(unsigned)p->to.per_hour,
		payload_is_single(&p->to) ? "never" : "for five minutes at most");
}

static int tell(struct job *j, struct party *p, uint64_t room)
{
	size_t count = p->story_count;
	bool digest = count > COMPOSE_SINGLE_MAX || count > room;
	const char *note = make_note(j, p);
	size_t first = j->letters.count;
	int result = 0;
	if (!note)
		return error_no_memory(j->err);
	if (digest && !payload_is_single(&p->to))
		result = letter_digest(
			&j->letters, &p->to, p->stories, count, room == 1 ? note : NULL);
	else
		for (size_t i = 0; i < count && result == 0; i++)
			result = letter_single(&j->letters, &p->to, &p->stories[i],
				i + 1 == room ? note : NULL, has_waited(p, &p->stories[i]));
	take_all(j, p, first);
	return result;
}

static int find_room(
	const struct job *j, const struct party *p, uint64_t *ret_room, bool *ret_critical_only)
{
	const struct compose_ask *ask = &j->in->ask;
	struct told_before told = { 0 };
	int64_t now = j->in->now;
	if (ask->count && quiet_is_limited(&p->to) &&
		(ask->count(ask->arg, p->to.name, now - QUIET_HOUR_MS, now, &told.hour, j->err) <
				0 ||
			ask->count(ask->arg, p->to.name, now - QUIET_RETRY_MS, now, &told.lately,
				j->err) < 0))
		return -1;
	*ret_room = quiet_room(&p->to, &told, ret_critical_only);
	return 0;
}

/* The stories of a recipient. An event may wait twice, under two names that mean the same now. */
static int gather(struct job *j, struct party *p)
{
	size_t n = 0;
	const struct event **events = arena_alloc(j->pool, p->count * sizeof *events);
	if (!events)
		return error_no_memory(j->err);
	for (size_t i = 0; i < p->count; i++)
		if (n == 0 || events[n - 1]->id != p->tellings[i].event->id)
			events[n++] = p->tellings[i].event;
	return story_gather(events, n, j->pool, &p->stories, &p->story_count) < 0
		       ? error_no_memory(j->err)
		       : 0;
}

/* Everything for one recipient. */
static int compose_party(struct job *j, const struct telling *tellings, size_t count)
{
	struct party p = { config_recipient(j->in->config, tellings->name), tellings, count, NULL,
		0 };
	uint64_t room = 0;
	bool critical_only = false;
	p.to.name = tellings->name;
	if (gather(j, &p) < 0)
		return -1;
	keep_due(j, &p);
	if (p.story_count == 0)
		return 0;
	if (find_room(j, &p, &room, &critical_only) < 0)
		return -1;
	keep_room(j, &p, room, critical_only);
	return p.story_count > 0 ? tell(j, &p, room) : 0;
}

/* ---- all of it -------------------------------------------------------------------------- */

static int make_room(struct job *j, size_t count)
{
	j->letters.items = arena_alloc(j->pool, (count + 1) * sizeof *j->letters.items);
	j->done = arena_alloc(j->pool, (j->in->deferred_count + 1) * sizeof *j->done);
	j->deferred = arena_alloc(j->pool, (count + 1) * sizeof *j->deferred);
	return j->letters.items && j->done && j->deferred ? 0 : error_no_memory(j->err);
}

static int compose_all(struct job *j, const struct telling *t, size_t count)
{
	for (size_t from = 0, to; from < count; from = to) {
		to = from;
		while (to < count && strcmp(t[to].name, t[from].name) == 0)
			to++;
		if (compose_party(j, t + from, to - from) < 0)
			return -1;
	}
	return 0;
}

static int finish(const struct job *j, struct composed *ret_composed)
{
	const struct compose_input *in = j->in;
	uint64_t *events = arena_alloc(j->pool, (in->count + 1) * sizeof *events);
	if (!events)
		return error_no_memory(j->err);
	for (size_t i = 0; i < in->count; i++)
		events[i] = in->events[i].id;
	*ret_composed = (struct composed){
		.items = j->letters.items,
		.count = j->letters.count,
		.events = events,
		.event_count = in->count,
		.done = j->done,
		.done_count = j->done_count,
		.deferred = j->deferred,
		.deferred_count = j->deferred_count,
	};
	return 0;
}

int compose(const struct compose_input *in, struct arena *pool, struct composed *ret_composed,
	struct error *err)
{
	struct job j = {
		.in = in,
		.pool = pool,
		.err = err,
		.letters = { .in = in, .pool = pool, .err = err },
	};
	size_t count = 0;
	const struct telling *tellings = tellings_gather(in, pool, &count);
	if (!tellings || make_room(&j, count) < 0)
		return error_no_memory(j.err);
	if (compose_all(&j, tellings, count) < 0)
		return -1;
	return finish(&j, ret_composed);
}
