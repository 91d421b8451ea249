#ifndef FLEETSIM_NUMBERS_H
#define FLEETSIM_NUMBERS_H

#include <stddef.h>
#include <stdint.h>

#include "remote/bytes/text.h"

/*
 * What a host measures: as many families as an ordinary server's report has, about sixty
 * readings. A pure function of seed, address and how many reports there were before; between two
 * reports a host's clock goes on by a minute, so that rates are the same whatever the pace.
 */
enum { MINUTE_MS = 60000, EXPECTED_MAX = 16 };

/* A reading that the server must make of it. Rates are absent after a host's first report. */
struct expected {
	const char *metric, *instance;
	double value;
};

struct expectations {
	struct expected items[EXPECTED_MAX];
	size_t count;
};

/* Writes the metrics without the closing line. */
void numbers_write(uint64_t seed, uint32_t address, uint64_t reports, struct text *out,
	struct expectations *ret_expected);

/* The host's boot id and how long it had been up at that report. */
void numbers_boot(uint64_t seed, uint32_t address, char ret_id[static 37]);
int64_t numbers_monotonic_ms(uint64_t seed, uint32_t address, uint64_t reports);

#endif
