#include "collector/setup.h"

#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/file.h"
#include "lib/log.h"
#include "lib/program.h"

static size_t add_queries(
	struct known_hosts_query *queries, const struct client *clients, size_t count)
{
	for (size_t i = 0; i < count; i++)
		queries[i] = (struct known_hosts_query){ clients[i].ip, clients[i].port };
	return count;
}

/* Hashed lines: those of the whole fleet at once, and not again in every run. */
static void resolve(const struct config *config, struct known_hosts *known)
{
	struct error err = { "out of memory" };
	char *cache = path_join(config->collector.spool, "known_hosts.cache");
	struct known_hosts_query *queries =
		calloc(config->client_count + config->jump_count + 1, sizeof *queries);
	int r = -1;
	if (cache && queries) {
		size_t count = add_queries(queries, config->clients, config->client_count);
		count += add_queries(queries + count, config->jumps, config->jump_count);
		r = known_hosts_resolve(known, queries, count, cache, &err);
	}
	if (r < 0) /* slower, that is all */
		log_info("%s", err.text);
	free(queries);
	free(cache);
}

int setup_known_hosts(const struct config *config, struct known_hosts **ret_known)
{
	struct error err = { "" };
	if (known_hosts_load(
		    config->collector.known_hosts, program_warn_line, NULL, ret_known, &err) < 0) {
		log_error("%s", err.text);
		return EX_CONFIG;
	}
	resolve(config, *ret_known);
	return EX_OK;
}

int setup_keys(const struct config *config, struct keyring **ret_ring)
{
	const char *key = config->collector.key;
	struct error err = { "" };
	if (seal_init(&err) < 0) {
		log_error("%s", err.text);
		return EX_SOFTWARE;
	}
	if (access(key, F_OK) < 0) {
		if (keyring_generate(key, config->collector.pub, 0, &err) < 0) {
			log_error("%s", err.text);
			return EX_CANTCREAT;
		}
		log_warning("made the server's keys on first use: %s (secret; keep a copy) and %s",
			key, config->collector.pub);
	}
	if (keyring_load(key, ret_ring, &err) == 0)
		return EX_OK;
	log_error("%s", err.text);
	return EX_CONFIG;
}
