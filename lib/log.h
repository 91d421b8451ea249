#ifndef FLEET_LOG_H
#define FLEET_LOG_H

#include <stdint.h>

#include "lib/compiler.h"

/*
 * The programs' one way to speak to their administrator: lines on standard error, so that
 * cron mails them. Each failure is logged once, by a program, never by lib/:
 *
 *   error    the run is broken
 *   warning  a host is broken
 *   info     the summary (-v)
 *   debug    state changes (-v -v)
 *
 * Control characters and invalid UTF-8 in the text are escaped, since parts of it may come
 * from a remote host. errno is kept.
 */
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

/* `program` must outlive the program; it opens every line. Default level: LOG_WARNING. */
void log_setup(const char *program, enum log_level level);

/* The level in force, for handing it on to another process. */
enum log_level log_level_now(void);

/* Of so many things: what their regular English noun ends in, in any message. */
static inline const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void log_error(const char *fmt, ...) PRINTF(1, 2);
void log_warning(const char *fmt, ...) PRINTF(1, 2);
void log_info(const char *fmt, ...) PRINTF(1, 2);
void log_debug(const char *fmt, ...) PRINTF(1, 2);

#endif
