#include "collector/dispatch/names.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "collector/helper/helper.h"

static void end(struct name_helper *h)
{
	if (h->pid) {
		close(h->control);
		helper_end(h->pid);
	}
	*h = (struct name_helper){ 0 };
}

bool names_are_free(const struct names *n)
{
	for (size_t i = 0; i < NAMES_MAX; i++)
		if (!n->helpers[i].is_busy)
			return true;
	return false;
}

int names_ask(struct names *n, const struct ipc_resolve *m, int64_t end_ms, struct error *err)
{
	struct error last = { "all are busy" };
	for (size_t i = 0; i < NAMES_MAX; i++) {
		struct name_helper *h = &n->helpers[i];
		if (h->is_busy ||
			(!h->pid && helper_start(ROLE_RESOLVER, &h->pid, &h->control, &last)))
			continue;
		if (ipc_send(h->control, IPC_RESOLVE, m, -1)) {
			(void)error_errno(&last, "it died");
			end(h);
			continue;
		}
		h->is_busy = true;
		h->seq = m->seq;
		h->end_ms = end_ms;
		return 0;
	}
	return error_set(err, "%s", last.text);
}

nfds_t names_poll(const struct names *n, struct pollfd *fds)
{
	for (size_t i = 0; i < NAMES_MAX; i++)
		fds[i] = (struct pollfd){ .fd = n->helpers[i].is_busy ? n->helpers[i].control : -1,
			.events = POLLIN };
	return NAMES_MAX;
}

static void give_up(struct name_helper *h, const char *reason, names_answer *answer, void *arg)
{
	const struct ipc_resolved m = { .seq = h->seq, .reason = reason };
	end(h);
	answer(arg, &m);
}

static void take(
	struct names *n, struct name_helper *h, int64_t now_ms, names_answer *answer, void *arg)
{
	struct ipc_resolved m;
	int r = ipc_receive(h->control, &n->packet);
	if (r == 1 && ipc_decode(IPC_RESOLVED, n->packet.data, n->packet.len, &m) == 0 &&
		m.seq == h->seq) {
		h->is_busy = false;
		answer(arg, &m);
	} else if (r >= 0 || errno != EAGAIN) {
		give_up(h, "the resolver process died", answer, arg);
	} else if (now_ms >= h->end_ms) {
		give_up(h, "no answer from the name servers in time", answer, arg);
	}
}

void names_take(struct names *n, int64_t now_ms, names_answer *answer, void *arg)
{
	for (size_t i = 0; i < NAMES_MAX; i++)
		if (n->helpers[i].is_busy)
			take(n, &n->helpers[i], now_ms, answer, arg);
}

void names_finish(struct names *n)
{
	for (size_t i = 0; i < NAMES_MAX; i++)
		end(&n->helpers[i]);
}

/* RFC 4007, section 11: a zone is an interface's name or number. */
static int parse_scope(const char *zone, uint32_t *ret_scope)
{
	char *rest;
	unsigned long number = if_nametoindex(zone);
	if (!number) {
		number = strtoul(zone, &rest, 10);
		if (*rest || !number || number > UINT32_MAX)
			return -1;
	}
	*ret_scope = (uint32_t)number;
	return 0;
}

static int parse_ipv6(const char *text, struct sockaddr_in6 *out)
{
	char address[INET6_ADDRSTRLEN];
	size_t len = strcspn(text, "%");
	if (len >= sizeof address)
		return -1;
	memcpy(address, text, len);
	address[len] = 0;
	if (inet_pton(AF_INET6, address, &out->sin6_addr) != 1)
		return -1;
	return text[len] ? parse_scope(text + len + 1, &out->sin6_scope_id) : 0;
}

int names_parse_literal(const char *text, uint16_t port, struct sockaddr_storage *ret_address)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
		*ret_address = (struct sockaddr_storage){ 0 };
		memcpy(ret_address, &in, sizeof in);
		return 0;
	}
	if (parse_ipv6(text, &in6))
		return -1;
	*ret_address = (struct sockaddr_storage){ 0 };
	memcpy(ret_address, &in6, sizeof in6);
	return 0;
}
