#ifndef FLEET_COLLECTOR_POLLER_DIALOG_H
#define FLEET_COLLECTOR_POLLER_DIALOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "collector/poller/verdict.h"
#include "lib/buffer.h"
#include "lib/crypto/hash.h"
#include "lib/probes.h"
#include "lib/wire/wire.h"

/*
 * The collector's half of the conversation of lib/wire/wire.h, over whatever carries bytes: it
 * holds no descriptor and no clock. The caller feeds it what the client says, writes what it
 * wants written, keeps the frames it hands over, and tells it when they are durable.
 */
enum dialog_status {
	DIALOG_MORE,  /* all was taken */
	DIALOG_FRAME, /* `frame` is whole and its digest is right: keep it, then go on */
	DIALOG_OVER,  /* `verdict` stands; what still comes means nothing */
};

enum dialog_state {
	DIALOG_ASKED,	/* the request is written */
	DIALOG_OFFERED, /* the probe's size and hash are announced */
	DIALOG_SENDING, /* the probe is under way */
	DIALOG_STARTED, /* the probe runs */
	DIALOG_ENDED,
};

struct dialog {
	enum dialog_state state;
	struct verdict verdict; /* OUTCOME_OK only after "done"; then a reason is a remark */
	struct buffer frame;
	uint8_t digest[HASH_DIGEST_SIZE]; /* of that */
	uint32_t frames, acked;		  /* whole ones; acks queued */

	/* private */
	struct wire_parser parser;
	const char *request;
	const char *asking; /* what is still to be written of it, before all else */
	size_t asking_left;
	const struct probes *probes;
	struct buffer queued, sending; /* lines to write; the chunk under way */
	size_t sent;		       /* of `sending` */
	const char *blob;	       /* the probe, after the lines */
	size_t blob_left;
	char words[120]; /* the first bytes, for a reason */
	size_t word_len;
	bool is_ours;	   /* a line of the protocol came */
	bool is_unspooled; /* a file came from the probe's memory */
};

/* Borrows `request` (a whole request line) and `probes`. The request is the first to be written. */
void dialog_init(struct dialog *d, const char *request, const struct probes *probes,
	uint32_t files_max, uint32_t bytes_max);
void dialog_finish(struct dialog *d);

/* Takes bytes, returns how many. Call again with the rest after DIALOG_FRAME. */
size_t dialog_take(struct dialog *d, const char *data, size_t len, enum dialog_status *ret_status);

/* The client's end of file, or the connection's: makes the verdict when none stands. What the
 * command wrote to standard error, "" when nothing, may be the reason. */
void dialog_end(struct dialog *d, const char *complaint);

/* Queues the acks of all frames taken so far, which are durable now. */
int dialog_ack(struct dialog *d) MUST_CHECK;

/* The next bytes to write, the same ones until dialog_wrote() took some of them: libssh2 wants
 * a write repeated with the same arguments. False when there are none. */
bool dialog_chunk(struct dialog *d, const void **ret_data, size_t *ret_len);
void dialog_wrote(struct dialog *d, size_t len);

/* The next bytes to write are of the request: the client has not all of it yet. */
bool dialog_is_asking(const struct dialog *d);

/* Where in the run this conversation is, for a verdict from outside. */
enum stage dialog_stage(const struct dialog *d);

#endif
