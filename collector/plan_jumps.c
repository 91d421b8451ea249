/* The jump hosts that the hosts of a plan are behind. */
#include <stdlib.h>

#include "collector/plan.h"

struct jumps {
	struct plan *plan;
	const struct plan_input *in;
	uint32_t *numbers; /* of each client, then of each <jump>: 1 + index, or 0 */
};

static uint32_t *number_of(const struct jumps *j, const struct client *c)
{
	const struct config *config = j->in->config;
	bool is_client = c >= config->clients && c < config->clients + config->client_count;
	return is_client ? &j->numbers[c - config->clients]
			 : &j->numbers[config->client_count + (size_t)(c - config->jumps)];
}

/* Those that it is behind itself come first. */
static uint32_t add(struct jumps *j, const struct client *c)
{
	uint32_t *number = c ? number_of(j, c) : NULL;
	if (!number || *number)
		return number ? *number : 0;
	uint32_t outer = add(j, c->jump);
	j->plan->jumps[j->plan->jump_count++] = (struct poll_jump){ .client = c, .jump = outer };
	return *number = (uint32_t)j->plan->jump_count;
}

int plan_add_jumps(const struct plan_input *in, struct plan *plan)
{
	size_t most = in->config->client_count + in->config->jump_count;
	struct jumps j = { plan, in, calloc(most + 1, sizeof *j.numbers) };
	size_t used = 0;
	for (size_t i = 0; i < in->config->client_count; i++)
		used += in->config->clients[i].jump != NULL;
	for (size_t i = 0; i < in->config->jump_count; i++)
		used += in->config->jumps[i].jump != NULL;
	plan->jumps = calloc(used + 1, sizeof *plan->jumps);
	if (!j.numbers || !plan->jumps) {
		free(j.numbers);
		return -1;
	}
	for (size_t i = 0; i < plan->count; i++)
		plan->hosts[i].jump = add(&j, plan->hosts[i].client->jump);
	for (size_t i = 0; i < plan->count; i++)
		plan->hosts[i].is_jump = *number_of(&j, plan->hosts[i].client);
	free(j.numbers);
	return 0;
}
