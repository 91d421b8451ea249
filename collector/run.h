#ifndef FLEET_COLLECTOR_RUN_H
#define FLEET_COLLECTOR_RUN_H

#include <signal.h>

#include "collector/options.h"

/*
 * One run: one cycle over the fleet. Each step leaves the world so that the program can be
 * killed after any instruction of it and the next run converges. No connection to the database
 * is open when a process is forked.
 *
 * Returns the exit status (sysexits.h). `stop` may be set by a signal at any time: no new host
 * is started, what was fetched is stored, and the run ends well.
 */
int run(const struct options *options, const volatile sig_atomic_t *stop);

/* --dry-run: tells on standard output whom a run would poll. Changes nothing. */
int run_dry(const struct options *options);

#endif
