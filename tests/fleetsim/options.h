#ifndef FLEETSIM_OPTIONS_H
#define FLEETSIM_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/error.h"
#include "tests/fleetsim/rules.h"

enum { WORKERS_MAX = 16, OPTION_RULES_MAX = 64 };

struct options {
	const char *host_key, *authorized, *password;
	const char *ledger; /* folder; NULL: none is kept */
	const char *rules_file;
	const char *rules[OPTION_RULES_MAX]; /* before those of the file */
	size_t rule_count;
	unsigned seed, port, workers, seconds;
	bool is_cold, is_forced;
	const char *range; /* "ADDRESS:COUNT": only tell their faults; else NULL */
};

extern const char options_usage[];

/* Returns -1 when they make no sense. */
int options_parse(int argc, char **argv, struct options *ret_options) MUST_CHECK;

/* The rules of the arguments, then those of the file. */
int options_rules(const struct options *o, struct rules *ret_rules, struct error *err) MUST_CHECK;

#endif
