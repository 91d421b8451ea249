/*
 * All lists run through the hosts themselves, by their numbers: nothing is allocated but addresses,
 * and whatever happens to a host costs the same however many wait. Who finds a gate full moves from
 * its queue to the list beside that gate; who leaves a gate puts one of those first in its queue.
 */
#include "collector/dispatch/feed.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"

/* The queues: names by turn, then those ready in the order of serving: by turn, the resolved of
 * each before its literal ones. A host is in one list at most. */
enum { READY = TURN_COUNT };

int feed_init(struct feed *f, size_t count)
{
	*f = (struct feed){ .count = count, .left = count };
	f->hosts = calloc(count ? count : 1, sizeof *f->hosts);
	return f->hosts ? 0 : -1;
}

void feed_finish(struct feed *f)
{
	for (size_t i = 0; f->hosts && i < f->count; i++)
		free(f->hosts[i].addresses);
	free(f->hosts);
	free(f->gates);
	*f = (struct feed){ 0 };
}

/* ---- lists ------------------------------------------------------------------------------ */

static void push_last(struct feed *f, struct feed_list *list, uint32_t seq)
{
	f->hosts[seq].next = 0;
	if (list->last)
		f->hosts[list->last - 1].next = seq + 1;
	else
		list->first = seq + 1;
	list->last = seq + 1;
}

static void push_first(struct feed *f, struct feed_list *list, uint32_t seq)
{
	f->hosts[seq].next = list->first;
	list->first = seq + 1;
	if (!list->last)
		list->last = seq + 1;
}

/* Those that are done meanwhile are skipped. */
static bool pop(struct feed *f, struct feed_list *list, uint32_t *ret_seq)
{
	while (list->first) {
		uint32_t seq = list->first - 1;
		list->first = f->hosts[seq].next;
		if (!list->first)
			list->last = 0;
		if (f->hosts[seq].phase != FEED_DONE) {
			*ret_seq = seq;
			return true;
		}
	}
	return false;
}

/* Where a host waits that is not flying: for its name, or for its turn. */
static struct feed_list *queue_of(struct feed *f, const struct feed_host *h)
{
	if (!h->addresses)
		return &f->queues[h->turn];
	return &f->queues[READY + 2 * (size_t)h->turn + !h->by_name];
}

/* ---- gates ------------------------------------------------------------------------------ */

int feed_add_gate(struct feed *f, uint32_t max, uint32_t outer, uint32_t *ret_gate)
{
	struct feed_gate *gates =
		array_reserve(f->gates, f->gate_count + 1, &f->gate_size, sizeof *gates);
	if (!gates)
		return -1;
	assert(max && outer <= f->gate_count);
	f->gates = gates;
	gates[f->gate_count++] = (struct feed_gate){ .max = max, .outer = outer };
	*ret_gate = (uint32_t)f->gate_count;
	return 0;
}

int feed_bind(struct feed *f, uint32_t seq, uint32_t gate)
{
	uint32_t *gates = f->hosts[seq].gates;
	for (; gate; gate = f->gates[gate - 1].outer) {
		size_t i = 0;
		while (i < FEED_GATES && gates[i] && gates[i] != gate)
			i++;
		if (i == FEED_GATES)
			return -1;
		gates[i] = gate;
	}
	return 0;
}

/* Somebody who waits there may try again, before all others of its turn. */
static void wake_one(struct feed *f, uint32_t gate)
{
	uint32_t seq;
	if (!pop(f, &f->gates[gate - 1].waiting, &seq))
		return;
	f->hosts[seq].woken_by = gate;
	push_first(f, queue_of(f, &f->hosts[seq]), seq);
}

/* Who was let try and does not enter leaves the place to the next one there. */
static void pass_on(struct feed *f, struct feed_host *h)
{
	uint32_t gate = h->woken_by;
	h->woken_by = 0;
	if (gate && f->gates[gate - 1].used < f->gates[gate - 1].max)
		wake_one(f, gate);
}

