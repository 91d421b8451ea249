#include "alerter/outbox.h"

#include "lib/alerts/compose.h"
#include "lib/clock.h"
#include "lib/log.h"

enum { EVENTS_AT_ONCE = 20000 };

int outbox_first_message(void *arg, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err)
{
	return storage_first_message(arg, opened_event, recipient, out, err);
}

static int put_bag(const struct outbox *o, const struct event_set *events,
	const struct mailbag *bag, struct arena *pool, struct error *err)
{
	bool lost = false;
	uint64_t *ids = arena_alloc(pool, events->count * sizeof *ids);
	if (!ids)
		return error_set(err, "out of memory");
	for (size_t i = 0; i < events->count; i++)
		ids[i] = events->items[i].id;
	struct composed composed = {
		.items = bag->items,
		.count = bag->count,
		.events = ids,
		.event_count = events->count,
	};
	if (storage_put_composed(o->storage, o->lease->epoch, &composed, &lost, err) < 0)
		return lost ? lease_lost(err) : -1;
	return 0;
}

static int compose_events(const struct outbox *o, const struct event_set *events, struct error *err)
{
	struct arena pool CLEANUP(arena_finish) = { 0 };
	struct mailbag bag = { 0 };
	if (compose(events->items, events->count, o->config, clock_wall_ms(), outbox_first_message,
		    o->storage, &pool, &bag, err) < 0)
		return -1;
	log_info("%zu event%s in %zu notification%s", events->count, plural(events->count),
		bag.count, plural(bag.count));
	return put_bag(o, events, &bag, &pool, err);
}

int outbox_compose(const struct outbox *o, struct error *err)
{
	size_t count;
	do {
		struct event_set events CLEANUP(event_set_finish) = { 0 };
		if (storage_untold_events(o->storage, EVENTS_AT_ONCE, &events, err) < 0)
			return -1;
		count = events.count;
		if (count > 0 && compose_events(o, &events, err) < 0)
			return error_context(err, "composing");
	} while (count == EVENTS_AT_ONCE && !*o->stop);
	return 0;
}
