#include "collector/setup.h"

#include <sysexits.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/program.h"
#include "lib/ssh/known_hosts_fleet.h"

int setup_known_hosts(const struct config *config, struct known_hosts **ret_known)
{
	struct error err = { "" };
	if (known_hosts_load(
		    config->collector.known_hosts, program_warn_line, NULL, ret_known, &err) < 0) {
		log_error("%s", err.text);
		return EX_CONFIG;
	}
	if (known_hosts_resolve_fleet(*ret_known, config, &err) < 0)
		log_info("%s", err.text); /* it took longer, that is all */
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
