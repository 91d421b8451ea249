#include "tests/fleetsim/listen.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BACKLOG = 4096, RULE_STEPS = 4 };

#define PASS_ALL UINT32_MAX

/* Where an IPv4 header has its destination, for a socket filter (Documentation/networking/filter).
 */
#define LOAD_ADDRESS BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_NET_OFF + 16))

static int attach(int fd, int option, struct sock_filter *code, size_t count)
{
	struct sock_fprog program = { (unsigned short)count, code };
	return setsockopt(fd, SOL_SOCKET, option, &program, sizeof program);
}

/* Of the sockets of one port the n-th, in the order in which they were bound (socket(7)). */
static int share_out(int fd, unsigned count)
{
	struct sock_filter code[] = {
		LOAD_ADDRESS,
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, count),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	return attach(fd, SO_ATTACH_REUSEPORT_CBPF, code, ARRAY_LEN(code));
}

static int open_one(uint16_t *port)
{
	int one = 1;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(*port) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) < 0 ||
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) < 0 ||
		bind(fd, (struct sockaddr *)&a, len) < 0 || listen(fd, BACKLOG) < 0 ||
		getsockname(fd, (struct sockaddr *)&a, &len) < 0)
		return -1;
	*port = ntohs(a.sin_port);
	return fd;
}

int listen_open(uint16_t *port, int *ret_fds, unsigned count, struct error *err)
{
	for (unsigned i = 0; i < count; i++)
		if ((ret_fds[i] = open_one(port)) < 0)
			return error_errno(err, "port %u", *port);
	if (share_out(ret_fds[0], count) < 0)
		return error_errno(err, "sharing of port %u", *port);
	return 0;
}

/* A rule for a share of a net is never for darkness (rules_add()). */
static size_t write_rule(const struct rule *r, struct sock_filter *code)
{
	bool is_dark = r->fault && r->fault->trouble == TROUBLE_DARK;
	const struct sock_filter steps[RULE_STEPS] = {
		LOAD_ADDRESS,
		BPF_STMT(BPF_ALU | BPF_AND | BPF_K, r->mask),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, r->net, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, is_dark ? 0 : PASS_ALL),
	};
	if (r->share)
		return 0;
	memcpy(code, steps, sizeof steps);
	return RULE_STEPS;
}

/* How many rules there are up to the last that is dark. */
static size_t count_until_dark(const struct rules *rules)
{
	size_t n = rules->count;
	while (n &&
		!(rules->items[n - 1].fault && rules->items[n - 1].fault->trouble == TROUBLE_DARK))
		n--;
	return n;
}

int listen_darken(int fd, const struct rules *rules, struct error *err)
{
	size_t len = 0, count = count_until_dark(rules);
	struct sock_filter *code = calloc(RULE_STEPS * count + 1, sizeof *code);
	if (!code)
		return error_set(err, "out of memory");
	for (size_t i = 0; i < count; i++)
		len += write_rule(&rules->items[i], code + len);
	code[len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, PASS_ALL);
	int result = attach(fd, SO_ATTACH_FILTER, code, len);
	free(code);
	return result < 0 ? error_errno(err, "the filter of dark addresses") : 0;
}
