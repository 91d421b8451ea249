/* From a list of addresses to a command that runs. */
#include "collector/poller/host_run_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "lib/ssh/host_key_judge.h"

enum {
	TURN_BYTES = 256 * 1024,
	SESSION_BYTES = WIRE_BYTES_MAX + (1 << 20), /* what it may send, and SSH's own share;
						       as much again for each that it carries */
};

/* This address did not serve; the next one is tried at once. */
bool host_next_address(struct host_run *h, int error)
{
	verdict_set(&h->verdict, ssh_connect_outcome(error), STAGE_CONNECT, "%s", strerror(error));
	h->types.count = 0; /* it may be another machine */
	host_hang_up(h);
	return true;
}

/* To the same address, within the same deadline. */
static bool connect_again(struct host_run *h)
{
	host_hang_up(h);
	host_go_to_hop(h, 0);
	h->address--;
	host_enter(h, HOST_CONNECT);
	return true;
}

static bool begin_connect(struct host_run *h)
{
	struct sockaddr_storage a;
	if (h->address >= ipc_count_addresses(h->row.addresses))
		return host_finish(h);
	ipc_get_address(h->row.addresses, h->address++, &a);
	h->fd = socket(a.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (h->fd < 0)
		return host_next_address(h, errno);
	socklen_t len =
		a.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (connect(h->fd, (struct sockaddr *)&a, len) && errno != EINPROGRESS)
		return host_next_address(h, errno);
	host_enter(h, HOST_CONNECT);
	return false;
}

/* Whether this hop is asked for other types than those recorded for it. */
static bool asks_others(const struct host_run *h)
{
	return h->types.count > 0 && h->types_hop == h->hop_at;
}

/* Over the socket, or over the session with the hop before. */
static int create_session(
	struct host_run *h, const struct host_key *keys, size_t count, struct error *err)
{
	const struct ssh_budget budget = { TURN_BYTES,
		(uint64_t)SESSION_BYTES * (h->hop_count - h->hop_at) };
	struct ssh_session *carrier = h->session;
	h->session = NULL;
	int r = carrier ? ssh_session_create_through(
				  carrier, &budget, keys, count, &h->session, err)
			: ssh_session_create(h->fd, &budget, keys, count, &h->session, err);
	if (r < 0)
		h->fd = -1; /* it is closed */
	return r;
}

static bool begin_session(struct host_run *h)
{
	struct host_key keys[IPC_KEYS_MAX];
	const struct host_key *asked = keys;
	struct error err;
	size_t count;
	if (ipc_get_keys(h->hop->keys, keys, &count))
		return host_fail(h, OUTCOME_INTERNAL, "malformed host keys");
	count = host_key_expected((enum host_key_policy)h->hop->policy, h->hop->pin, keys, count);
	if (asks_others(h)) {
		asked = h->types.items;
		count = h->types.count;
	}
	if (create_session(h, asked, count, &err))
		return host_fail(h, OUTCOME_INTERNAL, err.text);
	host_enter(h, HOST_HANDSHAKE);
	return true;
}

bool host_step_connect(struct host_run *h)
{
	int error = 0;
	socklen_t len = sizeof error;
	if (h->fd < 0)
		return begin_connect(h);
	if (getsockopt(h->fd, SOL_SOCKET, SO_ERROR, &error, &len))
		error = errno;
	return error ? host_next_address(h, error) : begin_session(h);
}

/* ---- handshake, authentication ---------------------------------------------------------- */

/* The key that was shown will not do. That of one hop a run can be asked for in other types. */
static bool refuse_host_key(
	struct host_run *h, const struct host_key *keys, size_t count, const struct host_key *shown)
{
	if (h->types.count > 0 && !asks_others(h))
		return host_finish(h);
	h->types_hop = h->hop_at;
	return host_key_ask_others((enum host_key_policy)h->hop->policy, h->hop->pin, keys, count,
		       shown, &h->types)
		       ? connect_again(h)
		       : host_finish(h);
}

static bool check_host_key(struct host_run *h)
{
	struct host_key keys[IPC_KEYS_MAX], shown;
	char reason[sizeof h->verdict.reason];
	size_t count;
	bool is_new = false;
	if (ipc_get_keys(h->hop->keys, keys, &count))
		return host_fail(h, OUTCOME_INTERNAL, "malformed host keys");
	ssh_session_host_key(h->session, &shown);
	enum outcome o = host_key_judge((enum host_key_policy)h->hop->policy, h->hop->pin, keys,
		count, &shown, &is_new, reason, sizeof reason);
	if (o != OUTCOME_OK && !asks_others(h)) /* of all it shows, the best is told */
		verdict_set(&h->verdict, o, STAGE_HOST_KEY, "%s", reason);
	if (o != OUTCOME_OK)
		return refuse_host_key(h, keys, count, &shown);
	if (is_new)
		h->env->new_key(h->env->arg, h->row.seq, h->hop_at, &shown);
	host_enter(h, HOST_AUTH);
	return true;
}

/* A host that has no key of the types that are left has shown all: the verdict on those stands. */
static bool fail_handshake(struct host_run *h)
{
	char reason[sizeof h->verdict.reason];
	enum outcome o = ssh_session_failure(h->session, reason, sizeof reason);
	if (o == OUTCOME_NO_COMMON_ALGORITHM && asks_others(h))
		return host_finish(h);
	return host_fail_session(h);
}

bool host_step_handshake(struct host_run *h)
{
	enum ssh_status s = ssh_session_handshake(h->session);
	if (s == SSH_AGAIN)
		return false;
	return s == SSH_FAILED ? fail_handshake(h) : check_host_key(h);
}

/* Signed elsewhere: asks once, then waits for host_run_signed(). */
static int sign(void *arg, const uint8_t *data, size_t len, uint8_t **ret_sig, size_t *ret_len)
{
	struct host_run *h = arg;
	if (h->sign == SIGN_ANSWERED) {
		*ret_sig = h->signature.data;
		*ret_len = h->signature.len;
		h->signature.data = NULL;
		return *ret_len ? 0 : -1;
	}
	if (h->sign == SIGN_ASKED)
		return 1;
	h->question = ++h->env->questions;
	if (signature_ask(h->env->signer_fd, h->question, h->hop->identity - 1, data, len) == 0)
		h->sign = SIGN_ASKED;
	else if (errno == EAGAIN)
		h->sign = SIGN_BLOCKED;
	else
		return -1;
	return 1;
}

static enum ssh_status authenticate(struct host_run *h)
{
	if (!h->hop->identity)
		return ssh_session_auth_password(h->session, h->hop->user, h->hop->password);
	const struct ipc_bytes *key = &h->hop->public_key;
	return ssh_session_auth_key(h->session, h->hop->user, key->data, key->len, sign, h);
}

bool host_step_auth(struct host_run *h)
{
	enum ssh_status s = authenticate(h);
	if (s == SSH_AGAIN)
		return false;
	if (s == SSH_FAILED)
		return host_fail_session(h);
	h->sign = SIGN_NONE;
	if (host_is_last_hop(h))
		host_wipe_passwords(h);
	host_enter(h, host_is_last_hop(h) ? HOST_EXEC : HOST_FORWARD);
	return true;
}

/* ---- behind a jump host ----------------------------------------------------------------- */

void host_tell_passed(struct host_run *h)
{
	if (!h->is_passed)
		h->env->passed(h->env->arg, h->row.seq, h->hop_at);
	h->is_passed = true;
}

void host_pass(struct host_run *h)
{
	host_tell_passed(h);
	host_go_to_hop(h, h->hop_at + 1);
}

bool host_step_forward(struct host_run *h)
{
	char reason[sizeof h->verdict.reason];
	const char *name = h->hop->name;
	const struct ipc_hop *next = h->hop + 1;
	enum ssh_status s = ssh_session_forward(h->session, next->host, (uint16_t)next->port);
	if (s == SSH_AGAIN)
		return false;
	if (s == SSH_DONE) {
		host_pass(h);
		return begin_session(h);
	}
	if (ssh_session_failed_below(h->session) > 0)
		return host_fail_session(h);
	enum outcome o = ssh_session_failure(h->session, reason, sizeof reason);
	verdict_set(&h->verdict, o, STAGE_CONNECT, "jump host %s: %s", name, reason);
	host_pass(h);
	return host_finish(h);
}

bool host_step_exec(struct host_run *h)
{
	enum ssh_status s = ssh_session_exec(h->session, h->env->command);
	if (s == SSH_AGAIN)
		return false;
	if (h->row.is_jump)
		host_tell_passed(h);
	if (s == SSH_FAILED)
		return host_fail_session(h);
	host_enter(h, HOST_TALK);
	return true;
}
