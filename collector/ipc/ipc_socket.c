/* Messages over sockets: packets, descriptors that travel with them, pairs. */
#include "collector/ipc/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

static void attach(struct msghdr *m, union control *control, int fd)
{
	*control = (union control){ 0 };
	m->msg_control = control->space;
	m->msg_controllen = sizeof control->space;
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(c), &fd, sizeof fd);
}

int ipc_send(int socket, enum ipc_type type, const void *message, int fd)
{
	struct buffer out = { .cap = IPC_PACKET_MAX };
	union control control;
	ssize_t sent = -1;
	errno = EMSGSIZE;
	/* Room for all at once: a buffer that grows leaves copies of a password behind. */
	if (buffer_reserve(&out, ipc_measure(type, message)) &&
		ipc_encode(type, message, &out) == 0) {
		struct iovec iov = { out.data, out.len };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
		if (fd >= 0)
			attach(&m, &control, fd);
		do
			sent = sendmsg(socket, &m, MSG_NOSIGNAL);
		while (sent < 0 && errno == EINTR);
	}
	int saved = errno;
	if (out.data)
		explicit_bzero(out.data, out.size); /* may hold a password */
	buffer_finish(&out);
	errno = saved;
	return sent < 0 ? -1 : 0;
}

/* With room for `control_len` bytes of descriptors: the kernel closes those that do not fit. */
static int receive(
	int socket, struct ipc_packet *ret_packet, union control *control, size_t control_len)
{
	struct iovec iov = { ret_packet->data, sizeof ret_packet->data };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = control_len };
	ssize_t got;
	do
		got = recvmsg(socket, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got == 0 || errno == ECONNRESET ? 0 : -1;
	ret_packet->len = (size_t)got;
	ret_packet->type = ret_packet->data[0] < IPC_TYPE_COUNT ? ret_packet->data[0] : IPC_NONE;
	if (!(m.msg_flags & MSG_CTRUNC))
		return 1;
	errno = EBADMSG;
	return -1;
}

int ipc_receive(int socket, struct ipc_packet *ret_packet)
{
	return receive(socket, ret_packet, NULL, 0);
}

/* CMSG_LEN, for CMSG_SPACE has room for two on 64 bits. */
int ipc_receive_fd(int socket, struct ipc_packet *ret_packet, int *ret_fd)
{
	union control control = { 0 };
	int fd = -1, r = receive(socket, ret_packet, &control, CMSG_LEN(sizeof fd));
	if (control.head.cmsg_level == SOL_SOCKET && control.head.cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(&control.head), sizeof fd);
	if (r == 1)
		*ret_fd = fd;
	else if (fd >= 0)
		(void)close(fd);
	return r;
}

void ipc_wipe(struct ipc_packet *packet)
{
	explicit_bzero(packet->data, packet->len);
	packet->len = 0;
}

int ipc_pair(int ret_ends[static 2], struct error *err)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return error_errno(err, "socketpair");
	if (fcntl(ends[0], F_SETFL, O_NONBLOCK)) {
		close(ends[0]);
		close(ends[1]);
		return error_errno(err, "fcntl");
	}
	memcpy(ret_ends, ends, sizeof ends);
	return 0;
}
