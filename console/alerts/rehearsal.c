#include "console/alerts/rehearsal.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "lib/alerts/compose.h"
#include "lib/alerts/evaluate.h"
#include "lib/alerts/settle.h"
#include "lib/array.h"

enum { HOUR_MS = 60 * 60 * 1000 };

struct rehearsed_delay {
	struct arena memory; /* of the rest */
	struct deferred_event deferred;
};

struct rehearsed_message {
	char *recipient;
	int64_t at;
};

/* By opened_event and recipient. */
struct thread {
	uint64_t opened_event;
	const char *recipient, *message_id;
	char texts[];
};

int rehearsal_init(struct rehearsal *r, const struct config *config, rehearsal_teller *tell,
	void *tell_arg, struct error *err)
{
	const struct alert_set none = { 0 };
	*r = (struct rehearsal){ .config = config, .tell = tell, .tell_arg = tell_arg };
	return book_init(&r->book, config, &none, err);
}

static void finish_delay(struct rehearsed_delay *d)
{
	struct arena memory = d->memory;
	arena_finish(&memory);
}

void rehearsal_finish(struct rehearsal *r)
{
	book_finish(&r->book);
	tdestroy(r->threads, free);
	for (size_t i = 0; i < r->delay_count; i++)
		finish_delay(&r->delays[i]);
	for (size_t i = 0; i < r->message_count; i++)
		free(r->messages[i].recipient);
	free(r->delays);
	free(r->messages);
	free(r->events);
	arena_finish(&r->pool);
}

/* ---- events, as storage numbers them ------------------------------------------------------ */

static bool copy_text(struct arena *to, const char **text)
{
	*text = *text ? arena_copy(to, *text, strlen(*text)) : "";
	return *text != NULL;
}

static int copy_event(struct arena *to, const struct event *from, struct event *ret_event)
{
	struct event e = *from;
	if (!copy_text(to, &e.client) || !copy_text(to, &e.rule) || !copy_text(to, &e.instance) ||
		!copy_text(to, &e.text) || !copy_text(to, &e.recipients) || !copy_text(to, &e.held))
		return -1;
	*ret_event = e;
	return 0;
}

static void open_alert(struct rehearsal *r, const struct event *e)
{
	struct book_client *c = book_client(&r->book, e->client);
	struct alert *a = c ? book_find(c, e->rule, e->instance) : NULL;
	if (a)
		a->opened_event = e->id;
}

static bool is_same_alert(const struct event *x, const struct event *y)
{
	return strcmp(x->client, y->client) == 0 && strcmp(x->rule, y->rule) == 0 &&
	       strcmp(x->instance, y->instance) == 0;
}

/* One sample can open an alert and end it: then its row never knew by which event. */
static uint64_t find_opening(const struct rehearsal *r, size_t first, const struct event *e)
{
	for (size_t i = r->event_count; i-- > first;)
		if (r->events[i].kind == EVENT_FIRING && is_same_alert(&r->events[i], e))
			return r->events[i].id;
	return e->opened_event;
}

/* `first` is the first of those that moved together with it. */
static int add_event(struct rehearsal *r, size_t first, const struct event *from)
{
	struct event *events =
		array_reserve(r->events, r->event_count + 1, &r->event_size, sizeof *events);
	if (!events)
		return -1;
	r->events = events;
	struct event *e = &events[r->event_count];
	if (copy_event(&r->pool, from, e) != 0)
		return -1;
	e->id = ++r->last_event;
	if (e->kind == EVENT_FIRING || e->kind == EVENT_LATE)
		e->opened_event = e->id;
	else
		e->opened_event = find_opening(r, first, e);
	if (e->kind == EVENT_FIRING)
		open_alert(r, e);
	r->event_count++;
	return 0;
}

/* What moved since the last time. */
static int take_moves(struct rehearsal *r, struct error *err)
{
	size_t first = r->event_count;
	if (book_flush(&r->book, err) != 0)
		return -1;
	for (size_t i = 0; i < r->book.move_count; i++)
		if (r->book.moves[i].event && add_event(r, first, r->book.moves[i].event) != 0)
			return error_no_memory(err);
	book_forget_moves(&r->book);
	return 0;
}

