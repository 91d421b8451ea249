#ifndef FLEET_COLLECTOR_IPC_IPC_H
#define FLEET_COLLECTOR_IPC_IPC_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/ssh/known_hosts.h"

/*
 * What the processes of one collector run say to each other: one message is one packet of a
 * unix(7) SOCK_SEQPACKET pair, a type byte and the fields of the struct of that type, laid out
 * by one table for both directions. All ends were built together and run on the same machine; still
 * a receiver takes every byte as hostile, because pollers and resolvers parse what strangers send:
 * a message that is short, long or not terminated is refused whole.
 *
 * Texts and bytes of a decoded message point into the packet it came from.
 */
enum ipc_type {
	IPC_NONE,
	/* parent → poller; and IPC_READY to the signer */
	IPC_SETTINGS, /* struct ipc_settings: first, once */
	IPC_PROBE,    /* struct ipc_probe: one for each inherited probe descriptor, in order */
	IPC_READY,    /* nothing: that was all, hosts may come; or signatures be asked for */
	IPC_HOST,     /* struct host_row */
	IPC_STOP,     /* struct ipc_count: no more hosts; those in flight have so many ms */
	IPC_RESIGN,   /* nothing: another signer listens; what the last one was asked is lost */
	/* poller → parent */
	IPC_WANT,     /* struct ipc_count: room for so many hosts more */
	IPC_NEW_KEY,  /* struct ipc_new_key: accepted on first use, to be recorded */
	IPC_PASSED,   /* struct ipc_passed: a jump host is behind it, and has room for another */
	IPC_FINISHED, /* struct ipc_finished: its outcome line is written */
	/* parent ↔ signer */
	IPC_OPEN,     /* struct ipc_open: answered by IPC_IDENTITY, as soon as it is open */
	IPC_IDENTITY, /* struct ipc_identity: what can sign, or cannot */
	IPC_CLIENT,   /* nothing: a poller's socket comes with it */
	/* poller ↔ signer */
	IPC_SIGN,   /* struct ipc_sign */
	IPC_SIGNED, /* struct ipc_signed */
	/* parent ↔ resolver */
	IPC_RESOLVE,  /* struct ipc_resolve */
	IPC_RESOLVED, /* struct ipc_resolved */
	IPC_TYPE_COUNT
};

enum {
	IPC_PACKET_MAX = 128 * 1024,
	IPC_ADDRESSES_MAX = 4, /* of one name, tried in turn */
	IPC_KEYS_MAX = 8,      /* recorded host keys of one host */
	IPC_HOPS_MAX = CONFIG_JUMPS_MAX + 1,
};

struct ipc_bytes {
	const uint8_t *data;
	size_t len;
};

struct ipc_count {
	uint32_t count;
};

struct ipc_settings {
	uint64_t cycle_id;
	uint64_t taken_at; /* of all attempts of the run, wall ms */
	uint32_t sessions; /* at most: this poller's share of the cap */
	uint32_t connects; /* the same, of those whose command does not run yet */
	uint32_t dark;	   /* beside them: those whose connection from here nobody answers */
	uint32_t connect_timeout_ms;
	uint32_t log_level; /* enum log_level */
};

struct ipc_probe {
	const char *machine, *hash;
};

struct ipc_identity {
	uint32_t id;
	struct ipc_bytes blob; /* public key; empty when it cannot be used */
	const char *reason;    /* why not */
	uint32_t rounds;       /* of bcrypt that its passphrase took */
};

/* A machine to log in to: the jump hosts on the way to a host, and then the host itself. */
struct ipc_hop {
	const char *name;
	const char *host; /* its name or address, as the hop before it knows it */
	uint32_t port;
	const char *user;
	const char *password;	     /* "" when there is an identity */
	uint32_t identity;	     /* 1 + id, or 0 */
	struct ipc_bytes public_key; /* of the identity */
	uint32_t policy;	     /* enum host_key_policy */
	const char *pin;
	struct ipc_bytes keys; /* see ipc_get_keys() */
};

