#include "alerter/parts.h"

#include <time.h>

#include "lib/compiler.h"

enum { YIELD_MS = 30 }; /* SQLite looks as often whether it is free */

static size_t cost(const struct notification *n)
{
	return PARTS_MESSAGE + n->event_count + n->done_count;
}

/* As many messages as there is room for, but one at least. Returns what room is left. */
static size_t take_items(struct parts *p, struct composed *part, size_t room)
{
	for (; p->items < p->all->count; p->items++) {
		const struct notification *n = &p->all->items[p->items];
		if (part->count > 0 && cost(n) > room)
			return 0;
		room -= smaller(room, cost(n));
		part->count++;
		part->done_count += n->done_count;
		p->done += n->done_count;
	}
	return room;
}

bool parts_next(struct parts *p, struct composed *ret_part)
{
	const struct composed *all = p->all;
	struct composed part = {
		.items = all->items + p->items,
		.done = all->done + p->done,
		.deferred = all->deferred + p->deferred,
		.events = all->events + p->events,
	};
	size_t room = take_items(p, &part, PARTS_ROWS);
	part.deferred_count = smaller(room, all->deferred_count - p->deferred);
	room -= part.deferred_count;
	part.event_count = smaller(room, all->event_count - p->events);
	p->deferred += part.deferred_count;
	p->events += part.event_count;
	*ret_part = part;
	return part.count > 0 || part.deferred_count > 0 || part.event_count > 0;
}

void parts_yield(void)
{
	const struct timespec t = { .tv_nsec = YIELD_MS * 1000000L };
	(void)nanosleep(&t, NULL);
}
