#include "collector/poll/identities.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/helper/helper.h"
#include "lib/clock.h"
#include "lib/log.h"

enum { OPEN_MS = 20000 }; /* a passphrase is slow on purpose; an agent may ask a person */

uint32_t identities_add(struct identities *ids, const char *file, const char *passphrase_file)
{
	for (size_t i = ids->count; i-- > 0;)
		if (strcmp(ids->items[i].file, file) == 0 &&
			strcmp(ids->items[i].passphrase_file, passphrase_file) == 0)
			return (uint32_t)i + 1;
	if (ids->count == HELPER_IDENTITIES_MAX)
		return 0;
	struct known_identity *items = reallocarray(ids->items, ids->count + 1, sizeof *items);
	if (!items)
		return 0;
	ids->items = items;
	items[ids->count++] = (struct known_identity){ file, passphrase_file, NULL, 0, NULL };
	return (uint32_t)ids->count;
}

static int start(struct identities *ids, struct error *err)
{
	int ends[2];
	if (ipc_pair(ends, err))
		return -1;
	int r = helper_spawn("signer", &ends[1], 1, &ids->pid, err);
	close(ends[1]);
	ids->control = ends[0];
	if (r)
		close(ends[0]);
	return r;
}

/* Answers to earlier questions, which come too late, are passed over. The answer points into the
 * packet. */
static int wait_answer(
	int control, uint32_t id, struct ipc_packet *packet, struct ipc_identity *ret_answer)
{
	int64_t end = clock_monotonic_ms() + OPEN_MS;
	for (int64_t left; (left = end - clock_monotonic_ms()) > 0;) {
		struct pollfd p = { .fd = control, .events = POLLIN };
		if (poll(&p, 1, (int)left) < 0 && errno != EINTR)
			return -1;
		int r = ipc_receive(control, packet);
		if (r < 0 && errno == EAGAIN)
			continue;
		if (r != 1 || ipc_decode(IPC_IDENTITY, packet->data, packet->len, ret_answer) ||
			ret_answer->id > id)
			return -1;
		if (ret_answer->id == id)
			return 0;
	}
	return -1;
}

static int refuse(struct known_identity *id, const char *reason)
{
	log_warning("%s", reason);
	id->reason = strdup(reason);
	return id->reason ? 0 : -1;
}

static int open_one(struct identities *ids, uint32_t i, struct ipc_packet *packet)
{
	struct known_identity *id = &ids->items[i];
	const struct ipc_open question = { i, id->file, id->passphrase_file };
	struct ipc_identity answer;
	if (ipc_send(ids->control, IPC_OPEN, &question, -1) ||
		wait_answer(ids->control, i, packet, &answer))
		return refuse(id, "the signer process did not answer");
	if (!answer.blob.len)
		return refuse(id, answer.reason);
	id->blob = malloc(answer.blob.len);
	if (!id->blob)
		return -1;
	memcpy(id->blob, answer.blob.data, answer.blob.len);
	id->len = answer.blob.len;
	return 0;
}

int identities_open(struct identities *ids, struct error *err)
{
	if (!ids->count)
		return 0;
	struct ipc_packet *packet = malloc(sizeof *packet);
	int r = packet ? start(ids, err) : error_set(err, "out of memory");
	for (uint32_t i = 0; r == 0 && i < ids->count; i++)
		if (open_one(ids, i, packet))
			r = error_set(err, "out of memory");
	free(packet);
	return r;
}

int identities_serve(struct identities *ids, int fd, struct error *err)
{
	if (!ids->pid)
		return 0;
	if (ipc_send(ids->control, IPC_CLIENT, NULL, fd))
		return error_errno(err, "signer");
	return 0;
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
