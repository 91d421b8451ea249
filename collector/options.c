#include "collector/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const char usage[] =
	"usage: fleet-collector [-c FILE] [--client NAME]... [--dry-run] [-v]...\n"
	"\n"
	"Polls every client of the configuration once over SSH and stores what they say.\n"
	"Meant for cron: silent unless something is wrong.\n"
	"\n"
	"  -c, --config FILE   the configuration; without it ./config.xml,\n"
	"                      then /etc/fleet-health/config.xml\n"
	"      --client NAME   only this client, due or not; may be repeated\n"
	"      --dry-run       tell who would be polled; connects to nothing, changes nothing\n"
	"  -v, --verbose       tell each client and a summary; twice for every step\n"
	"  -h, --help; --version\n"
	"\n"
	"Exit status: 0 done, whether or not clients failed; 64 wrong usage; 69 the database\n"
	"is not reachable (what was fetched waits for the next run); 70 a fault of the program;\n"
	"71 the system refuses something, memory for instance; 73 a file or folder cannot be\n"
	"made; 74 the spool cannot be read or written; 75 another run is active; 78 the\n"
	"configuration has mistakes.\n";

enum { OPTION_CLIENT = 256, OPTION_DRY_RUN, OPTION_VERSION };

static const struct option long_options[] = {
	{ "client", required_argument, NULL, OPTION_CLIENT },
	{ "config", required_argument, NULL, 'c' },
	{ "dry-run", no_argument, NULL, OPTION_DRY_RUN },
	{ "help", no_argument, NULL, 'h' },
	{ "verbose", no_argument, NULL, 'v' },
	{ "version", no_argument, NULL, OPTION_VERSION },
	{ 0 },
};

static enum options_verdict take(struct options *o, int option)
{
	switch (option) {
	case 'c':
		o->config = optarg;
		return OPTIONS_RUN;
	case 'v':
		o->verbose++;
		return OPTIONS_RUN;
	case OPTION_CLIENT:
		o->clients[o->client_count++] = optarg;
		return OPTIONS_RUN;
	case OPTION_DRY_RUN:
		o->dry_run = true;
		return OPTIONS_RUN;
	case 'h':
		(void)fputs(usage, stdout);
		return OPTIONS_TOLD;
	case OPTION_VERSION:
		(void)puts("fleet-collector " FLEET_VERSION);
		return OPTIONS_TOLD;
	default:
		return OPTIONS_WRONG;
	}
}

enum options_verdict options_parse(int argc, char **argv, struct options *ret_options)
{
	struct options *o = ret_options;
	*o = (struct options){ .clients = calloc((size_t)argc + 1, sizeof *o->clients) };
	enum options_verdict verdict = o->clients ? OPTIONS_RUN : OPTIONS_WRONG;
	int option;
	while (verdict == OPTIONS_RUN &&
		(option = getopt_long(argc, argv, "c:hv", long_options, NULL)) != -1)
		verdict = take(o, option);
	if (verdict == OPTIONS_RUN && optind < argc) {
		(void)fprintf(stderr, "fleet-collector: unexpected argument: %s\n", argv[optind]);
		verdict = OPTIONS_WRONG;
	}
	if (verdict == OPTIONS_WRONG)
		(void)fputs("try: fleet-collector --help\n", stderr);
	return verdict;
}

void options_finish(struct options *o)
{
	free(o->clients);
	*o = (struct options){ 0 };
}
