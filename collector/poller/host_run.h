#ifndef FLEET_COLLECTOR_POLLER_HOST_RUN_H
#define FLEET_COLLECTOR_POLLER_HOST_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "collector/ipc/ipc.h"
#include "collector/poller/deadline.h"
#include "collector/poller/dialog.h"
#include "collector/poller/signature.h"
#include "collector/poller/verdict.h"
#include "lib/probes.h"
#include "lib/ssh/host_key_judge.h"
#include "lib/ssh/session.h"

/*
 * The run of one host, from its addresses to its verdict. It never blocks; the poller calls
 * host_run_step() when its socket has news, after a sync, or when its deadline has come.
 *
 * Behind jump hosts it goes from hop to hop: handshake and authentication of each, then a
 * connection from there to the next, which carries the session with that. Whatever fails before
 * the last hop, or under it, is the jump host's doing: the verdict's stage is then STAGE_JUMP, and
 * the reason begins with "jump host NAME".
 */
enum host_state {
	HOST_CONNECT,
	HOST_HANDSHAKE,
	HOST_AUTH,
	HOST_FORWARD, /* to the next hop */
	HOST_EXEC,
	HOST_TALK,
	HOST_FAREWELL, /* everything is durable and acknowledged: sends end of file */
	HOST_LINGER,   /* waits a moment for the client's end of file */
	HOST_OVER,     /* `verdict` stands, the connection is gone */
};

/* Whose connection nobody answers: a host's own, or that from the last jump host to it. */
enum darkness { DARK_NOT, DARK_FROM_HERE, DARK_BEYOND, DARK_COUNT };

/* What a poller gives to all its hosts. */
struct host_env {
	const char *command;
	const struct probes *probes;
	uint32_t connect_timeout_ms;
	uint64_t cycle_id;
	int frames_fd;
	bool is_torn;	    /* the last frame there is not whole: no more can follow */
	int signer_fd;	    /* -1 when the signer is gone */
	uint32_t questions; /* to it so far */
	void (*new_key)(void *arg, uint32_t seq, size_t hop, const struct host_key *key);
	void (*passed)(void *arg, uint32_t seq, size_t hop); /* a jump host: see IPC_PASSED */
	void *arg;					     /* of both */
	int64_t now_ms;					     /* monotonic, of this turn */
};

struct host_run {
	struct deadline deadline; /* first: the poller gets from it to the host */
	struct host_env *env;
	struct host_row row; /* points into `packet` */
	uint8_t *packet;
	size_t packet_len;
	enum host_state state;
	struct verdict verdict;
	int64_t started_ms, state_ms; /* monotonic: when the run, and this state, began */
	struct ipc_hop hops[IPC_HOPS_MAX];
	size_t hop_at, hop_count;
	const struct ipc_hop *hop;   /* that one */
	bool is_passed;		     /* that it is logged in to there was told */
	size_t address;		     /* the next one to try */
	int fd;			     /* -1, or what to poll */
	struct host_key_types types; /* to be asked of a pinned host, once it showed others */
	size_t types_hop;	     /* which is that one */
	struct ssh_session *session;
	struct dialog dialog;
	int64_t asked_at; /* wall: the client read its clock after this */
	uint32_t files;	  /* that were put into the spool */
	bool unsynced;	  /* of these some are not durable yet */
	bool is_due;	  /* can go on without any news */
	enum { SIGN_NONE, SIGN_BLOCKED, SIGN_ASKED, SIGN_ANSWERED } sign;
	uint32_t question; /* its number: one may be asked twice, and both be answered */
	struct signature signature;

	/* the poller's own */
	uint32_t armed; /* epoll events of `fd` */
	size_t held;	/* as host_run_memory() last said */
	bool is_armed, is_touched, is_waiting, is_in_sync;
	bool is_connecting; /* counts among the connects */
	enum darkness darkness;
	struct host_run *next; /* of those touched this turn */
	struct host_run *next_unsynced;
	struct host_run *next_waiting; /* for the signer */
};

/* Takes the row from a packet, which it copies. NULL when it is malformed or without memory. */
struct host_run *host_run_create(const void *packet, size_t len, struct host_env *env);
void host_run_destroy(struct host_run *h);

/* A login of it is to be signed. */
bool host_run_has_identity(const struct host_run *h);

/* Goes on until it has to wait. The first call begins the connection. */
void host_run_step(struct host_run *h);

/* The deadline that counts now, monotonic. */
int64_t host_run_deadline(const struct host_run *h);

/* That deadline has passed. */
void host_run_expire(struct host_run *h);

/* Ends it from outside. */
void host_run_end(struct host_run *h, enum outcome outcome, const char *reason);

/* Bytes that it makes this process hold; none once it is over. */
size_t host_run_memory(const struct host_run *h);

/* Ends it since it holds more than any other and all together too much. */
void host_run_shed(struct host_run *h);

/* Its frames are durable, or, when `why` is not NULL, are not: then nothing is acknowledged. */
void host_run_synced(struct host_run *h, const char *why);

/* The signer's answer; takes the signature. */
void host_run_signed(struct host_run *h, struct signature signature);

/* Is to be stepped again without waiting: no poll event will tell. */
bool host_run_has_more(const struct host_run *h);

/* What to poll `fd` for; only before it is over. */
uint32_t host_run_events(const struct host_run *h);

#endif
