#include "collector/poller/deadline.h"

#include <stdlib.h>

#include "lib/array.h"

static void place(struct deadlines *q, struct deadline *d, size_t at)
{
	q->items[at - 1] = d;
	d->place = at;
}

static void sift_up(struct deadlines *q, struct deadline *d)
{
	size_t at = d->place;
	for (; at > 1 && q->items[at / 2 - 1]->at_ms > d->at_ms; at /= 2)
		place(q, q->items[at / 2 - 1], at);
	place(q, d, at);
}

static void sift_down(struct deadlines *q, struct deadline *d)
{
	size_t at = d->place;
	for (size_t child; (child = 2 * at) <= q->count; at = child) {
		if (child < q->count && q->items[child]->at_ms < q->items[child - 1]->at_ms)
			child++;
		if (q->items[child - 1]->at_ms >= d->at_ms)
			break;
		place(q, q->items[child - 1], at);
	}
	place(q, d, at);
}

static int grow(struct deadlines *q)
{
	struct deadline **items =
		array_reserve(q->items, q->count + 1, &q->size, sizeof(struct deadline *));
	if (!items)
		return -1;
	q->items = items;
	return 0;
}

int deadlines_set(struct deadlines *q, struct deadline *d, int64_t at_ms)
{
	if (!d->place) {
		if (grow(q))
			return -1;
		d->place = ++q->count;
	}
	d->at_ms = at_ms;
	sift_up(q, d);
	sift_down(q, d);
	return 0;
}

void deadlines_remove(struct deadlines *q, struct deadline *d)
{
	size_t at = d->place;
	if (!at)
		return;
	struct deadline *last = q->items[--q->count];
	d->place = 0;
	if (last == d)
		return;
	last->place = at;
	sift_up(q, last);
	sift_down(q, last);
}

struct deadline *deadlines_first(const struct deadlines *q)
{
	return q->count ? q->items[0] : NULL;
}

void deadlines_finish(struct deadlines *q)
{
	free(q->items);
	*q = (struct deadlines){ 0 };
}
