/*
 * Frames on their way to the disk. A sync costs the same for one frame as for a hundred, so that
 * hosts wait a moment for each other: not longer than nobody notices, and not when a good part
 * of those in flight is waiting already.
 */
#include "collector/poller/poller_private.h"

#include "collector/spool/spool.h"

enum {
	WAIT_MS = 100,
	SHARE = 4, /* of the hosts in flight */
	MOST = 64,
};

void poller_await_sync(struct poller *p, struct host_run *h)
{
	if (!h->unsynced || h->is_in_sync)
		return;
	if (!p->unsynced)
		p->sync_ms = p->env.now_ms + WAIT_MS;
	h->is_in_sync = true;
	h->next_unsynced = p->unsynced;
	p->unsynced = h;
	p->unsynced_count++;
}

void poller_stop_sync(struct poller *p, struct host_run *h)
{
	struct host_run **at = &p->unsynced;
	if (!h->is_in_sync)
		return;
	while (*at != h)
		at = &(*at)->next_unsynced;
	*at = h->next_unsynced;
	h->is_in_sync = false;
	p->unsynced_count--;
}

static bool is_due(const struct poller *p)
{
	uint32_t n = p->unsynced_count;
	uint32_t reached = p->live - p->dark[DARK_FROM_HERE] - p->dark[DARK_BEYOND];
	return n && (n >= MOST || n * SHARE >= reached || p->env.now_ms >= p->sync_ms);
}

void poller_sync(struct poller *p)
{
	struct error err;
	if (!is_due(p))
		return;
	const char *why = spool_sync(POLLER_FRAMES, &err) ? err.text : NULL;
	p->env.is_torn |= why != NULL; /* what comes behind a hole is not found again */
	while (p->unsynced) {
		struct host_run *h = p->unsynced;
		poller_stop_sync(p, h);
		host_run_synced(h, why);
		poller_touch(p, h);
	}
}
