#include "collector/dispatch/jumps.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int add_gate(struct jumps *j, size_t index)
{
	struct jump *jump = &j->items[index];
	jump->plan = &j->plan->jumps[index];
	assert(jump->plan->jump <= index);
	uint32_t outer = jump->plan->jump ? j->items[jump->plan->jump - 1].gate : 0;
	return feed_add_gate(j->feed, 1, outer, &jump->gate);
}

static int bind_host(struct jumps *j, uint32_t seq)
{
	const struct poll_host *host = &j->plan->hosts[seq];
	uint32_t nearest = host->is_jump ? host->is_jump : host->jump;
	return nearest ? feed_bind(j->feed, seq, j->items[nearest - 1].gate) : 0;
}

int jumps_init(struct jumps *j, const struct poll_plan *plan, struct feed *feed)
{
	*j = (struct jumps){ .count = plan->jump_count, .plan = plan, .feed = feed };
	j->items = calloc(j->count ? j->count : 1, sizeof *j->items);
	int r = j->items ? 0 : -1;
	for (size_t i = 0; r == 0 && i < j->count; i++)
		r = add_gate(j, i);
	for (uint32_t i = 0; r == 0 && i < plan->host_count; i++)
		r = bind_host(j, i);
	return r;
}

static void forget_key(struct host_key *key)
{
	if (!key)
		return;
	free((void *)key->type);
	free((void *)key->blob);
	free(key);
}

void jumps_finish(struct jumps *j)
{
	for (size_t i = 0; j->items && i < j->count; i++) {
		free(j->items[i].reason);
		free(j->items[i].addresses);
		forget_key(j->items[i].learned);
	}
	free(j->items);
	*j = (struct jumps){ 0 };
}

struct jump_way jumps_way(const struct jumps *j, uint32_t seq)
{
	const struct poll_host *host = &j->plan->hosts[seq];
	struct jump_way way = { .depth = 0 };
	for (uint32_t at = host->jump; at; at = j->items[at - 1].plan->jump)
		way.depth++;
	size_t i = way.count = way.depth;
	for (uint32_t at = host->jump; at; at = j->items[at - 1].plan->jump)
		way.items[--i] = &j->items[at - 1];
	if (host->is_jump)
		way.items[way.count++] = &j->items[host->is_jump - 1];
	return way;
}

const struct client *jumps_first(const struct jumps *j, uint32_t seq)
{
	const struct jump_way way = jumps_way(j, seq);
	return way.depth ? way.items[0]->plan->client : j->plan->hosts[seq].client;
}

void jumps_pass(struct jumps *j, uint32_t seq, struct jump *jump, int64_t now_ms)
{
	jump->heard_ms = now_ms;
	jump->stalled_ms = 0;
	if (jump->state == JUMP_UNTRIED) {
		jump->state = JUMP_PROVEN;
		feed_widen(j->feed, jump->gate, jump->plan->client->connects);
	}
	(void)feed_leave(j->feed, seq, jump->gate);
}

bool jumps_has_stalled(struct jumps *j, uint32_t seq, struct jump *jump, int64_t now_ms)
{
	const struct feed_host *h = &j->feed->hosts[seq];
	int64_t began_ms = h->started_ms - h->spent_ms;
	bool is_own = now_ms - began_ms >= j->plan->hosts[seq].deadline_ms;
	jump->stalled_ms += now_ms - (began_ms > jump->heard_ms ? began_ms : jump->heard_ms);
	jump->heard_ms = now_ms;
	return jump->stalled_ms >= jump->plan->client->timeout_ms ||
	       (jump->state == JUMP_UNTRIED && !is_own);
}

/* Whether that speaks against the jump host where it happened. A run that is being ended, or a
 * fault of ours, does not; nor does a refusal of one that has let others in: it is busy; nor one
 * connection that is spoilt. */
static bool is_fatal(struct jumps *j, uint32_t seq, struct jump *jump, const struct jump_end *e)
{
	if (jump->state == JUMP_DEAD)
		return false;
	switch (e->outcome) {
	case OUTCOME_OK:
	case OUTCOME_NOT_DONE:
	case OUTCOME_INTERNAL:
		return false;
	case OUTCOME_PROTOCOL:
	case OUTCOME_REFUSED:
		return jump->state != JUMP_PROVEN;
	case OUTCOME_TIMEOUT:
	case OUTCOME_DEADLINE:
		return jumps_has_stalled(j, seq, jump, e->now_ms);
	default:
		return true;
	}
}

/* Takes the reason. */
static int mark_dead(struct jump *jump, enum outcome outcome, char *reason)
{
	jump->state = JUMP_DEAD;
	jump->outcome = outcome;
	jump->reason = reason;
	return reason ? 0 : -1;
}

int jumps_kill(struct jump *jump, enum outcome outcome, const char *text)
{
	char *reason;
	if (asprintf(&reason, "jump host %s: %s", jump->plan->client->name, text) < 0)
		reason = NULL;
	return mark_dead(jump, outcome, reason);
}

int jumps_judge(struct jumps *j, uint32_t seq, const struct jump_end *end, struct jump **ret_dead)
{
	const struct jump_way way = jumps_way(j, seq);
	struct jump *at = end->hop < way.count ? way.items[end->hop] : NULL;
	*ret_dead = NULL;
	if (!at || !feed_leave(j->feed, seq, at->gate) || !is_fatal(j, seq, at, end))
		return 0;
	*ret_dead = at;
	/* What is said by those behind it names it already. */
	return end->hop < way.depth ? mark_dead(at, end->outcome, strdup(end->text))
				    : jumps_kill(at, end->outcome, end->text);
}

int jumps_learn_key(struct jump *jump, const struct host_key *key)
{
	struct host_key *copy = calloc(1, sizeof *copy);
	if (!copy)
		return -1;
	char *type = strdup(key->type);
	uint8_t *blob = malloc(key->blob_len ? key->blob_len : 1);
	*copy = (struct host_key){ type, blob, key->blob_len, false };
	if (!type || !blob) {
		forget_key(copy);
		return -1;
	}
	memcpy(blob, key->blob, key->blob_len);
	forget_key(jump->learned);
	jump->learned = copy;
	return 0;
}

int jumps_learn_addresses(struct jump *jump, const void *addresses, size_t count)
{
	if (jump->addresses)
		return 0;
	jump->addresses = calloc(count, sizeof *jump->addresses);
	if (!jump->addresses)
		return -1;
	memcpy(jump->addresses, addresses, count * sizeof *jump->addresses);
	jump->address_count = count;
	return 0;
}
