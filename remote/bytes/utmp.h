#ifndef FLEET_REMOTE_BYTES_UTMP_H
#define FLEET_REMOTE_BYTES_UTMP_H

#include <stdbool.h>
#include <stdint.h>

#include "remote/bytes/span.h"

/*
 * run/utmp (utmp(5)), which musl has not: records as glibc lays them out, in the machine's byte
 * order. They are 384 bytes long, and 400 where times were 64 bits wide from the start (aarch64,
 * riscv64).
 */
enum { UTMP_EMPTY = 0, UTMP_USER = 7, UTMP_USER_MAX = 32 };

struct utmp_record {
	int type, pid;
	struct span user;
	size_t at; /* the record's place in the file */
};

/* The length of this file's records; 0: it is none. */
size_t utmp_record_size(struct span file);

/* The record at `at`, which lies whole in the file. */
struct utmp_record utmp_record(struct span file, size_t at);

#endif
