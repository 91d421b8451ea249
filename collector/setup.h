#ifndef FLEET_COLLECTOR_SETUP_H
#define FLEET_COLLECTOR_SETUP_H

#include "lib/config/config.h"
#include "lib/crypto/seal.h"
#include "lib/ssh/known_hosts.h"

/*
 * What a run needs before it does anything, each said on stderr when it is not in order. All
 * return 0 or an exit status.
 */
int setup_known_hosts(const struct config *config, struct known_hosts **ret_known);

/* Makes the keys on first use. */
int setup_keys(const struct config *config, struct keyring **ret_ring);

#endif
