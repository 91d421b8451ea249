#ifndef FLEET_CONSOLE_CHECK_H
#define FLEET_CONSOLE_CHECK_H

#include "lib/config/config.h"

/* One line of `fleet check`. check_passed() returns 0, check_failed() -1. */
int check_passed(const char *part, const char *detail);
int check_failed(const char *part, const char *detail);

/* Sends one marked test mail to the first recipient of the configuration. */
int check_mail(const struct config *config);

#endif