int rehearsal_sample(
	struct rehearsal *r, const struct stored_sample *sample, int64_t now, struct error *err)
{
	if (evaluate_sample(&r->book, sample, now, err) != 0)
		return -1;
	return take_moves(r, err);
}

/* ---- who knows what ----------------------------------------------------------------------- */

static int compare_threads(const void *a, const void *b)
{
	const struct thread *x = a, *y = b;
	if (x->opened_event != y->opened_event)
		return x->opened_event < y->opened_event ? -1 : 1;
	return strcmp(x->recipient, y->recipient);
}

static int first_message(void *arg, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err)
{
	struct rehearsal *r = arg;
	const struct thread key = { .opened_event = opened_event, .recipient = recipient };
	struct thread *const *found = tfind(&key, &r->threads, compare_threads);
	return found && buffer_append_text(out, (*found)->message_id) != 0 ? error_no_memory(err)
									   : 0;
}

static int count_messages(void *arg, const char *recipient, int64_t since, int64_t until,
	uint64_t *ret_count, struct error *err)
{
	const struct rehearsal *r = arg;
	(void)err;
	*ret_count = 0;
	for (size_t i = 0; i < r->message_count; i++)
		*ret_count += r->messages[i].at >= since && r->messages[i].at <= until &&
			      strcmp(r->messages[i].recipient, recipient) == 0;
	return 0;
}

static int remember_thread(
	struct rehearsal *r, uint64_t opened_event, const char *recipient, const char *message_id)
{
	size_t name_size = strlen(recipient) + 1, id_size = strlen(message_id) + 1;
	struct thread *t = malloc(sizeof *t + name_size + id_size);
	if (!t)
		return -1;
	t->opened_event = opened_event;
	t->recipient = memcpy(t->texts, recipient, name_size);
	t->message_id = memcpy(t->texts + name_size, message_id, id_size);
	struct thread *const *kept = tsearch(t, &r->threads, compare_threads);
	if (!kept || *kept != t)
		free(t);
	return kept ? 0 : -1;
}

static void forget_thread(struct rehearsal *r, uint64_t opened_event, const char *recipient)
{
	const struct thread key = { .opened_event = opened_event, .recipient = recipient };
	struct thread *const *found = tfind(&key, &r->threads, compare_threads);
	struct thread *t = found ? *found : NULL;
	if (t)
		(void)tdelete(t, &r->threads, compare_threads);
	free(t);
}

static const struct event *find_event(const struct rehearsal *r, uint64_t id)
{
	for (size_t i = 0; i < r->delay_count; i++)
		if (r->delays[i].deferred.event.id == id)
			return &r->delays[i].deferred.event;
	size_t before = (size_t)(r->last_event - id);
	return before < r->event_count ? &r->events[r->event_count - 1 - before] : NULL;
}

/* Every alert of a message: nothing follows the end of one. */
static int remember_events(struct rehearsal *r, const struct notification *n)
{
	for (size_t i = 0; i < n->event_count; i++) {
		const struct event *e = find_event(r, n->events[i]);
		if (e && remember_thread(r, e->opened_event, n->recipient, n->message_id) != 0)
			return -1;
	}
	for (size_t i = 0; i < n->event_count; i++) {
		const struct event *e = find_event(r, n->events[i]);
		if (e && (e->kind == EVENT_RESOLVED || e->kind == EVENT_CLOSED ||
				 e->kind == EVENT_LATE))
			forget_thread(r, e->opened_event, n->recipient);
	}
	return 0;
}

static int tell(struct rehearsal *r, const struct notification *n, int64_t now)
{
	struct rehearsed_message *messages = array_reserve(
		r->messages, r->message_count + 1, &r->message_size, sizeof *messages);
	char *recipient = messages ? strdup(n->recipient) : NULL;
	if (messages)
		r->messages = messages;
	if (!recipient)
		return -1;
	r->messages[r->message_count++] = (struct rehearsed_message){ recipient, now };
	r->tell(r->tell_arg, now, n);
	return remember_events(r, n);
}

