#ifndef FLEETSIM_WORKER_H
#define FLEETSIM_WORKER_H

#include "lib/error.h"
#include "tests/fleetsim/conn.h"
#include "tests/fleetsim/options.h"

/* Serves the hosts that come to this socket until SIGTERM. SIGHUP reads the rules again, which
 * counts->generation tells. */
int worker_run(const struct options *o, unsigned number, int listener, struct counts *counts,
	struct error *err) MUST_CHECK;

#endif
