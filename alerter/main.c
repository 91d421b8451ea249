/*
 * fleet-alerter: from samples to alerts to the people they concern. One run, from cron.
 */
#include <sysexits.h>

#include "alerter/options.h"
#include "alerter/run.h"
#include "lib/config/config.h"
#include "lib/log.h"
#include "lib/process.h"

static int load(const char *path, struct config **ret_config)
{
	struct config_problems problems = { 0 };
	int result = config_load(path, ret_config, &problems);
	for (size_t i = 0; i < problems.count; i++) {
		const struct config_problem *p = &problems.items[i];
		if (p->warning) /* for `fleet check`: cron would mail it every minute */
			log_info("%s:%d: %s", p->file, p->line, p->text);
		else if (p->line > 0)
			log_error("%s:%d: %s", p->file, p->line, p->text);
		else
			log_error("%s: %s", p->file, p->text);
	}
	config_problems_finish(&problems);
	return result;
}

int main(int argc, char **argv)
{
	const volatile sig_atomic_t *stop = process_setup();
	log_setup("fleet-alerter", LOG_WARNING);
	struct options o = options_parse(argc, argv);
	if (o.done)
		return o.exit_code;
	log_setup("fleet-alerter", o.verbose > 1 ? LOG_DEBUG : o.verbose ? LOG_INFO : LOG_WARNING);
	if (!o.config) {
		log_error("no config.xml here nor in /etc/fleet-health; name one with -c FILE");
		return EX_CONFIG;
	}
	struct config *config = NULL;
	if (load(o.config, &config) < 0)
		return EX_CONFIG;
	int exit_code = o.dry_run ? run_dry(config) : run_alerter(config, stop);
	config_destroy(config);
	return exit_code;
}
