#ifndef FLEET_SSH_KNOWN_HOSTS_FLEET_H
#define FLEET_SSH_KNOWN_HOSTS_FLEET_H

#include "lib/config/config.h"
#include "lib/ssh/known_hosts.h"

/* known_hosts_resolve() for every machine of the configuration, with a cache beside its spool. */
int known_hosts_resolve_fleet(
	struct known_hosts *k, const struct config *config, struct error *err) MUST_CHECK;

#endif
