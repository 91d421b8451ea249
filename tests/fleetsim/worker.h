#ifndef FLEETSIM_WORKER_H
#define FLEETSIM_WORKER_H

#include <signal.h>

#include "lib/error.h"
#include "tests/fleetsim/conn.h"
#include "tests/fleetsim/rules.h"

struct options {
	const char *host_key, *authorized, *password;
	const char *ledger; /* folder; NULL: none is kept */
	const char *rules_file;
	const char *const *rules; /* before those of the file */
	size_t rule_count;
	uint64_t seed;
	uint16_t port;
	unsigned workers, seconds;
	bool is_cold, is_forced;
};

/* The rules of the arguments, then those of the file. */
int options_rules(const struct options *o, struct rules *ret_rules, struct error *err) MUST_CHECK;

/* Serves the hosts that come to this socket until SIGTERM. SIGHUP reads the rules again, which
 * counts->generation tells. */
int worker_run(const struct options *o, unsigned number, int listener, struct counts *counts,
	struct error *err) MUST_CHECK;

#endif
