#include "collector/dispatch/worker.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "collector/spool/spool.h"
#include "lib/log.h"

enum { START_MS = 10000 };

static const struct worker worker_none = { .control = -1, .signing = -1 };

static void close_fds(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* The two sockets and the two files; the rest is the parent's own. */
static int spawn(struct worker *w, const struct worker_setup *s, struct error *err)
{
	int control[2] = { -1, -1 }, signer[2] = { -1, -1 };
	int frames = -1, outcomes = -1;
	uint64_t cycle_id = s->settings->cycle_id;
	int fds[HELPER_FDS_MAX];
	int r = -1;
	if (ipc_pair(control, err) || ipc_pair(signer, err) ||
		spool_open_frames(s->spool_fd, cycle_id, s->number, &frames, err) ||
		spool_open_outcomes(s->spool_fd, cycle_id, s->number, &outcomes, err))
		goto out;
	fds[0] = control[1];
	fds[POLLER_SIGNER - HELPER_CONTROL] = signer[0];
	fds[POLLER_FRAMES - HELPER_CONTROL] = frames;
	fds[POLLER_OUTCOMES - HELPER_CONTROL] = outcomes;
	for (size_t i = 0; i < s->probes->count; i++)
		fds[POLLER_PROBES - HELPER_CONTROL + (int)i] = s->probes->items[i].fd;
	r = helper_spawn(
		ROLE_POLLER, fds, POLLER_PROBES - HELPER_CONTROL + s->probes->count, &w->pid, err);
out:
	w->control = control[0];
	w->signing = signer[1];
	close_fds(signer, r == 0 ? 1 : 2);
	close_fds(&control[r == 0 ? 1 : 0], r == 0 ? 1 : 2);
	close_fds(&frames, 1);
	close_fds(&outcomes, 1);
	return r;
}

/* At the start the poller only listens, so its queue is waited for. */
static int tell(struct worker *w, enum ipc_type type, const void *message)
{
	struct pollfd p = { .fd = w->control, .events = POLLOUT };
	while (worker_send(w, type, message))
		if (errno != EAGAIN || poll(&p, 1, START_MS) <= 0)
			return -1;
	w->is_full = false;
	return 0;
}

static int introduce(struct worker *w, const struct worker_setup *s)
{
	if (tell(w, IPC_SETTINGS, s->settings))
		return -1;
	for (size_t i = 0; i < s->probes->count; i++) {
		const struct probe *p = &s->probes->items[i];
		if (tell(w, IPC_PROBE, &(struct ipc_probe){ p->machine, p->hash }))
			return -1;
	}
	return tell(w, IPC_READY, NULL);
}

int worker_start(struct worker *w, const struct worker_setup *setup, struct error *err)
{
	*w = worker_none;
	if (spawn(w, setup, err)) {
		*w = worker_none;
		return error_context(err, "poller");
	}
	if (introduce(w, setup)) {
		error_errno(err, "poller: it does not start");
		worker_end(w);
		return -1;
	}
	return 0;
}

int worker_follow_signer(struct worker *w, struct identities *identities, struct error *err)
{
	if (!w->pid || w->is_full || w->signers == identities->signers ||
		!identities_has_room(identities))
		return 0;
	if (worker_send(w, IPC_RESIGN, NULL))
		return 0; /* later; or it is gone, which is found by its socket */
	w->signers = identities->signers;
	if (identities_serve(identities, w->signing, err) == 0)
		return 0;
	(void)shutdown(w->signing, SHUT_RDWR); /* its logins shall not wait for nobody */
	return -1;
}

int worker_send(struct worker *w, enum ipc_type type, const void *message)
{
	int r = ipc_send(w->control, type, message, -1);
	w->is_full = r < 0 && errno == EAGAIN;
	return r;
}

void worker_end(struct worker *w)
{
	if (w->pid) {
		close(w->signing);
		close(w->control);
		helper_end(w->pid);
	}
	*w = worker_none;
}

void worker_dismiss(struct worker *w)
{
	if (w->pid) {
		close(w->signing);
		close(w->control);
		if (!helper_dismiss(w->pid))
			log_error("a poller did not end well");
	}
	*w = worker_none;
}
