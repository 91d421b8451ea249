/*
 * fleet-alerter: from samples to alerts to the people they concern. One run, from cron.
 */
#include <sysexits.h>

#include "alerter/options.h"
#include "alerter/run.h"
#include "lib/log.h"
#include "lib/process.h"
#include "lib/program.h"

int main(int argc, char **argv)
{
	const volatile sig_atomic_t *stop = process_setup();
	log_setup("fleet-alerter", LOG_WARNING);
	struct options o = options_parse(argc, argv);
	if (o.done)
		return o.exit_code;
	log_setup("fleet-alerter", o.verbose > 1 ? LOG_DEBUG : o.verbose ? LOG_INFO : LOG_WARNING);
	struct config *config = program_load_config(o.config, false);
	if (!config)
		return EX_CONFIG;
	int exit_code = o.dry_run ? run_dry(config) : run_alerter(config, stop);
	if (exit_code == EX_OK && !o.dry_run && !*stop)
		program_heartbeat(config->alerter.heartbeat);
	config_destroy(config);
	return exit_code;
}
