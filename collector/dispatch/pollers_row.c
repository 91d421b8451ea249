/* A host as a poller gets it: what to ask, and how to log in on the way to it. */
#include "collector/dispatch/pollers_private.h"

#include <errno.h>
#include <string.h>

#include "collector/dispatch/request.h"
#include "collector/spool/proof.h"

static uint32_t left_ms(const struct poll_host *host, const struct feed_host *h)
{
	int64_t left = host->deadline_ms - h->spent_ms;
	return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (uint32_t)left;
}

struct poll_fault poll_run_find_fault(const struct poll_run *r, const struct client *c,
	uint32_t identity, const struct poll_keys *keys)
{
	const struct known_identity *id = identity ? &r->identities.items[identity - 1] : NULL;
	struct poll_fault f = { OUTCOME_AUTH, STAGE_AUTH, NULL };
	if (id && !id->blob) {
		f.outcome = id->is_ours ? OUTCOME_INTERNAL : OUTCOME_AUTH;
		f.reason = id->reason;
	} else if (!id && *c->identity) {
		f.reason = "there are more identities in use than the signer holds";
	} else if (!id && !*c->password) {
		f.reason = "there is neither an identity nor a password for it";
	} else if (keys->is_crowded) {
		f = (struct poll_fault){ OUTCOME_HOST_KEY_UNKNOWN, STAGE_HOST_KEY,
			"known_hosts has too many @revoked keys for it" };
	}
	return f;
}

static struct ipc_bytes public_key(const struct poll_run *r, uint32_t identity)
{
	if (!identity)
		return (struct ipc_bytes){ NULL, 0 };
	const struct known_identity *id = &r->identities.items[identity - 1];
	return (struct ipc_bytes){ id->blob, id->len };
}

static int put_hop(const struct poll_run *r, const struct client *c, uint32_t identity,
	const struct host_key *recorded, size_t count, struct buffer *out)
{
	CLEANUP(buffer_finish) struct buffer keys = { 0 };
	if (ipc_put_keys(recorded, count, &keys))
		return -1;
	const struct ipc_hop hop = {
		.name = c->name,
		.host = c->ip,
		.port = c->port,
		.user = c->username,
		.password = identity ? "" : c->password,
		.identity = identity,
		.public_key = public_key(r, identity),
		.policy = c->host_key_policy,
		.pin = c->host_key_pin,
		.keys = { (const uint8_t *)keys.data, keys.len },
	};
	return ipc_put_hop(&hop, out);
}

/* A key that was accepted in this run is from now on the only one. */
static int put_jump(const struct poll_run *r, const struct jump *at, struct buffer *out)
{
	const struct poll_jump *p = at->plan;
	return at->learned ? put_hop(r, p->client, at->identity, at->learned, 1, out)
			   : put_hop(r, p->client, at->identity, p->keys.items, p->keys.count, out);
}

static int put_hops(const struct poll_run *r, uint32_t seq, struct buffer *out)
{
	const struct poll_host *host = &r->plan->hosts[seq];
	const struct jump_way way = jumps_way(&r->jumps, seq);
	for (size_t i = 0; i < way.count; i++)
		if (put_jump(r, way.items[i], out))
			return -1;
	return host->is_jump ? 0
			     : put_hop(r, host->client, r->feed.hosts[seq].identity,
				       host->keys.items, host->keys.count, out);
}

static int send_row(struct poll_run *r, struct worker *w, uint32_t seq)
{
	const struct poll_host *host = &r->plan->hosts[seq];
	const struct feed_host *h = &r->feed.hosts[seq];
	struct wire_request request;
	char line[WIRE_REQUEST_MAX], nonce[SPOOL_NONCE_SIZE];
	request_make(&request, r->plan->ring, host->client, host->attempt_id);
	request.files_max = h->files;
	if (wire_format_request(&request, line, sizeof line) < 0)
		return -1;
	proof_make(r->plan->ring, host->client->name, host->attempt_id, nonce);
	const struct host_row row = {
		.seq = seq,
		.attempt_id = host->attempt_id,
		.deadline_ms = left_ms(host, h),
		.spent_ms = h->spent_ms,
		.name = host->client->name,
		.nonce = nonce,
		.request = line,
		.files_max = request.files_max,
		.bytes_max = request.bytes_max,
		.addresses = { (const uint8_t *)h->addresses,
			h->address_count * sizeof *h->addresses },
		.hops = { (const uint8_t *)r->hops.data, r->hops.len },
		.is_jump = host->is_jump != 0,
	};
	return worker_send(w, IPC_HOST, &row);
}

int poll_run_send_row(struct poll_run *r, struct worker *w, uint32_t seq)
{
	errno = EMSGSIZE; /* unless it is found to be something else */
	/* Room for all at once: a buffer that grows leaves copies of a password behind. */
	int result = buffer_reserve(&r->hops, IPC_PACKET_MAX) ? put_hops(r, seq, &r->hops) : -1;
	if (result == 0)
		result = send_row(r, w, seq);
	int saved = errno;
	if (r->hops.data)
		explicit_bzero(r->hops.data, r->hops.len);
	buffer_clear(&r->hops);
	errno = saved;
	return result;
}
