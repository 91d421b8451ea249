#include <stdio.h>
#include <sysexits.h>

#include "console/console.h"
#include "lib/log.h"

/* Line 0: it concerns the whole file. */
static void print_problem(const struct config_problem *p)
{
	void (*print)(const char *fmt, ...) PRINTF(1, 2) = p->warning ? log_warning : log_error;
	if (p->line)
		print("%s:%d: %s", p->file, p->line, p->text);
	else
		print("%s: %s", p->file, p->text);
}

struct config *setup_config(const char *path)
{
	if (!path)
		path = config_default_path();
	if (!path) {
		log_error("no config.xml here, nor /etc/fleet-health/config.xml: "
			  "name it with -c, or make one with `fleet init`");
		return NULL;
	}
	struct config *config = NULL;
	struct config_problems problems = { 0 };
	int failed = config_load(path, &config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		print_problem(&problems.items[i]);
	config_problems_finish(&problems);
	return failed ? NULL : config;
}

int setup_clients(
	const struct config *config, char **names, size_t count, const struct client **ret_clients)
{
	int result = 0;
	for (size_t i = 0; i < count; i++) {
		ret_clients[i] = config_client(config, names[i]);
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
