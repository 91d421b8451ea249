#ifndef FLEET_SSH_KNOWN_HOSTS_HASH_H
#define FLEET_SSH_KNOWN_HOSTS_HASH_H

#include <stddef.h>

#include "lib/ssh/known_hosts_line.h"

/*
 * How known_hosts hides names: HMAC-SHA1 under a salt of the line's own (RFC 2104; sshd(8)), so
 * that every name has to be tried on every line. Pure.
 */

/* Which of `count` names, made by known_hosts_name(), it is; `count` when none. */
size_t known_hosts_hash_find(const uint8_t salt[static KNOWN_HOSTS_HASH_SIZE],
	const uint8_t hash[static KNOWN_HOSTS_HASH_SIZE], const char *const *names, size_t count);

#endif
