#include "collector/setup.h"

#include <sysexits.h>
#include <unistd.h>

#include "lib/log.h"

static void say_problems(const struct config_problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		const struct config_problem *p = &problems->items[i];
		/* Warnings are for `fleet check`: cron would mail them every minute. */
		void (*say)(const char *fmt, ...) = p->warning ? log_info : log_error;
		if (p->line > 0)
			say("%s:%d: %s", p->file, p->line, p->text);
		else
			say("%s: %s", p->file, p->text);
	}
}

int setup_config(const struct options *options, struct config **ret_config)
{
	CLEANUP(config_problems_finish) struct config_problems problems = { 0 };
	const char *path = options->config ? options->config : config_default_path();
	if (!path) {
		log_error("neither ./config.xml nor /etc/fleet-health/config.xml is there: "
			  "name one with -c FILE, or make one: fleet init");
		return EX_CONFIG;
	}
	int r = config_load(path, ret_config, &problems);
	say_problems(&problems);
	return r < 0 ? EX_CONFIG : EX_OK;
}

static void warn_known_hosts(void *arg, const char *file, int line, const char *text)
{
	(void)arg;
	log_warning("%s:%d: %s", file, line, text);
}

int setup_known_hosts(const struct config *config, struct known_hosts **ret_known)
{
	struct error err = { "" };
	if (known_hosts_load(
		    config->collector.known_hosts, warn_known_hosts, NULL, ret_known, &err) == 0)
		return EX_OK;
	log_error("%s", err.text);
	return EX_CONFIG;
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
