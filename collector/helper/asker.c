#include "collector/helper/asker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* A login with the longest user name and the largest key takes 600 bytes. */
enum { LOGIN_MAX = 1024 };

struct asker *asker_create(int fd)
{
	struct asker *a = fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? NULL : calloc(1, sizeof *a);
	if (!a)
		return NULL;
	a->fd = fd;
	a->next_answered = &a->answered;
	return a;
}

void asker_destroy(struct asker *a)
{
	while (a->answered) {
		struct question *q = a->answered;
		a->answered = q->next;
		question_destroy(q);
	}
	(void)shutdown(a->fd, SHUT_RDWR);
	close(a->fd);
	free(a);
}

struct pollfd asker_poll(const struct asker *a, uint32_t open_max)
{
	struct pollfd p = { .fd = a->fd };
	if (a->open < open_max)
		p.events |= POLLIN;
	if (a->answered)
		p.events |= POLLOUT;
	return p;
}

int asker_hear(struct asker *a, struct ipc_packet *packet, uint32_t *ret_id,
	struct question **ret_question)
{
	struct ipc_sign m;
	int r = ipc_receive(a->fd, packet);
	if (r <= 0)
		return r < 0 && errno == EAGAIN ? 0 : -1;
	if (ipc_decode(IPC_SIGN, packet->data, packet->len, &m) || m.data.len > LOGIN_MAX)
		return -1;
	struct question *q = question_create(a, m.serial, m.data.data, m.data.len);
	if (!q)
		return -1;
	a->open++;
	*ret_id = m.id;
	*ret_question = q;
	return 1;
}

void asker_answer(struct question *q)
{
	struct asker *a = q->asker;
	if (!a) {
		question_destroy(q);
		return;
	}
	*a->next_answered = q;
	a->next_answered = &q->next;
	asker_send(a);
}

void asker_send(struct asker *a)
{
	while (a->answered) {
		struct question *q = a->answered;
		const struct ipc_signed m = { q->serial, { q->signature, q->signature_len } };
		if (ipc_send(a->fd, IPC_SIGNED, &m, -1)) {
			if (errno != EAGAIN)
				(void)shutdown(a->fd, SHUT_RDWR);
			return;
		}
		a->answered = q->next;
		if (!a->answered)
			a->next_answered = &a->answered;
		a->open--;
		question_destroy(q);
	}
}
