/*
 * One name at a time: a process of its own for each name under way, because getaddrinfo(3)
 * knows no deadline. The parent kills one that takes too long.
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "collector/helper/helper.h"
#include "collector/ipc/ipc.h"
#include "lib/log.h"

static size_t collect(const struct addrinfo *list, struct sockaddr_storage *out)
{
	size_t count = 0;
	for (; list && count < IPC_ADDRESSES_MAX; list = list->ai_next)
		if (list->ai_addrlen <= sizeof *out)
			memcpy(&out[count++], list->ai_addr, list->ai_addrlen);
	return count;
}

static int resolve(const struct ipc_resolve *m)
{
	static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		.ai_flags = AI_ADDRCONFIG };
	struct sockaddr_storage addresses[IPC_ADDRESSES_MAX] = { 0 };
	struct addrinfo *list = NULL;
	char port[16];
	(void)snprintf(port, sizeof port, "%u", m->port);
	int r = getaddrinfo(m->name, port, &hints, &list);
	const struct ipc_resolved answer = {
		.seq = m->seq,
		.addresses = { (const uint8_t *)addresses,
			r == 0 ? collect(list, addresses) * sizeof addresses[0] : 0 },
		.reason = r == EAI_SYSTEM ? strerror(errno)
			  : r		  ? gai_strerror(r)
					  : "",
	};
	if (r == 0)
		freeaddrinfo(list);
	return ipc_send(HELPER_CONTROL, IPC_RESOLVED, &answer, -1);
}

static int serve(void)
{
	static struct ipc_packet packet;
	struct pollfd p = { .fd = HELPER_CONTROL, .events = POLLIN };
	struct ipc_resolve m;
	if (poll(&p, 1, -1) < 0)
		return errno == EINTR ? 0 : -1;
	int r = ipc_receive(HELPER_CONTROL, &packet);
	if (r <= 0)
		return r < 0 && errno == EAGAIN ? 0 : -1;
	return ipc_decode(IPC_RESOLVE, packet.data, packet.len, &m) ? -1 : resolve(&m);
}

int resolver_main(void)
{
	struct error err;
	log_setup("fleet-collector", LOG_WARNING);
	if (helper_confine(ROLE_RESOLVER, &err) || role_restrict(ROLE_RESOLVER, &err)) {
		log_error("resolver: %s", err.text);
		return 1;
	}
	while (serve() == 0)
		;
	return 0;
}
