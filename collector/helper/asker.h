#ifndef FLEET_COLLECTOR_HELPER_ASKER_H
#define FLEET_COLLECTOR_HELPER_ASKER_H

#include <poll.h>
#include <stdint.h>

#include "collector/helper/question.h"
#include "collector/ipc/ipc.h"

/*
 * A poller, as the signer knows it: somebody who may have been taken over. Nobody waits for it:
 * what it does not take stays with it, and one that has enough open is not heard until it takes
 * answers.
 */
struct asker {
	int fd;
	uint32_t open;		   /* questions that were heard, and whose answer is not sent */
	struct question *answered; /* those of them that could not be sent yet */
	struct question **next_answered;
};

/* Takes the socket, unless it fails: NULL with errno. */
struct asker *asker_create(int fd) MUST_CHECK;

/* Shuts the socket: it shall know, though the parent holds that, too. */
void asker_destroy(struct asker *a);

/* What to poll, when it may have so many open. */
struct pollfd asker_poll(const struct asker *a, uint32_t open_max);

/* Takes its next question, without waiting: 1 when there was one, 0 when there is none now, -1 when
 * it is gone or talks nonsense. The packet is the caller's room for it. */
int asker_hear(struct asker *a, struct ipc_packet *packet, uint32_t *ret_id,
	struct question **ret_question) MUST_CHECK;

/* Takes a question that is answered, and sends the answer as soon as there is room. Then, and when
 * the socket is ready again: a socket that fails is shut, as poll(2) will tell. */
void asker_answer(struct question *q);
void asker_send(struct asker *a);

#endif
