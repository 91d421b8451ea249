#ifndef FLEETSIM_RULES_H
#define FLEETSIM_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "tests/fleetsim/faults.h"

/*
 * Which host has which fault. A rule is
 *
 *   ADDRESS[/BITS][@SHARE%|~SHARE%]=FAULT[:MOMENT]
 *
 *   127.3.0.0/16=hang:auth         these hosts
 *   127.0.0.0/8@2%=hang:random     the same two of a hundred hosts, at every visit
 *   127.0.0.0/8~2%=drop:random     at two of a hundred visits, whoever it hits
 *   127.5.0.9=ok                   never anything: the first rule that fits decides
 *
 * one a line in a file, `#` begins a comment. `random` is any moment that a host with a probe
 * comes by. Everything follows from the seed.
 */
struct rule {
	uint32_t net, mask; /* host byte order */
	uint32_t share;	    /* of 2^32; 0: all */
	bool is_per_visit, is_random;
	const struct fault *fault; /* NULL: none */
	enum moment moment;
};

struct rules {
	struct rule *items;
	size_t count;
	uint64_t seed;
};

int rules_add(struct rules *r, const char *text, struct error *err) MUST_CHECK;
int rules_read(struct rules *r, const char *path, struct error *err) MUST_CHECK;
void rules_finish(struct rules *r);

/* The fault of this visit (the host's n-th, from 0) and its moment; NULL when there is none. */
const struct fault *rules_find(
	const struct rules *r, uint32_t address, uint64_t visit, enum moment *ret_moment);

/* A well mixed number of these: what is random here can be had again. */
uint64_t mix(uint64_t seed, uint64_t a, uint64_t b);

#endif
