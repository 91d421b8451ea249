/*
 * fleet keygen: the server's key. A rotated key is put before the old ones, which go on
 * opening what clients still keep.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "console/console.h"
#include "lib/log.h"

int cmd_keygen(const char *config_path, int argc, char **argv)
{
	bool rotate = argc == 2 && strcmp(argv[1], "--rotate") == 0;
	if (argc != 1 + rotate)
		return setup_usage("keygen", "[--rotate]");
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	if (!config)
		return EX_CONFIG;

	struct error err;
	const struct collector_config *c = &config->collector;
	if (keyring_generate(c->key, c->pub, rotate, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	struct keyring *ring CLEANUP(keyring_cleanup) = NULL;
	if (keyring_load(c->key, &ring, &err) != 0) {
		log_error("%s", err.text);
		return EX_NOINPUT;
	}
	for (size_t i = 0; i < keyring_count(ring); i++) {
		const struct keyring_entry *e = keyring_entry(ring, i);
		printf("%s  made %s  %s\n", e->id, e->created,
			i == 0 ? "seals and opens" : "opens what clients still keep");
	}
	return EX_OK;
}
