#ifndef FLEET_ALERTER_OPTIONS_H
#define FLEET_ALERTER_OPTIONS_H

#include <stdbool.h>

/*
 * The command line. `exit_code` is what main() returns when `done`: help and version were
 * printed, or a mistake was said.
 */
struct options {
	const char *config; /* NULL when none is named */
	bool dry_run;
	int verbose;
	bool done;
	int exit_code;
};

struct options options_parse(int argc, char **argv);

#endif
