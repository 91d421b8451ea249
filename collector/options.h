#ifndef FLEET_COLLECTOR_OPTIONS_H
#define FLEET_COLLECTOR_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct options {
	const char *config;   /* NULL = the default path */
	const char **clients; /* points into argv */
	size_t client_count;
	bool dry_run;
	int verbose;
};

enum options_verdict { OPTIONS_RUN, OPTIONS_TOLD, OPTIONS_WRONG };

/* Reads the command line. TOLD: help or version went to stdout; WRONG: said on stderr. */
enum options_verdict options_parse(int argc, char **argv, struct options *ret_options);

void options_finish(struct options *o);

#endif
