#ifndef FLEET_PROBES_H
#define FLEET_PROBES_H

#include <stddef.h>

#include "lib/error.h"

/*
 * The probes this installation can upload, one an architecture. `fleet-probe` is for the
 * machine this server is, `fleet-probe-MACHINE` for others, MACHINE as `uname -m` says it.
 *
 * Each is copied once into a sealed memfd (memfd_create(2)), which all pollers map: they need
 * no path, and a file that is replaced during the run is not half old and half new.
 */
enum { PROBES_MAX = 8, PROBE_SIZE_MAX = 4 << 20 };

struct probe {
	char machine[32];
	char hash[33]; /* BLAKE2b-128 of the bytes, hex */
	int fd;	       /* the memfd; -1 once it is mapped */
	const void *data;
	size_t size;
};

struct probes {
	struct probe items[PROBES_MAX];
	size_t count;
};

/* Collects the probes of `dir`, or, when it is "", of where this program was built or
 * installed. None at all is an error that names the folder. `data` stays unmapped. */
int probes_load(const char *dir, struct probes *ret_probes, struct error *err) MUST_CHECK;

/* Maps one that was inherited as a descriptor, which it closes. */
int probe_map(struct probe *p, int fd, struct error *err) MUST_CHECK;

const struct probe *probes_find(const struct probes *probes, const char *machine);
void probes_finish(struct probes *probes);

#endif
