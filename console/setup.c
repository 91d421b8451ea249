#include <sysexits.h>

#include "console/console.h"
#include "lib/log.h"

int setup_clients(
	const struct config *config, char **names, size_t count, const struct client **ret_clients)
{
	int result = 0;
	for (size_t i = 0; i < count; i++) {
		ret_clients[i] = config_machine(config, names[i]);
		if (!ret_clients[i])
			result = -1;
		if (!ret_clients[i])
			log_error("%s: there is no client '%s'", config->file, names[i]);
	}
	return result;
}

int setup_usage(const char *command, const char *arguments)
{
	log_error("usage: fleet [-c FILE] %s %s", command, arguments);
	return EX_USAGE;
}
