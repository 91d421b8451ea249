#ifndef FLEET_ALERTER_RUN_H
#define FLEET_ALERTER_RUN_H

#include <signal.h>
#include <stdbool.h>

#include "lib/config/config.h"

/*
 * One run: every sample that was not judged yet moves the alerts, what moved is told. Each step
 * is one transaction, so that a run may be killed at any instruction and the next one goes on
 * from there. Returns an exit code of sysexits(3): EX_TEMPFAIL when another alerter is at work.
 */
int run_alerter(const struct config *config, const volatile sig_atomic_t *stop);

/* Prints what run_alerter() would tell, and changes nothing. */
int run_dry(const struct config *config);

#endif
