#ifndef FLEET_REMOTE_SPOOL_H
#define FLEET_REMOTE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/compiler.h"
#include "lib/wire/wire.h"
#include "remote/arena.h"
#include "remote/files/folder.h"

/*
 * Sealed reports on the client, until a collector has them:
 *
 *   FOLDER/<key id>/<attempt, 16 hex>.sealed   to be delivered
 *   FOLDER/<key id>/<attempt, 16 hex>.kept     delivered; the client's own copy
 *   FOLDER/<key id>/tmp-<pid>                  being written
 *   FOLDER/<key id>/dropped                    how many were dropped for want of room, ever
 *
 * FOLDER is any of lib/wire/remote_shell.h's list: a file goes to the first that takes it and is
 * found again in all. Other names, and key ids that nobody asked for, are left alone. Several
 * probes may work here at once: names differ, and a file that is gone is no error.
 */
struct spool_file {
	uint64_t attempt_id;
	uint32_t size;
	uint8_t folder; /* index into the folders */
	uint8_t key;	/* index into the spool's key ids */
	bool kept;
};

struct spool {
	const struct folders *folders;
	struct wire_key_id keys[WIRE_KEY_IDS_MAX + 1]; /* the first is the one sealed to */
	size_t key_count;
	struct spool_file *files; /* oldest first */
	size_t count;
	uint32_t dropped; /* of the first key */
	char *names;	  /* a folder's listing */
};

/* Looks through the folders. The report's own key need not be among the open ones. Returns -1
 * without memory only. */
int spool_init(struct spool *s, struct arena *a, const struct folders *folders,
	const struct wire_request *request) MUST_CHECK;

/* Drops the oldest of the first key, kept copies before undelivered ones, until another `len`
 * bytes stay within WIRE_SPOOL_FILES_MAX and _BYTES_MAX; counts what was undelivered. */
void spool_make_room(struct spool *s, size_t len);

/* Stores a report under the first key, once. Returns -1 when no folder takes it. */
int spool_put(struct spool *s, uint64_t attempt_id, const void *data, size_t len,
	struct spool_file *ret_file) MUST_CHECK;

ssize_t spool_get(
	const struct spool *s, const struct spool_file *f, char *out, size_t size) MUST_CHECK;

/* The file is safe on the server: from now on it is a copy. */
void spool_delivered(struct spool *s, const struct spool_file *f);

/* Removes all but the newest `keep` copies of each key. */
void spool_trim(struct spool *s, uint32_t keep);

#endif
