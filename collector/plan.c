/*
 * First who is due, by the number of the period that it is; then their order: everybody is ranked
 * by a class, and by a key within it, and one sort makes the plan.
 */
#include "collector/plan.h"

#include <stdlib.h>
#include <string.h>

#include "lib/crypto/hash.h"

enum { EARLY_MAX_MS = 10000 };

static int64_t early_ms(int64_t every_ms)
{
	return every_ms < 10 * EARLY_MAX_MS ? every_ms / 10 : EARLY_MAX_MS;
}

/* The number of the period that a time is in. */
static int64_t period(int64_t every_ms, int64_t offset_ms, int64_t at)
{
	return (at - offset_ms + every_ms) / every_ms;
}

/* Shortly before a period that is as good as due. */
static bool is_early(int64_t every_ms, int64_t offset_ms, int64_t last_at, int64_t now)
{
	int64_t early = early_ms(every_ms), done = period(every_ms, offset_ms, last_at);
	return period(every_ms, offset_ms, now) == done &&
	       period(every_ms, offset_ms, now + early) > done && now - last_at >= every_ms - early;
}

bool plan_is_due(int64_t every_ms, int64_t offset_ms, int64_t last_at, int64_t now)
{
	if (every_ms <= 0 || last_at <= 0 || last_at - now > early_ms(every_ms))
		return true;
	return period(every_ms, offset_ms, now) > period(every_ms, offset_ms, last_at) ||
	       is_early(every_ms, offset_ms, last_at, now);
}

int64_t plan_attempt_at(int64_t every_ms, int64_t offset_ms, int64_t last_at, int64_t now)
{
	if (every_ms <= 0 || last_at <= 0 || !is_early(every_ms, offset_ms, last_at, now))
		return now;
	return period(every_ms, offset_ms, now) * every_ms + offset_ms;
}

int64_t plan_offset(const char *client, int64_t every_ms)
{
	uint8_t digest[HASH_DIGEST_SIZE];
	uint64_t number = 0;
	hash_digest(client, strlen(client), digest);
	for (size_t i = 0; i < sizeof number; i++)
		number = number << 8 | digest[i];
	return every_ms > 0 ? (int64_t)(number % (uint64_t)every_ms) : 0;
}

