#include "collector/plan.h"

#include <stdlib.h>
#include <string.h>

bool plan_is_due(int64_t every_ms, const struct last_host *last, int64_t now)
{
	if (every_ms <= 0 || !last || last->attempted_at > now) /* the clock went back */
		return true;
	return now - last->attempted_at >= every_ms - every_ms / 10;
}

static bool is_named(const struct plan_input *in, const char *name)
{
	for (size_t i = 0; i < in->only_count; i++)
		if (strcmp(in->only[i], name) == 0)
			return true;
	return false;
}

static int check_names(const struct plan_input *in, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer unknown = { .cap = 512 };
	for (size_t i = 0; i < in->only_count; i++)
		if (!config_client(in->config, in->only[i]))
			(void)!buffer_printf(&unknown, " %s", in->only[i]);
	if (unknown.len)
		return error_set(
			err, "%s: no client of the name%s", in->config->file, unknown.data);
	return 0;
}

static void fill_host(struct poll_host *h, const struct plan_input *in, const struct client *c,
	enum feed_turn turn)
{
	*h = (struct poll_host){
		.client = c,
		.deadline_ms = c->timeout_ms,
		.turn = turn,
	};
	if (in->known)
		h->key_count =
			known_hosts_find(in->known, c->ip, c->port, h->keys, ARRAY_LEN(h->keys));
	if (h->key_count > ARRAY_LEN(h->keys) && !h->keys[ARRAY_LEN(h->keys) - 1].revoked)
		h->key_count = ARRAY_LEN(h->keys);
}

static enum feed_turn turn_of(const struct last_host *last)
{
	if (!last || last->outcome == OUTCOME_OK)
		return TURN_FINE;
	return last->outcome == OUTCOME_NOT_DONE ? TURN_MISSED : TURN_DOWN;
}

static void take(const struct plan_input *in, enum feed_turn turn, struct plan *plan)
{
	for (size_t i = 0; i < in->config->client_count; i++) {
		const struct client *c = &in->config->clients[i];
		const struct last_host *last = last_hosts_find(in->last, c->name);
		if (turn_of(last) != turn)
			continue;
		if (in->only_count && !is_named(in, c->name))
			continue;
		if (!in->only_count && !plan_is_due(c->every_ms, last, in->now))
			plan->not_due++;
		else
			fill_host(&plan->hosts[plan->count++], in, c, turn);
	}
}

/* Of those that missed their turn, all of whom have a last host; in the file's order if even. */
static int compare_missed(const void *a, const void *b, void *arg)
{
	const struct last_hosts *last = arg;
	const struct client *c = ((const struct poll_host *)a)->client;
	const struct client *d = ((const struct poll_host *)b)->client;
	int64_t at_c = last_hosts_find(last, c->name)->attempted_at;
	int64_t at_d = last_hosts_find(last, d->name)->attempted_at;
	return at_c != at_d ? (at_c > at_d) - (at_c < at_d) : (c > d) - (c < d);
}

int plan_make(const struct plan_input *in, struct plan *ret_plan, struct error *err)
{
	if (check_names(in, err) < 0)
		return -1;
	struct plan plan = { .hosts = calloc(in->config->client_count + 1, sizeof *plan.hosts) };
	if (!plan.hosts)
		return error_set(err, "out of memory");
	take(in, TURN_MISSED, &plan);
	qsort_r(plan.hosts, plan.count, sizeof *plan.hosts, compare_missed,
		(void *)(uintptr_t)in->last);
	take(in, TURN_FINE, &plan);
	take(in, TURN_DOWN, &plan);
	*ret_plan = plan;
	return 0;
}

static void stamp(
	struct wire_request *r, const char *client, const struct keyring *ring, uint64_t attempt_id)
{
	*r = (struct wire_request){
		.attempt_id = attempt_id,
		.files_max = WIRE_FILES_MAX,
		.bytes_max = WIRE_BYTES_MAX,
	};
	memcpy(r->public_key, keyring_entry(ring, 0)->public_key, sizeof r->public_key);
	keyring_folder(ring, 0, client, r->key_id.hex);
	keyring_nonce(ring, 0, client, attempt_id, r->nonce);
	for (size_t i = 0; i < keyring_count(ring) && i < WIRE_KEY_IDS_MAX; i++)
		keyring_folder(ring, i, client, r->open[r->open_count++].hex);
}

void plan_stamp(
	struct plan *plan, const struct keyring *ring, struct attempt_clock *clock, int64_t now)
{
	for (size_t i = 0; i < plan->count; i++)
		stamp(&plan->hosts[i].request, plan->hosts[i].client->name, ring,
			attempt_next(clock, now));
}

void plan_finish(struct plan *plan)
{
	free(plan->hosts);
	*plan = (struct plan){ 0 };
}
