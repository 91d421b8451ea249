#include "collector/dispatch/identities.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "lib/array.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	LONG_MS = 5000,	 /* for a passphrase to take, before that is worth a word */
	FEW_ROUNDS = 16, /* if these take long, it is the machine that is busy */
	SIGNERS_MAX = 5, /* all but the first in the place of one that died */
};

static uint32_t find(const struct identities *ids, const char *file, const char *passphrase_file)
{
	for (size_t i = ids->count; i-- > 0;)
		if (strcmp(ids->items[i].file, file) == 0 &&
			strcmp(ids->items[i].passphrase_file, passphrase_file) == 0)
			return (uint32_t)i + 1;
	return 0;
}

int identities_add(struct identities *ids, const char *file, const char *passphrase_file,
	uint32_t *ret_identity)
{
	*ret_identity = find(ids, file, passphrase_file);
	if (*ret_identity || ids->count == HELPER_IDENTITIES_MAX)
		return 0;
	struct known_identity *items =
		array_reserve(ids->items, ids->count + 1, &ids->size, sizeof *items);
	if (!items)
		return -1;
	ids->items = items;
	items[ids->count++] =
		(struct known_identity){ .file = file, .passphrase_file = passphrase_file };
	*ret_identity = (uint32_t)ids->count;
	return 0;
}

int identities_start(struct identities *ids, struct error *err)
{
	ids->control = -1;
	ids->started_ms = clock_monotonic_ms();
	ids->pending = ids->count;
	ids->signers = 1;
	return ids->count ? helper_start(ROLE_SIGNER, &ids->pid, &ids->control, err) : 0;
}

static bool is_pending(const struct known_identity *id)
{
	return !id->blob && !id->reason;
}

bool identities_is_settled(const struct identities *ids, uint32_t identity)
{
	return identity == 0 || !is_pending(&ids->items[identity - 1]);
}

/* Once it is told that this was all it hears the pollers, who may ask at once for what is lost. */
static bool has_to_tell(const struct identities *ids)
{
	return ids->asked < ids->count || (!ids->is_told && ids->lost == 0);
}

void identities_poll(const struct identities *ids, struct pollfd *fd)
{
	*fd = (struct pollfd){ .fd = ids->control,
		.events = has_to_tell(ids) ? POLLIN | POLLOUT : POLLIN };
}

static void ask(struct identities *ids)
{
	for (; ids->asked < ids->count; ids->asked++) {
		const struct known_identity *id = &ids->items[ids->asked];
		const struct ipc_open question = { (uint32_t)ids->asked, id->file,
			id->passphrase_file };
		if (!id->reason && ipc_send(ids->control, IPC_OPEN, &question, -1))
			return; /* its queue is full, or it is gone, which the answers will tell */
	}
	if (has_to_tell(ids))
		ids->is_told = ipc_send(ids->control, IPC_READY, NULL, -1) == 0;
}

static int refuse(struct known_identity *id, const char *reason)
{
	log_warning("%s", reason);
	id->reason = strdup(reason);
	return id->reason ? 0 : -1;
}

static int accept_blob(struct known_identity *id, struct ipc_bytes blob)
{
	id->blob = malloc(blob.len);
	if (!id->blob)
		return -1;
	memcpy(id->blob, blob.data, blob.len);
	id->len = blob.len;
	return 0;
}

static void warn_of_rounds(const struct identities *ids, const char *file, uint32_t rounds)
{
	int64_t took_ms = clock_monotonic_ms() - ids->started_ms;
	if (rounds > FEW_ROUNDS && took_ms >= LONG_MS)
		log_warning("%s: took %.1f s to decrypt with its %" PRIu32 " rounds, and its hosts "
			    "waited; make them fewer with: ssh-keygen -p -a %d -f %s",
			file, (double)took_ms / 1000, rounds, FEW_ROUNDS, file);
}

/* The pollers have the key that was open at first; without it its hosts fail. */
static void accept_again(
	struct identities *ids, struct known_identity *id, const struct ipc_identity *m)
{
	id->is_lost = false;
	ids->lost--;
	if (m->blob.len == 0)
		log_warning("%s", m->reason);
	else if (m->blob.len != id->len || memcmp(m->blob.data, id->blob, id->len) != 0)
		log_warning("%s: is another key than before", id->file);
}