/* False: it waits beside a full one. */
static bool enter(struct feed *f, uint32_t seq)
{
	struct feed_host *h = &f->hosts[seq];
	if (h->is_inside)
		return true;
	for (size_t i = 0; i < FEED_GATES && h->gates[i]; i++) {
		struct feed_gate *g = &f->gates[h->gates[i] - 1];
		if (g->used < g->max)
			continue;
		push_last(f, &g->waiting, seq);
		pass_on(f, h);
		return false;
	}
	for (size_t i = 0; i < FEED_GATES && h->gates[i]; i++)
		f->gates[h->gates[i] - 1].used++;
	h->is_inside = true;
	h->woken_by = 0;
	return true;
}

static void leave(struct feed *f, struct feed_host *h)
{
	if (!h->is_inside)
		pass_on(f, h);
	for (size_t i = 0; h->is_inside && i < FEED_GATES && h->gates[i]; i++) {
		f->gates[h->gates[i] - 1].used--;
		wake_one(f, h->gates[i]);
	}
	h->is_inside = false;
}

void feed_widen(struct feed *f, uint32_t gate, uint32_t max)
{
	struct feed_gate *g = &f->gates[gate - 1];
	for (; g->max < max; g->max++)
		wake_one(f, gate);
}

bool feed_leave(struct feed *f, uint32_t seq, uint32_t gate)
{
	struct feed_host *h = &f->hosts[seq];
	size_t i = 0;
	while (i < FEED_GATES && h->gates[i] && h->gates[i] != gate)
		i++;
	if (!h->is_inside || i == FEED_GATES || !h->gates[i])
		return false;
	memmove(&h->gates[i], &h->gates[i + 1], (FEED_GATES - 1 - i) * sizeof h->gates[0]);
	h->gates[FEED_GATES - 1] = 0;
	f->gates[gate - 1].used--;
	wake_one(f, gate);
	return true;
}

/* ---- hosts ------------------------------------------------------------------------------ */

void feed_name(struct feed *f, uint32_t seq)
{
	struct feed_host *h = &f->hosts[seq];
	h->by_name = true;
	push_last(f, queue_of(f, h), seq);
}

/* Whether it is one of those that were resolved ahead of need. */
static void set_ahead(struct feed *f, struct feed_host *h, bool is_ahead)
{
	f->resolved = f->resolved + is_ahead - h->is_ahead;
	h->is_ahead = is_ahead;
}

int feed_ready(struct feed *f, uint32_t seq, const void *addresses, size_t count)
{
	struct feed_host *h = &f->hosts[seq];
	h->addresses = calloc(count, sizeof *h->addresses);
	if (!h->addresses)
		return -1;
	memcpy(h->addresses, addresses, count * sizeof *h->addresses);
	h->address_count = count;
	h->phase = FEED_QUEUED;
	set_ahead(f, h, h->by_name);
	push_last(f, queue_of(f, h), seq);
	return 0;
}

static bool next(struct feed *f, size_t from, size_t to, uint32_t *ret_seq)
{
	uint32_t seq;
	for (size_t i = from; i < to; i++)
		while (pop(f, &f->queues[i], &seq))
			if (enter(f, seq)) {
				*ret_seq = seq;
				return true;
			}
	return false;
}

bool feed_next_name(struct feed *f, uint32_t *ret_seq)
{
	return next(f, 0, READY, ret_seq);
}

bool feed_next_ready(struct feed *f, uint32_t *ret_seq)
{
	if (!next(f, READY, FEED_QUEUES, ret_seq))
		return false;
	set_ahead(f, &f->hosts[*ret_seq], false);
	return true;
}

void feed_put_back(struct feed *f, uint32_t seq)
{
	struct feed_host *h = &f->hosts[seq];
	push_first(f, queue_of(f, h), seq);
	set_ahead(f, h, h->by_name);
}

void feed_done(struct feed *f, uint32_t seq)
{
	struct feed_host *h = &f->hosts[seq];
	free(h->addresses);
	h->addresses = NULL;
	h->phase = FEED_DONE;
	set_ahead(f, h, false);
	f->left--;
	leave(f, h);
}
