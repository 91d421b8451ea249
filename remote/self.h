#ifndef FLEET_REMOTE_SELF_H
#define FLEET_REMOTE_SELF_H

#include <stdbool.h>

#include "lib/compiler.h"

/*
 * The running program, as a file: what it hashes to and, when it is a cached copy (it is
 * called `fleet-probe-<32 hex>`), where it lies.
 */
struct self {
	char hash[33];	   /* BLAKE2b-128, hex */
	char folder[1024]; /* of a cached copy; else "" */
	char name_hash[33];
};

/* Where it lies. */
void self_find(struct self *s);

/* What it hashes to, which costs more than many a source. */
int self_hash(struct self *s) MUST_CHECK;

/* Whether it is a cached copy that is not what its name says: a disk's or a memory's fault.
 * Then the file is removed, so that the next run brings a good one. */
bool self_is_damaged(const struct self *s);

#endif
