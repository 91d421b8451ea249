#include <sysexits.h>
#include <unistd.h>

#include "collector/options.h"
#include "collector/run.h"
#include "lib/log.h"
#include "lib/process.h"
#include "lib/program.h"

/* Somebody who names clients at a terminal wants to see how each went. */
static enum log_level level_of(const struct options *o)
{
	int level = LOG_WARNING + o->verbose;
	if (o->client_count && level < LOG_INFO && isatty(STDERR_FILENO))
		level = LOG_INFO;
	return level > LOG_DEBUG ? LOG_DEBUG : (enum log_level)level;
}

int main(int argc, char **argv)
{
	int status = EX_OK;
	const volatile sig_atomic_t *stop = process_setup();
	struct options options;
	switch (options_parse(argc, argv, &options)) {
	case OPTIONS_RUN:
		log_setup("fleet-collector", level_of(&options));
		status = options.dry_run ? run_dry(&options) : run(&options, stop);
		break;
	case OPTIONS_TOLD:
		status = program_told();
		break;
	case OPTIONS_WRONG:
		status = EX_USAGE;
	}
	options_finish(&options);
	return status;
}
