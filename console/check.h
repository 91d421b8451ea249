#ifndef FLEET_CONSOLE_CHECK_H
#define FLEET_CONSOLE_CHECK_H

#include "lib/compiler.h"
#include "lib/config/config.h"

/* One line of `fleet check`. check_passed() returns 0, check_failed() -1. */
int check_passed(const char *part, const char *fmt, ...) PRINTF(2, 3);
int check_failed(const char *part, const char *fmt, ...) PRINTF(2, 3);

/* Each tries one part, prints its line or lines, and returns 0, or -1 when it does not stand. */
int check_confinement(const struct config *config);
int check_heartbeat(const struct config *config);
int check_helper(const struct config *config);
int check_spool(const struct config *config);
int check_keys(const struct config *config);
int check_known_hosts(const struct config *config);
int check_probes(const struct config *config);
int check_identities(const struct config *config);
int check_asks(const struct config *config);

/* Sends one marked test mail to the first recipient of the configuration. */
int check_mail(const struct config *config);

#endif
