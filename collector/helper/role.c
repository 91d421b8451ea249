#include "collector/helper/role.h"

#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>

#include "collector/helper/helper.h"

enum { P = ROLE_POLLER, R = ROLE_RESOLVER, S = ROLE_SIGNER };

/* How long a helper runs is the parent's affair: it kills. */
/* clang-format off */
static const struct confine_limit limits[] = {
	/* nothing of it goes to a disk when it crashes */
	{ P | R | S, RLIMIT_CORE,     "RLIMIT_CORE",     0 },
	/* starts nobody, not even a thread */
	{ P | R | S, RLIMIT_NPROC,    "RLIMIT_NPROC",    0 },
	/* what hosts may make a poller hold: it keeps this one itself, Linux does not */
	{ P,         RLIMIT_RSS,      "RLIMIT_RSS",      768 << 20 },
	/* an absurd length in a packet is then a failed allocation; the rest is beside hosts */
	{ P,         RLIMIT_AS,       "RLIMIT_AS",       1 << 30 },
	{ R | S,     RLIMIT_AS,       "RLIMIT_AS",       512 << 20 },
	/* reports have 1 MiB at most, and are appended to one file */
	{ P,         RLIMIT_FSIZE,    "RLIMIT_FSIZE",    UINT64_C(16) << 30 },
	/* pollers have what the parent could raise it to, see fit_descriptors() */
	{ R,         RLIMIT_NOFILE,   "RLIMIT_NOFILE",   64 },
	{ S,         RLIMIT_NOFILE,   "RLIMIT_NOFILE",   2048 }, /* agents, pollers */
	/* only the signer keeps keys out of the swap */
	{ P | R,     RLIMIT_MEMLOCK,  "RLIMIT_MEMLOCK",  0 },
	{ P | R | S, RLIMIT_MSGQUEUE, "RLIMIT_MSGQUEUE", 0 },
	/* milliseconds a name */
	{ R,         RLIMIT_CPU,      "RLIMIT_CPU",      60 },
};

/* What the C library, and the modules that nsswitch.conf names, read to resolve a name. Not
 * /etc and /var as a whole: keys and passwords may lie there. */
static const struct confine_place places[] = {
	{ R, "/etc/gai.conf" },
	{ R, "/etc/host.conf" },
	{ R, "/etc/hosts" },
	{ R, "/etc/ld.so.cache" },
	{ R, "/etc/nsswitch.conf" },
	{ R, "/etc/resolv.conf" },
	{ R, "/etc/services" },
	{ R, "/lib" },
	{ R, "/lib64" },
	{ R, "/run/NetworkManager" },
	{ R, "/run/nscd" },
	{ R, "/run/resolvconf" },
	{ R, "/run/systemd/resolve" },
	{ R, "/sys/devices/system/cpu" },
	{ R, "/usr/lib" },
	{ R, "/usr/lib64" },
	{ R, "/usr/local/lib" },
	{ R, "/var/lib/sss" },
};
/* clang-format on */

const char *role_name(enum role role)
{
	switch (role) {
	case ROLE_POLLER:
		return "poller";
	case ROLE_RESOLVER:
		return "resolver";
	case ROLE_SIGNER:
		return "signer";
	}
	return "";
}

int role_limit(enum role role, struct error *err)
{
	return confine_limits(role, limits, ARRAY_LEN(limits), err);
}

int role_restrict(enum role role, struct error *err)
{
	static char who[64]; /* a handler of signals reads it */
	(void)snprintf(who, sizeof who, "fleet-collector: error: %s", role_name(role));
	if (confine_files(role, places, ARRAY_LEN(places), err))
		return -1;
	return confine_calls(who, role, role_calls, role_call_count, err);
}
