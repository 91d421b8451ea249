#ifndef FLEET_ALERTER_BACKOFF_H
#define FLEET_ALERTER_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When to try again. Pure.
 */

/* Milliseconds to wait after this many failed tries of one message (from 1): a minute, doubled
 * each time, at most an hour. */
int64_t backoff_message_ms(uint32_t tries);

/* The same while a mail server, webhook or command takes nothing at all: a minute, at most a
 * quarter of an hour, so that a weekend of refused logins neither locks the account nor delays
 * Monday's first mail. */
int64_t backoff_channel_ms(uint32_t tries);

/* Whether a message composed then has waited long enough to be given up: five days, as RFC 5321,
 * section 4.5.4.1 has it, and a dozen tries, as the clock may have jumped. Only the server's own
 * "later" counts, never a fault of the channel. */
bool backoff_gives_up(uint32_t tries, int64_t created_at, int64_t now);

#endif
