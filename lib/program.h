#ifndef FLEET_PROGRAM_H
#define FLEET_PROGRAM_H

#include "lib/compiler.h"
#include "lib/config/config.h"

/*
 * The first steps of every program. Unlike the rest of lib/ this speaks to the administrator
 * itself, through lib/log.h: what it says is the same whoever starts.
 */

/* Loads the configuration at `path`, or where it is looked for when that is NULL, and says
 * every mistake in it. Warnings are said only when `warnings` is set: they are for a person who
 * checks, not for cron to mail every minute; without it they are told with -v. NULL when the
 * configuration is missing or refused. */
struct config *program_load_config(const char *path, bool warnings) MUST_CHECK;

/* How a program ends that has said what it was asked for: EX_OK, or EX_IOERR when standard output
 * did not take all of it. */
int program_told(void);

/* Tells whoever waits for it that a run was good: asks for this URL, "" for none. That it cannot be
 * told is a warning and nothing more. */
void program_heartbeat(const char *url);

/* A known_hosts_warning that says it. */
void program_warn_line(void *arg, const char *file, int line, const char *text);

#endif
