#ifndef FLEET_COLLECTOR_HELPER_ROLE_H
#define FLEET_COLLECTOR_HELPER_ROLE_H

#include "lib/confine/confine.h"

/*
 * Who the helpers are, and what each may do once it meets the bytes of strangers: the limits,
 * files and system calls of role.c and role_calls.c, which are all there is to review.
 *
 *   poller    speaks SSH to hosts. Holds host rows, and a password while its host is in flight.
 *             Reads no file; appends to two.
 *   resolver  speaks to name servers, through whatever nsswitch.conf names. Holds one name.
 *   signer    speaks to pollers and agents. Holds the private keys. No network, no file.
 */
enum role { ROLE_POLLER = 1 << 0, ROLE_RESOLVER = 1 << 1, ROLE_SIGNER = 1 << 2 };

const char *role_name(enum role role);

/* Resource limits: at the start. */
int role_limit(enum role role, struct error *err) MUST_CHECK;

/* Files and system calls: once the libraries are set up and all files are open. */
int role_restrict(enum role role, struct error *err) MUST_CHECK;

/* The table of role_calls.c. */
extern const struct confine_call role_calls[];
extern const size_t role_call_count;

#endif
