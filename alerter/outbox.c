#include "alerter/outbox.h"

#include "alerter/parts.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	EVENTS_AT_ONCE = 20000,
	DEFERRED_AT_ONCE = 100000, /* they are looked at in every run, also when they are not due */
};

static int first_message(void *arg, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err)
{
	const struct outbox *o = arg;
	return storage_first_message(o->storage, opened_event, recipient, out, err);
}

static int count_notifications(void *arg, const char *recipient, int64_t since, int64_t until,
	uint64_t *ret_count, struct error *err)
{
	const struct outbox *o = arg;
	return storage_count_notifications(o->storage, recipient, since, until, ret_count, err);
}

static int get_history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err)
{
	const struct outbox *o = arg;
	return storage_get_history(
		o->storage, client, metric, instance, from, to, most, ret_points, ret_count, err);
}

static const struct alert *find_alert(void *arg, const struct event *e)
{
	const struct outbox *o = arg;
	const struct book_client *c = book_client(o->book, e->client);
	return c ? book_find(c, e->rule, e->instance) : NULL;
}

struct compose_ask outbox_ask(struct outbox *o)
{
	return (struct compose_ask){ first_message, count_notifications, get_history, find_alert,
		o };
}

static int store_part(struct outbox *o, const struct composed *part, struct error *err)
{
	bool lost = false;
	if (lease_keep(o->lease, err) < 0)
		return -1;
	if (storage_put_composed(o->storage, o->lease->epoch, part, &lost, err) < 0)
		return lost ? lease_lost(err) : -1;
	return 0;
}

static int store(struct outbox *o, const struct composed *composed, struct error *err)
{
	struct parts parts = { .all = composed };
	struct composed part;
	for (bool first = true; parts_next(&parts, &part); first = false) {
		if (!first && *o->stop)
			return 0;
		if (!first)
			parts_yield();
		if (store_part(o, &part, err) < 0)
			return -1;
	}
	return 0;
}

/* What is there to be told. */
struct untold {
	struct event_set events;
	struct told_set told;
	struct deferred_set deferred;
};

static void untold_finish(struct untold *u)
{
	event_set_finish(&u->events);
	told_set_finish(&u->told);
	deferred_set_finish(&u->deferred);
}

static int read_untold(struct outbox *o, int64_t now, struct untold *u, struct error *err)
{
	if (storage_untold_events(o->storage, EVENTS_AT_ONCE, &u->events, err) < 0 ||
		(u->events.count > 0 && storage_told_already(o->storage, &u->told, err) < 0))
		return -1;
	return storage_get_deferred(o->storage, now, DEFERRED_AT_ONCE, &u->deferred, err);
}

static int compose_all(struct outbox *o, const struct untold *u, struct error *err)
{
	struct arena pool CLEANUP(arena_finish) = { 0 };
	const struct compose_input in = {
		.events = u->events.items,
		.count = u->events.count,
		.told = u->told.items,
		.told_count = u->told.count,
		.deferred = u->deferred.items,
		.deferred_count = u->deferred.count,
		.config = o->config,
		.now = clock_wall_ms(),
		.ask = outbox_ask(o),
	};
	struct composed composed;
	if (compose(&in, &pool, &composed, err) < 0)
		return -1;
	log_info("%zu event%s in %zu notification%s, %zu deferred", u->events.count,
		plural(u->events.count), composed.count, plural(composed.count),
		composed.deferred_count);
	return store(o, &composed, err);
}

static bool any_due(const struct deferred_set *deferred, int64_t now)
{
	for (size_t i = 0; i < deferred->count; i++)
		if (storage_is_due(&deferred->items[i], now))
			return true;
	return false;
}

int outbox_compose(struct outbox *o, struct error *err)
{
	size_t count;
	do {
		int64_t now = clock_wall_ms();
		struct untold u CLEANUP(untold_finish) = { 0 };
		if (read_untold(o, now, &u, err) < 0)
			return -1;
		count = u.events.count;
		if ((count > 0 || any_due(&u.deferred, now)) && compose_all(o, &u, err) < 0)
			return error_context(err, "composing");
	} while (count == EVENTS_AT_ONCE && !*o->stop);
	return 0;
}
