#include "lib/alerts/reach.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 24 }; /* parents above one another, and jump hosts */

static size_t find_client(
	const struct reach *r, const struct config *config, const struct client *c)
{
	if (!c)
		return REACH_NONE;
	if (c >= config->clients && c < config->clients + config->client_count)
		return (size_t)(c - config->clients);
	return r->clients + (size_t)(c - config->jumps);
}

static size_t find_parent(
	const struct reach *r, const struct config *config, const struct parent *parent)
{
	if (parent->node)
		return r->clients + r->jumps + (size_t)(parent->node - config->nodes);
	return find_client(r, config, parent->client);
}

static struct reach_place make_machine(
	const struct reach *r, const struct config *config, const struct client *c)
{
	return (struct reach_place){
		.kind = find_client(r, config, c) < r->clients ? REACH_CLIENT : REACH_JUMP,
		.name = c->name,
		.client = c,
		.above = { find_client(r, config, c->jump), find_parent(r, config, &c->parent) },
	};
}

int reach_init(struct reach *r, const struct config *config)
{
	*r = (struct reach){ .clients = config->client_count,
		.jumps = config->jump_count,
		.nodes = config->node_count };
	r->places = calloc(r->clients + r->jumps + r->nodes + 1, sizeof *r->places);
	if (!r->places)
		return -1;
	for (size_t i = 0; i < r->clients; i++)
		r->places[r->count++] = make_machine(r, config, &config->clients[i]);
	for (size_t i = 0; i < r->jumps; i++)
		r->places[r->count++] = make_machine(r, config, &config->jumps[i]);
	for (size_t i = 0; i < r->nodes; i++)
		r->places[r->count++] = (struct reach_place){
			.kind = REACH_NODE,
			.name = config->nodes[i].name,
			.node = &config->nodes[i],
			.above = { REACH_NONE, find_parent(r, config, &config->nodes[i].parent) },
		};
	for (size_t i = 0; i < r->count; i++) {
		const size_t *above = r->places[i].above;
		for (int way = 0; way < 2; way++)
			if (above[way] != REACH_NONE)
				r->places[above[way]].has_behind = true;
		if (above[0] != REACH_NONE)
			r->places[above[0]].is_way = true;
	}
	return 0;
}

void reach_finish(struct reach *r)
{
	free(r->places);
	*r = (struct reach){ 0 };
}

size_t reach_find(const struct reach *r, enum reach_kind kind, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->places[i].kind == kind && strcmp(r->places[i].name, name) == 0)
			return i;
	return REACH_NONE;
}

static bool is_down(const struct reach *r, size_t place)
{
	return place != REACH_NONE && r->places[place].is_down;
}

static bool behind(const struct reach *r, size_t from, size_t place, unsigned depth)
{
	for (int way = 0; way < 2 && depth > 0; way++) {
		size_t at = r->places[from].above[way];
		if (at != REACH_NONE && (at == place || behind(r, at, place, depth - 1)))
			return true;
	}
	return false;
}

bool reach_is_behind(const struct reach *r, size_t client, size_t place)
{
	return behind(r, client, place, DEPTH_MAX);
}

static void judge_machines(struct reach *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct reach_place *p = &r->places[i];
		p->is_down = p->own != CONTACT_GOOD || p->passage != CONTACT_GOOD;
		p->cause = REACH_NONE;
		p->hung = p->hung_down = p->hung_lost = 0;
	}
}

/* Counts a machine at the nodes that it hangs on, as far as the next machine. One behind a jump
 * host that is down says nothing about them. */
static void count_hung(struct reach *r, const struct reach_place *p)
{
	bool lost = p->own == CONTACT_LOST || p->passage == CONTACT_LOST;
	if (p->kind == REACH_NODE || is_down(r, p->above[0]))
		return;
	size_t at = p->above[1];
	for (unsigned i = 0; i < DEPTH_MAX && at != REACH_NONE; i++) {
		struct reach_place *node = &r->places[at];
		if (node->kind != REACH_NODE)
			break;
		node->hung++;
		node->hung_down += p->is_down;
		node->hung_lost += lost;
		at = node->above[1];
	}
}

static void judge_nodes(struct reach *r)
{
	for (size_t i = 0; i < r->count; i++)
		count_hung(r, &r->places[i]);
	for (size_t i = r->clients + r->jumps; i < r->count; i++) {
		struct reach_place *node = &r->places[i];
		node->is_down = node->hung >= NODE_MIN && node->hung_down == node->hung &&
				node->hung_lost > 0;
	}
}

/* The nearest above that is down; what is above a node that seems well may still be. */
static size_t find_down(const struct reach *r, size_t at)
{
	for (unsigned i = 0; i < DEPTH_MAX && at != REACH_NONE; i++) {
		if (r->places[at].is_down)
			return at;
		at = r->places[at].kind == REACH_NODE ? r->places[at].above[1] : REACH_NONE;
	}
	return REACH_NONE;
}

static void find_causes(struct reach *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct reach_place *p = &r->places[i];
		if (p->is_down)
			p->cause = find_down(r, p->above[0]);
		if (p->is_down && p->cause == REACH_NONE)
			p->cause = find_down(r, p->above[1]);
	}
}

/* What is at fault in the end. */
static size_t find_root(const struct reach *r, size_t at)
{
	for (unsigned i = 0; i < DEPTH_MAX && r->places[at].cause != REACH_NONE; i++)
		at = r->places[at].cause;
	return at;
}

bool reach_is_known(const struct reach *r, size_t at)
{
	for (unsigned i = 0; i < DEPTH_MAX && at != REACH_NONE; i++, at = r->places[at].cause)
		if (r->places[at].is_known)
			return true;
	return false;
}

/* Faults are counted up to ISOLATED_MIN. */
static void judge_isolation(struct reach *r)
{
	size_t roots[ISOLATED_MIN], faults = 0;
	bool beyond_doubt = false;
	r->lost = r->present = 0;
	for (size_t i = 0; i < r->clients; i++) {
		const struct reach_place *p = &r->places[i];
		bool is_known = reach_is_known(r, i);
		r->present += !is_known;
		if (!p->is_down || is_known)
			continue;
		r->lost++;
		beyond_doubt = beyond_doubt || p->own == CONTACT_LOST;
		size_t root = find_root(r, i), k = 0;
		while (k < faults && roots[k] != root)
			k++;
		if (k == faults && faults < ISOLATED_MIN)
			roots[faults++] = root;
	}
	r->is_isolated = beyond_doubt && faults >= ISOLATED_MIN && r->lost * 2 >= r->present;
}

void reach_judge(struct reach *r)
{
	judge_machines(r);
	judge_nodes(r);
	find_causes(r);
	judge_isolation(r);
}
