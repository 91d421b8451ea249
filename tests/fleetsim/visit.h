#ifndef FLEETSIM_VISIT_H
#define FLEETSIM_VISIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/wire/wire.h"
#include "tests/fleetsim/faults.h"
#include "tests/fleetsim/host.h"
#include "tests/fleetsim/ledger.h"
#include "tests/fleetsim/numbers.h"

/*
 * One visit of a collector at a host: the client's half of lib/wire/wire.h, the shell's part of
 * it (lib/wire/remote_shell.h) included, and what is wrong with it this time. It holds no
 * descriptor: bytes go in, bytes come out, and `trouble` says what is to become of the
 * connection once `mark` of them are out.
 */
enum visit_state {
	VISIT_NO_COMMAND,
	VISIT_FIRST_LINE,  /* the shell reads the first request and drops it */
	VISIT_UPLOAD_LINE, /* ... and is told what comes */
	VISIT_UPLOADING,
	VISIT_REQUEST, /* the probe waits for its request */
	VISIT_ACKS,
	VISIT_OTHER, /* some other command, which reads until end of file */
	VISIT_DEAF,  /* a fault has said all there is to say */
	VISIT_OVER,
};

/* What a host shows itself with: the key that is known, another one, and one of another type only.
 */
enum host_keys { KEYS_OWN, KEYS_CHANGED, KEYS_ODD, KEYS_COUNT };

/* What all visits of a worker share. */
struct visit_world {
	uint64_t seed;
	bool is_cold;	/* no host has a probe at first */
	bool is_forced; /* the probe runs whatever the command is */
	struct ledger *ledger;
	struct sealed_file *stolen; /* the last true report, and whose: for the fault `foreign` */
	uint32_t stolen_from;
	char *text, *sealed; /* WIRE_FILE_MAX each, for one report at a time */
};

int visit_world_init(struct visit_world *w) MUST_CHECK;
void visit_world_finish(struct visit_world *w);

/* The new report, from its making to its sending; a fault's twist may change all of it. */
struct report {
	struct wire_report_header header;
	uint8_t public_key[32]; /* to seal to */
	struct text body;	/* the metrics */
	struct expectations expected;
	bool is_lie;		     /* it must never be stored */
	bool is_cut;		     /* without # EOF */
	bool is_unspooled;	     /* no folder of the host takes it */
	struct sealed_file *sealed;  /* the host's, when it is kept, and else the visit's */
	struct sealed_file *instead; /* sent in its place; the visit's */
};

struct said {
	uint64_t attempt_id;
	char digest[33];
	bool is_true; /* a report of this host's */
};

struct visit {
	struct visit_world *world;
	struct host *host;

	const struct fault *fault; /* NULL: nothing goes wrong */
	enum moment at;
	bool is_struck; /* it did */
	enum trouble trouble;
	size_t mark; /* of `out`: the trouble begins when so much of it is sent */

	enum host_keys keys;
	bool rejects; /* every login */

	enum visit_state state;
	struct buffer out;  /* standard output since the last visit_drain() */
	const char *signal; /* how it ended: by this, or with the status */
	int status;

	/* private */
	struct buffer line, upload;
	char wanted[33]; /* the probe that the command asks for */
	uint32_t upload_size;
	struct wire_request request;
	struct report report;
	struct said said[WIRE_FILES_MAX];
	uint32_t said_count, acked_count;
};

void visit_init(struct visit *v, struct visit_world *world, struct host *host,
	const struct fault *fault, enum moment at);
void visit_finish(struct visit *v);

/* The visit has come so far; its fault strikes when this is its moment. `ahead` more bytes of
 * `out` come before the trouble. */
void visit_reach(struct visit *v, enum moment m, size_t ahead);

/* A command begins, gets bytes, gets its end of file. -1 without memory, or when the ledger
 * cannot be written. */
int visit_start(struct visit *v, const char *command) MUST_CHECK;
int visit_take(struct visit *v, const char *data, size_t len) MUST_CHECK;
int visit_end(struct visit *v) MUST_CHECK;

/* Says why there is no answer, as the shell and the probe do, and is over. */
int visit_fail(struct visit *v, const char *text) MUST_CHECK;

/* All of `out` was sent. */
void visit_drain(struct visit *v);

#endif
