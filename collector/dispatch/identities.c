#include "collector/dispatch/identities.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "lib/array.h"
#include "lib/clock.h"
#include "lib/log.h"

enum {
	LONG_MS = 5000,	  /* for a passphrase to take, before that is worth a word */
	FEW_ROUNDS = 16,  /* if these take long, it is the machine that is busy */
	SERVE_MS = 20000, /* for the signer to have room */
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
	int ends[2];
	ids->control = -1;
	ids->started_ms = clock_monotonic_ms();
	ids->pending = ids->count;
	if (ids->count == 0)
		return 0;
	if (ipc_pair(ends, err))
		return -1;
	int r = helper_spawn(ROLE_SIGNER, &ends[1], 1, &ids->pid, err);
	close(ends[1]);
	if (r)
		close(ends[0]);
	else
		ids->control = ends[0];
	return r;
}

static bool is_pending(const struct known_identity *id)
{
	return !id->blob && !id->reason;
}

bool identities_is_settled(const struct identities *ids, uint32_t identity)
{
	return identity == 0 || !is_pending(&ids->items[identity - 1]);
}

void identities_poll(const struct identities *ids, struct pollfd *fd)
{
	*fd = (struct pollfd){ .fd = ids->pending ? ids->control : -1,
		.events = ids->is_told ? POLLIN : POLLIN | POLLOUT };
}

static void ask(struct identities *ids)
{
	for (; ids->asked < ids->count; ids->asked++) {
		const struct known_identity *id = &ids->items[ids->asked];
		const struct ipc_open question = { (uint32_t)ids->asked, id->file,
			id->passphrase_file };
		if (ipc_send(ids->control, IPC_OPEN, &question, -1))
			return; /* its queue is full, or it is gone, which the answers will tell */
	}
	ids->is_told = ids->is_told || ipc_send(ids->control, IPC_READY, NULL, -1) == 0;
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

/* 1 when there was an answer, 0 when there is none now, -1 when the signer is not to be used. */
static int take_answer(struct identities *ids, identity_settled *settled, void *arg)
{
	static struct ipc_packet packet;
	struct ipc_identity m;
	int r = ipc_receive(ids->control, &packet);
	if (r <= 0)
		return r < 0 && errno == EAGAIN ? 0 : -1;
	if (ipc_decode(IPC_IDENTITY, packet.data, packet.len, &m) || m.id >= ids->count ||
		!is_pending(&ids->items[m.id]))
		return -1;
	struct known_identity *id = &ids->items[m.id];
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

int identities_go_on(struct identities *ids, identity_settled *settled, void *arg)
{
	int r = 1;
	if (ids->pending == 0)
		return 0;
	ask(ids);
	while (r == 1)
		r = take_answer(ids, settled, arg);
	return r < 0 ? refuse_rest(ids, true, "the signer process is gone", settled, arg) : 0;
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

int identities_serve(struct identities *ids, int fd, struct error *err)
{
	struct pollfd p = { .fd = ids->control, .events = POLLOUT };
	if (!ids->pid)
		return 0;
	while (ipc_send(ids->control, IPC_CLIENT, NULL, fd))
		if (errno != EAGAIN || poll(&p, 1, SERVE_MS) <= 0)
			return errno == EPIPE ? 0 : error_errno(err, "signer");
	return 0; /* when it is gone, those that want signatures will find that out */
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