static void forget_messages(struct rehearsal *r, int64_t before)
{
	size_t kept = 0;
	for (size_t i = 0; i < r->message_count; i++)
		if (r->messages[i].at >= before)
			r->messages[kept++] = r->messages[i];
		else
			free(r->messages[i].recipient);
	r->message_count = kept;
}

/* ---- what waits --------------------------------------------------------------------------- */

static int add_delay(struct rehearsal *r, const struct deferral *d)
{
	struct rehearsed_delay *delays =
		array_reserve(r->delays, r->delay_count + 1, &r->delay_size, sizeof *delays);
	if (!delays)
		return -1;
	r->delays = delays;
	const struct event *e = find_event(r, d->event_id);
	struct rehearsed_delay delay = { .deferred = {
						 .recipient = d->recipient, .due_at = d->due_at } };
	if (e && copy_event(&delay.memory, e, &delay.deferred.event) == 0 &&
		copy_text(&delay.memory, &delay.deferred.recipient)) {
		delays[r->delay_count++] = delay;
		return 0;
	}
	finish_delay(&delay);
	return e ? -1 : 0;
}

static bool is_same(const struct rehearsed_delay *delay, const struct deferral *d)
{
	return delay->deferred.event.id == d->event_id &&
	       strcmp(delay->deferred.recipient, d->recipient) == 0;
}

/* Whether it waited already. */
static bool put_off_again(struct rehearsal *r, const struct deferral *d)
{
	for (size_t i = 0; i < r->delay_count; i++)
		if (is_same(&r->delays[i], d)) {
			r->delays[i].deferred.due_at = d->due_at;
			return true;
		}
	return false;
}

static void end_delay(struct rehearsal *r, const struct deferral *d)
{
	for (size_t i = 0; i < r->delay_count; i++)
		if (is_same(&r->delays[i], d)) {
			finish_delay(&r->delays[i]);
			r->delays[i] = r->delays[--r->delay_count];
			return;
		}
}

static int move_delays(struct rehearsal *r, const struct composed *c)
{
	for (size_t i = 0; i < c->deferred_count; i++)
		if (!put_off_again(r, &c->deferred[i]) && add_delay(r, &c->deferred[i]) != 0)
			return -1;
	for (size_t i = 0; i < c->done_count; i++)
		end_delay(r, &c->done[i]);
	return 0;
}

static bool any_due(const struct rehearsal *r, int64_t now)
{
	for (size_t i = 0; i < r->delay_count; i++)
		if (storage_is_due(&r->delays[i].deferred, now))
			return true;
	return false;
}

/* ---- a run -------------------------------------------------------------------------------- */

static int compose_all(struct rehearsal *r, int64_t now, struct error *err)
{
	struct deferred_event *waiting =
		arena_alloc(&r->pool, (r->delay_count + 1) * sizeof *waiting);
	if (!waiting)
		return error_no_memory(err);
	for (size_t i = 0; i < r->delay_count; i++)
		waiting[i] = r->delays[i].deferred;
	const struct compose_input in = {
		.events = r->events,
		.count = r->event_count,
		.deferred = waiting,
		.deferred_count = r->delay_count,
		.config = r->config,
		.now = now,
		.ask = { .first_message = first_message, .count = count_messages, .arg = r },
	};
	struct composed composed;
	if (compose(&in, &r->pool, &composed, err) != 0)
		return -1;
	for (size_t i = 0; i < composed.count; i++)
		if (tell(r, &composed.items[i], now) != 0)
			return error_no_memory(err);
	return move_delays(r, &composed) != 0 ? error_no_memory(err) : 0;
}

int rehearsal_run(struct rehearsal *r, int64_t now, struct error *err)
{
	const struct collector_look collector = { .finished_at = now };
	if (settle(&r->book, &collector, now, err) != 0 || take_moves(r, err) != 0)
		return -1;
	if ((r->event_count > 0 || any_due(r, now)) && compose_all(r, now, err) != 0)
		return -1;
	forget_messages(r, now - HOUR_MS);
	r->event_count = 0;
	arena_finish(&r->pool);
	return 0;
}