/* One host, as a poller needs to know it. */
struct host_row {
	uint32_t seq; /* the parent's number for it */
	uint64_t attempt_id;
	uint32_t deadline_ms; /* what is left of it */
	uint32_t spent_ms;    /* used up for its name */
	const char *name;
	const char *nonce;   /* of its outcome line, see spool/proof.h */
	const char *request; /* the whole request line, newline included */
	uint32_t files_max, bytes_max;
	struct ipc_bytes addresses; /* of its first hop; see ipc_get_address() */
	struct ipc_bytes hops;	    /* one at least; see ipc_get_hop() */
	uint32_t is_jump;	    /* others are reached through it: it is to be told of, too */
};

struct ipc_new_key {
	uint32_t seq, hop; /* an index among the hops of that host */
	const char *type;
	struct ipc_bytes blob;
};

struct ipc_passed {
	uint32_t seq, hop;
};

struct ipc_finished {
	uint32_t seq, outcome;
	uint32_t hop;	/* where it ended; the last is the host itself */
	uint32_t files; /* that are in the spool now */
	const char *text;
};

struct ipc_open {
	uint32_t id;
	const char *file, *passphrase_file;
};

struct ipc_sign {
	uint32_t serial, id; /* the answer bears the same serial */
	struct ipc_bytes data;
};

struct ipc_signed {
	uint32_t serial;
	struct ipc_bytes signature; /* empty: refused */
};

struct ipc_resolve {
	uint32_t seq, port;
	const char *name;
};

struct ipc_resolved {
	uint32_t seq;
	struct ipc_bytes addresses; /* empty: it did not resolve */
	const char *reason;
};

/* A packet that was received; wiped by ipc_wipe() when it may hold a password. */
struct ipc_packet {
	enum ipc_type type;
	size_t len;
	uint8_t data[IPC_PACKET_MAX];
};

/* Pure: appends a message to `out`; `message` is the struct of that type (or NULL). */
int ipc_encode(enum ipc_type type, const void *message, struct buffer *out) MUST_CHECK;

/* Pure: how long that will be. */
size_t ipc_measure(enum ipc_type type, const void *message);

/* Pure: `data` is a whole packet; -1 when it is not exactly a message of this type. */
int ipc_decode(enum ipc_type type, const void *data, size_t len, void *ret_message) MUST_CHECK;

/* Hops as the field `hops` of a row: a run of them, at most IPC_HOPS_MAX. Their number is 0 when
 * any of them is malformed; one that is counted can be had. */
int ipc_put_hop(const struct ipc_hop *hop, struct buffer *out) MUST_CHECK;
size_t ipc_count_hops(struct ipc_bytes hops);
int ipc_get_hop(struct ipc_bytes hops, size_t index, struct ipc_hop *ret_hop) MUST_CHECK;

/* Host keys as the field `keys` of a hop: a run of them, at most IPC_KEYS_MAX. */
int ipc_put_keys(const struct host_key *keys, size_t count, struct buffer *out) MUST_CHECK;
int ipc_get_keys(struct ipc_bytes keys, struct host_key ret_keys[static IPC_KEYS_MAX],
	size_t *ret_count) MUST_CHECK;

/* Socket addresses as the field `addresses`: a run of struct sockaddr_storage. */
size_t ipc_count_addresses(struct ipc_bytes addresses);
void ipc_get_address(struct ipc_bytes addresses, size_t i, struct sockaddr_storage *ret_address);

/* Sends one message, with a descriptor unless `fd` is -1. -1 with errno; EAGAIN on a
 * non-blocking socket whose queue is full. */
int ipc_send(int socket, enum ipc_type type, const void *message, int fd) MUST_CHECK;

/* Receives one packet without waiting: 1, 0 at the end, -1 with errno (EAGAIN: none now; EBADMSG:
 * it brought descriptors, which are closed). */
int ipc_receive(int socket, struct ipc_packet *ret_packet) MUST_CHECK;

/* The same where one descriptor may come with a packet; the caller closes it. *ret_fd is -1 when
 * none did. */
int ipc_receive_fd(int socket, struct ipc_packet *ret_packet, int *ret_fd) MUST_CHECK;
void ipc_wipe(struct ipc_packet *packet);

/* A connected pair, close-on-exec, the first end non-blocking. */
int ipc_pair(int ret_ends[static 2], struct error *err) MUST_CHECK;

#endif
