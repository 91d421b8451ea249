#ifndef FLEET_PROCESS_H
#define FLEET_PROCESS_H

#include <signal.h>

/*
 * What a program started by cron has to see to first: descriptors 0 to 2 may be closed, and
 * whatever is opened next would take their place; files are private by default; SIGTERM asks
 * for a clean end; a reader that went away is an error of write(2), not a death.
 *
 * A descriptor that was closed becomes /dev/null, opened the other way round: reading from 0 and
 * writing to 1 or 2 fail with EBADF, so that nothing is believed to be told that was not.
 *
 * Returns the flag that SIGTERM, SIGINT and SIGHUP set.
 */
const volatile sig_atomic_t *process_setup(void);

/* The descriptors alone, for a program that a person may interrupt. */
void process_fill_descriptors(void);

#endif
