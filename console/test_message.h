#ifndef FLEET_CONSOLE_TEST_MESSAGE_H
#define FLEET_CONSOLE_TEST_MESSAGE_H

#include "lib/config/config.h"
#include "lib/send/send.h"

/* Sends one message, marked as a test, to whom this name of a mail list stands for, by the very way
 * that alerts take. It says that `command` was run here; nothing is stored. -1 when it could not
 * be made; *ret_result and *report tell what became of it otherwise. */
int test_message_send(const struct config *config, const char *name, const char *command,
	enum send_result *ret_result, struct send_report *report, struct error *err) MUST_CHECK;

#endif
