/* Every machine once, jump hosts before those behind them. */
#include <stdlib.h>

#include "console/console.h"
#include "lib/log.h"

struct round {
	const struct config *config;
	visit_machine *visit;
	void *arg;
	const struct client **dead; /* nobody behind them is tried */
	size_t dead_count;
};

static unsigned depth_of(const struct client *c)
{
	unsigned depth = 0;
	for (; c->jump; c = c->jump)
		depth++;
	return depth;
}

static const struct client *find_dead(const struct round *r, const struct client *c)
{
	for (const struct client *at = c->jump; at; at = at->jump)
		for (size_t i = 0; i < r->dead_count; i++)
			if (r->dead[i] == at)
				return at;
	return NULL;
}

static void visit(struct round *r, const struct client *machines, size_t count, unsigned depth)
{
	for (size_t i = 0; i < count; i++) {
		const struct client *c = &machines[i];
		if (depth_of(c) != depth)
			continue;
		const struct client *dead = find_dead(r, c);
		enum visited visited = r->visit(r->arg, c, dead);
		if (visited == VISIT_FAILED)
			r->dead[r->dead_count++] = c;
		else if (visited == VISIT_JUMP_FAILED && !dead)
			r->dead[r->dead_count++] = c->jump;
	}
}

int machines_visit(const struct config *config, visit_machine *function, void *arg)
{
	size_t most = config->client_count + config->jump_count + 1;
	struct round r = { config, function, arg, calloc(most, sizeof *r.dead), 0 };
	if (!r.dead) {
		log_error("out of memory");
		return -1;
	}
	for (unsigned depth = 0; depth <= CONFIG_JUMPS_MAX; depth++) {
		visit(&r, config->jumps, config->jump_count, depth);
		visit(&r, config->clients, config->client_count, depth);
	}
	free(r.dead);
	return 0;
}
