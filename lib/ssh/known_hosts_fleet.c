#include "lib/ssh/known_hosts_fleet.h"

#include <stdlib.h>

#include "lib/file.h"

static size_t add_queries(
	struct known_hosts_query *queries, const struct client *clients, size_t count)
{
	for (size_t i = 0; i < count; i++)
		queries[i] = (struct known_hosts_query){ clients[i].ip, clients[i].port };
	return count;
}

int known_hosts_resolve_fleet(struct known_hosts *k, const struct config *config, struct error *err)
{
	char *cache = path_join(config->collector.spool, "known_hosts.cache");
	struct known_hosts_query *queries =
		calloc(config->client_count + config->jump_count + 1, sizeof *queries);
	int r = -1;
	if (cache && queries) {
		size_t count = add_queries(queries, config->clients, config->client_count);
		count += add_queries(queries + count, config->jumps, config->jump_count);
		r = known_hosts_resolve(k, queries, count, cache, err);
	} else {
		(void)error_no_memory(err);
	}
	free(queries);
	free(cache);
	return r;
}
