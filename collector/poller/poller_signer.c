/* Hosts whose login is being signed elsewhere. */
#include "collector/poller/poller_private.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "lib/log.h"

void poller_await_signer(struct poller *p, struct host_run *h)
{
	if (h->is_waiting || (h->sign != SIGN_ASKED && h->sign != SIGN_BLOCKED))
		return;
	h->is_waiting = true;
	h->next_waiting = p->waiting;
	p->waiting = h;
}

void poller_stop_waiting(struct poller *p, struct host_run *h)
{
	struct host_run **at = &p->waiting;
	if (!h->is_waiting)
		return;
	while (*at != h)
		at = &(*at)->next_waiting;
	*at = h->next_waiting;
	h->is_waiting = false;
}

static struct host_run *host_waiting(struct poller *p, uint32_t serial)
{
	struct host_run *h = p->waiting;
	while (h && (h->question != serial || h->sign != SIGN_ASKED))
		h = h->next_waiting;
	return h;
}

/* There is room for questions again; or, when the signer is gone, no use in waiting. */
static void wake_blocked(struct poller *p, bool is_gone)
{
	for (struct host_run *h = p->waiting; h; h = h->next_waiting) {
		if (is_gone)
			host_run_signed(h, (struct signature){ 0 });
		if (is_gone || h->sign == SIGN_BLOCKED)
			poller_touch(p, h);
	}
}

void poller_ask_again(struct poller *p)
{
	for (struct host_run *h = p->waiting; h; h = h->next_waiting) {
		h->sign = SIGN_BLOCKED;
		poller_touch(p, h);
	}
}

static void lose_signer(struct poller *p)
{
	log_error("poller: the signer is gone");
	(void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, POLLER_SIGNER, NULL);
	p->env.signer_fd = -1;
	wake_blocked(p, true);
}

void poller_listen_to_signer(struct poller *p)
{
	uint32_t serial;
	struct signature signature;
	while (signature_take(POLLER_SIGNER, &serial, &signature) == 0) {
		struct host_run *h = host_waiting(p, serial);
		if (!h) {
			free(signature.data); /* its host ended meanwhile */
			continue;
		}
		host_run_signed(h, signature);
		poller_stop_waiting(p, h);
		poller_touch(p, h);
	}
	if (errno == EAGAIN)
		wake_blocked(p, false);
	else
		lose_signer(p);
}
