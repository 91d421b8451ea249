#ifndef FLEETSIM_HOST_H
#define FLEETSIM_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"
#include "lib/wire/wire.h"

/*
 * The hosts that were ever called, each with what lies on it: the probe, and the sealed reports
 * that nobody acknowledged (remote/spool.h, in memory).
 */
struct sealed_file {
	struct sealed_file *next;
	uint64_t attempt_id;
	struct wire_key_id key_id;
	char digest[33];
	uint32_t len;
	char data[];
};

struct host {
	struct host *next;
	uint32_t address; /* host byte order */
	char name[16];	  /* "127.1.2.3" */
	uint64_t visits, reports;
	char probe_hash[33];	    /* "" = it has none */
	struct sealed_file *files;  /* oldest first */
	struct sealed_file *replay; /* one that was delivered, for the fault of that name ... */
	bool wants_replay;	    /* ... which has asked for it */
	uint32_t dropped;	    /* for want of room, ever */
};

enum { HOST_BUCKETS = 1 << 14 };

struct hosts {
	struct host *buckets[HOST_BUCKETS];
};

/* Makes it when it is new. NULL without memory. */
struct host *hosts_get(struct hosts *h, uint32_t address) MUST_CHECK;
void hosts_finish(struct hosts *h);

/* A file on the heap, with its digest. NULL without memory. */
struct sealed_file *sealed_file_create(uint64_t attempt_id, const struct wire_key_id *key_id,
	const void *data, size_t len) MUST_CHECK;

/* Drops the oldest files of this key until another of `len` bytes fits the limits of
 * lib/wire/wire.h, and counts them. */
void host_make_room(struct host *h, const struct wire_key_id *key_id, size_t len);

/* Puts it behind the others; it is the host's. */
void host_keep(struct host *h, struct sealed_file *f);

/* Takes the file of that digest off the host and gives it to the caller; NULL when it is gone. */
struct sealed_file *host_take(struct host *h, const char *digest);

#endif