static bool is_due(const struct client *c, const struct last_host *last, int64_t now)
{
	return !c->every_ms || !last || last->missed ||
	       plan_is_due(c->every_ms, plan_offset(c->name, c->every_ms), last->attempted_at, now);
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

/* Revoked ones come first: when all that fit are such, there may be more of them. */
static void find_keys(
	const struct known_hosts *known, const struct client *c, struct poll_keys *ret_keys)
{
	size_t count = known_hosts_find(
		known, c->ip, c->port, ret_keys->items, ARRAY_LEN(ret_keys->items));
	bool fits = count <= ARRAY_LEN(ret_keys->items);
	ret_keys->count = fits ? (uint32_t)count : (uint32_t)ARRAY_LEN(ret_keys->items);
	ret_keys->is_crowded = !fits && ret_keys->items[ret_keys->count - 1].revoked;
}

void plan_find_keys(struct plan *plan, const struct known_hosts *known)
{
	for (size_t i = 0; i < plan->count; i++)
		find_keys(known, plan->hosts[i].client, &plan->hosts[i].keys);
	for (size_t i = 0; i < plan->jump_count; i++)
		find_keys(known, plan->jumps[i].client, &plan->jumps[i].keys);
}

/* ---- the order -------------------------------------------------------------------------- */

enum rank_class { CLASS_MISSED, CLASS_FINE, CLASS_NEW, CLASS_DOWN, CLASS_SUSPECT, CLASS_COUNT };

struct rank {
	const struct client *client;
	enum rank_class class;
	int64_t key;  /* the smaller, the earlier within its class */
	uint64_t tie; /* of those whose keys are the same */
};

struct ranks {
	struct rank *items; /* of those who are to be polled */
	size_t count, of_class[CLASS_COUNT];
};

static enum rank_class class_of(const struct last_host *last)
{
	if (!last)
		return CLASS_NEW;
	if (last->outcome == OUTCOME_INTERNAL)
		return CLASS_SUSPECT;
	if (last->outcome != OUTCOME_OK && last->outcome != OUTCOME_NOT_DONE)
		return CLASS_DOWN;
	return last->missed ? CLASS_MISSED : CLASS_FINE;
}

/* In each run another number: innocent ones must not always be beside the same killer. */
static uint64_t shuffle(const char *client, int64_t now)
{
	uint64_t number = (uint64_t)plan_offset(client, INT64_MAX) ^ (uint64_t)now;
	return number * UINT64_C(0x9e3779b97f4a7c15); /* Knuth's multiplicative hashing */
}

static void add_rank(
	struct ranks *ranks, const struct client *c, const struct last_host *last, int64_t now)
{
	struct rank *r = &ranks->items[ranks->count++];
	*r = (struct rank){ .client = c, .class = class_of(last) };
	if (last)
		r->key = r->class == CLASS_FINE ? -(int64_t)last->duration_ms : last->attempted_at;
	if (r->class == CLASS_SUSPECT)
		r->tie = shuffle(c->name, now);
	ranks->of_class[r->class]++;
}

static int compare_ranks(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	if (x->tie != y->tie)
		return x->tie < y->tie ? -1 : 1;
	return (x->client > y->client) - (x->client < y->client);
}

static bool is_wanted(
	const struct plan_input *in, const struct client *c, const struct last_host *last)
{
	return in->only_count ? is_named(in, c->name) : is_due(c, last, in->now);
}

static void rank_all(const struct plan_input *in, struct ranks *ranks, size_t *ret_not_due)
{
	for (size_t i = 0; i < in->config->client_count; i++) {
		const struct client *c = &in->config->clients[i];
		const struct last_host *last = last_hosts_find(in->last, c->name);
		if (is_wanted(in, c, last))
			add_rank(ranks, c, last, in->now);
		else if (!in->only_count)
			++*ret_not_due;
	}
	if (ranks->count)
		qsort(ranks->items, ranks->count, sizeof *ranks->items, compare_ranks);
}

static void take(struct plan *plan, const struct rank *ranks, size_t count)
{
	static const enum feed_turn turns[] = {
		[CLASS_MISSED] = TURN_MISSED,
		[CLASS_FINE] = TURN_FINE,
		[CLASS_NEW] = TURN_FINE,
		[CLASS_DOWN] = TURN_DOWN,
		[CLASS_SUSPECT] = TURN_SUSPECT,
	};
	for (size_t i = 0; i < count; i++)
		plan->hosts[plan->count++] = (struct poll_host){
			.client = ranks[i].client,
			.deadline_ms = ranks[i].client->timeout_ms,
			.turn = turns[ranks[i].class],
		};
}

/* As they are sorted, but the new ones in the midst of the fine ones. */
static void take_all(struct plan *plan, const struct ranks *ranks)
{
	const size_t *n = ranks->of_class;
	size_t half = (n[CLASS_FINE] + 1) / 2;
	const struct rank *fine = ranks->items + n[CLASS_MISSED], *new = fine + n[CLASS_FINE];
	take(plan, ranks->items, n[CLASS_MISSED] + half);
	take(plan, new, n[CLASS_NEW]);
	take(plan, fine + half, n[CLASS_FINE] - half);
	take(plan, new + n[CLASS_NEW], n[CLASS_DOWN] + n[CLASS_SUSPECT]);
}

int plan_make(const struct plan_input *in, struct plan *ret_plan, struct error *err)
{
	struct plan plan = { 0 };
	struct ranks ranks = { 0 };
	if (check_names(in, err) < 0)
		return -1;
	ranks.items = calloc(in->config->client_count + 1, sizeof *ranks.items);
	if (ranks.items)
		rank_all(in, &ranks, &plan.not_due);
	plan.hosts = calloc(ranks.count + 1, sizeof *plan.hosts);
	bool ok = ranks.items && plan.hosts;
	if (ok)
		take_all(&plan, &ranks);
	ok = ok && plan_add_jumps(in, &plan) == 0;
	free(ranks.items);
	if (!ok) {
		plan_finish(&plan);
		return error_no_memory(err);
	}
	*ret_plan = plan;
	return 0;
}

void plan_stamp(struct plan *plan, struct attempt_clock *clock, int64_t now)
{
	for (size_t i = 0; i < plan->count; i++)
		plan->hosts[i].attempt_id = attempt_next(clock, now);
}

void plan_finish(struct plan *plan)
{
	free(plan->hosts);
	free(plan->jumps);
	*plan = (struct plan){ 0 };
}
