/*
 * What all hosts of a poller may make it hold. When that is too much, the one that holds most is
 * ended: who holds no more than its even share never is, for then others hold more.
 */
#include "collector/poller/poller_private.h"

#include <sys/resource.h>

size_t poller_memory_max(void)
{
	struct rlimit limit;
	bool is_finite = getrlimit(RLIMIT_RSS, &limit) == 0 && limit.rlim_cur < (rlim_t)SIZE_MAX;
	return is_finite ? (size_t)limit.rlim_cur : SIZE_MAX;
}

static struct host_run *find_heaviest(const struct poller *p)
{
	struct host_run *heaviest = NULL;
	for (size_t i = 0; i < p->deadlines.count; i++) {
		struct host_run *h = poller_host_of(p->deadlines.items[i]);
		if (!heaviest || h->held > heaviest->held)
			heaviest = h;
	}
	return heaviest;
}

static void count(struct poller *p, struct host_run *h)
{
	p->held -= h->held;
	h->held = host_run_memory(h);
	p->held += h->held;
}

void poller_weigh(struct poller *p, struct host_run *h)
{
	count(p, h);
	while (p->held > p->held_max) {
		struct host_run *heaviest = find_heaviest(p);
		host_run_shed(heaviest);
		count(p, heaviest);
		poller_touch(p, heaviest);
	}
}
