#ifndef FLEETSIM_WATCH_H
#define FLEETSIM_WATCH_H

#include <stdint.h>
#include <sys/epoll.h>

/*
 * A descriptor in a worker's epoll(7) and who is to be told. `events` 0 still tells of EPOLLHUP
 * and EPOLLERR.
 */
struct watch {
	int epoll, fd;
	uint32_t events; /* as they are set */
	void (*ready)(void *owner, uint32_t events);
	void *owner;
};

static inline int watch_begin(struct watch *w, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };
	w->events = events;
	return epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->fd, &e);
}

static inline void watch_change(struct watch *w, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = w };
	if (w->events != events)
		(void)epoll_ctl(w->epoll, EPOLL_CTL_MOD, w->fd, &e);
	w->events = events;
}

#endif