/* 1 when there was an answer, 0 when there is none now, -1 when the signer is not to be used. */
static int take_answer(struct identities *ids, identity_settled *settled, void *arg)
{
	static struct ipc_packet packet;
	struct ipc_identity m;
	int r = ipc_receive(ids->control, &packet);
	if (r <= 0)
		return r < 0 && errno == EAGAIN ? 0 : -1;
	if (ipc_decode(IPC_IDENTITY, packet.data, packet.len, &m) || m.id >= ids->count)
		return -1;
	struct known_identity *id = &ids->items[m.id];
	if (id->is_lost) {
		accept_again(ids, id, &m);
		return 1;
	}
	if (!is_pending(id))
		return id->reason ? 1 : -1; /* 1: it was given up meanwhile */
	if (m.blob.len ? accept_blob(id, m.blob) : refuse(id, m.reason))
		return -1;
	warn_of_rounds(ids, id->file, m.rounds);
	ids->pending--;
	settled(arg, m.id + 1);
	return 1;
}

static int refuse_rest(struct identities *ids, bool is_ours, const char *reason,
	identity_settled *settled, void *arg)
{
	char text[1024];
	for (size_t i = 0; i < ids->count; i++) {
		struct known_identity *id = &ids->items[i];
		if (!is_pending(id))
			continue;
		(void)snprintf(text, sizeof text, "%s: %s", id->file, reason);
		if (refuse(id, text))
			return -1;
		id->is_ours = is_ours;
		ids->pending--;
		settled(arg, (uint32_t)i + 1);
	}
	return 0;
}

static void lose_signer(struct identities *ids)
{
	close(ids->control);
	ids->control = -1;
	helper_end(ids->pid);
	ids->pid = 0;
	ids->asked = ids->lost = 0;
	ids->is_told = false;
	for (size_t i = 0; i < ids->count; i++) {
		struct known_identity *id = &ids->items[i];
		id->is_lost = !is_pending(id) && !id->reason;
		ids->lost += id->is_lost;
	}
}

static int replace_signer(struct identities *ids)
{
	struct error err;
	lose_signer(ids);
	if (ids->signers++ == SIGNERS_MAX) {
		log_error("signers keep dying; no more are started");
		return -1;
	}
	if (helper_start(ROLE_SIGNER, &ids->pid, &ids->control, &err)) {
		log_error("the signer died, and no other can be started: %s", err.text);
		return -1;
	}
	log_error("the signer died; another takes its place");
	return 0;
}

int identities_go_on(struct identities *ids, identity_settled *settled, void *arg)
{
	int r = 1;
	if (!ids->pid)
		return 0;
	ask(ids);
	while (r == 1)
		r = take_answer(ids, settled, arg);
	if (r == 0 || replace_signer(ids) == 0)
		return 0;
	return refuse_rest(ids, true, "the signer process is gone", settled, arg);
}

bool identities_are_lost(const struct identities *ids)
{
	return ids->count && !ids->pid;
}

void identities_give_up(struct identities *ids, identity_settled *settled, void *arg)
{
	char reason[200];
	(void)snprintf(reason, sizeof reason,
		"is not open after %.1f s; if its passphrase is what takes so long, make the "
		"rounds fewer with: ssh-keygen -p -a 16 -f FILE",
		(double)(clock_monotonic_ms() - ids->started_ms) / 1000);
	(void)refuse_rest(ids, false, reason, settled, arg);
}

bool identities_has_room(const struct identities *ids)
{
	struct pollfd p = { .fd = ids->control, .events = POLLOUT };
	return !ids->pid || poll(&p, 1, 0) == 1;
}

int identities_serve(struct identities *ids, int fd, struct error *err)
{
	if (!ids->pid)
		(void)shutdown(fd, SHUT_RDWR);
	else if (ipc_send(ids->control, IPC_CLIENT, NULL, fd) && errno != EPIPE)
		return error_errno(err, "signer");
	return 0; /* when it is gone, that will be found by its socket */
}

void identities_finish(struct identities *ids)
{
	if (ids->pid) {
		close(ids->control);
		if (!helper_dismiss(ids->pid))
			log_error("the signer did not end well");
	}
	for (size_t i = 0; i < ids->count; i++) {
		free(ids->items[i].blob);
		free(ids->items[i].reason);
	}
	free(ids->items);
	*ids = (struct identities){ 0 };
}
