#include "collector/poll/feed.h"

#include <stdlib.h>
#include <string.h>

/* The queues: names by turn, then those ready in the order of serving: by turn, the resolved of
 * each before its literal ones. A host is in each at most once. */
enum { READY = TURN_COUNT };

int feed_init(struct feed *f, size_t count)
{
	size_t size = count ? count : 1;
	*f = (struct feed){ .count = count, .left = count };
	f->hosts = calloc(size, sizeof *f->hosts);
	bool ok = f->hosts;
	for (size_t i = 0; i < FEED_QUEUES; i++) {
		f->queues[i].items = calloc(size, sizeof *f->queues[i].items);
		ok = ok && f->queues[i].items;
	}
	if (!ok)
		feed_finish(f);
	return ok ? 0 : -1;
}

void feed_finish(struct feed *f)
{
	for (size_t i = 0; f->hosts && i < f->count; i++)
		free(f->hosts[i].addresses);
	free(f->hosts);
	for (size_t i = 0; i < FEED_QUEUES; i++)
		free(f->queues[i].items);
	*f = (struct feed){ 0 };
}

static struct feed_queue *ready_queue(struct feed *f, const struct feed_host *h)
{
	return &f->queues[READY + 2 * (size_t)h->turn + !h->by_name];
}

static void push(struct feed_queue *q, uint32_t seq)
{
	q->items[q->tail++] = seq;
}

/* Those that are done meanwhile are skipped. */
static bool pop(struct feed *f, struct feed_queue *q, uint32_t *ret_seq)
{
	while (q->head < q->tail) {
		uint32_t seq = q->items[q->head++];
		if (f->hosts[seq].phase != FEED_DONE) {
			*ret_seq = seq;
			return true;
		}
	}
	return false;
}

void feed_name(struct feed *f, uint32_t seq)
{
	struct feed_host *h = &f->hosts[seq];
	h->by_name = true;
	push(&f->queues[h->turn], seq);
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
	f->resolved += h->by_name;
	push(ready_queue(f, h), seq);
	return 0;
}

bool feed_next_name(struct feed *f, uint32_t *ret_seq)
{
	for (size_t i = 0; i < READY; i++)
		if (pop(f, &f->queues[i], ret_seq))
			return true;
	return false;
}

bool feed_next_ready(struct feed *f, uint32_t *ret_seq)
{
	for (size_t i = READY; i < FEED_QUEUES; i++)
		if (pop(f, &f->queues[i], ret_seq)) {
			f->resolved -= f->hosts[*ret_seq].by_name;
			return true;
		}
	return false;
}

void feed_put_back(struct feed *f, uint32_t seq)
{
	struct feed_host *h = &f->hosts[seq];
	ready_queue(f, h)->head--;
	f->resolved += h->by_name;
}

void feed_done(struct feed *f, uint32_t seq)
{
	struct feed_host *h = &f->hosts[seq];
	free(h->addresses);
	h->addresses = NULL;
	h->phase = FEED_DONE;
	f->left--;
}
