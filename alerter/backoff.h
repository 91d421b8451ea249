#ifndef FLEET_ALERTER_BACKOFF_H
#define FLEET_ALERTER_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

/*
 * When to try again. Pure.
 */

/* Milliseconds to wait after this many failed tries of one mail (from 1): a minute, doubled
 * each time, at most an hour. */
int64_t backoff_mail_ms(uint32_t tries);

/* The same while the server takes no mail at all: a minute, at most a quarter of an hour, so
 * that a weekend of refused logins neither locks the account nor delays Monday's first mail. */
int64_t backoff_channel_ms(uint32_t tries);

/* Whether a mail composed then has waited long enough to be given up: five days, as RFC 5321,
 * section 4.5.4.1 has it, and a dozen tries, as the clock may have jumped. Only the server's own
 * "later" counts, never a fault of the channel. */
bool backoff_gives_up(uint32_t tries, int64_t created_at, int64_t now);

#endif
