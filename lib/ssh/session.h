#ifndef FLEET_SSH_SESSION_H
#define FLEET_SSH_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/error.h"
#include "lib/outcome.h"
#include "lib/ssh/known_hosts.h"

/*
 * One SSH connection with one channel, never blocking: the only user of libssh2, whose types do
 * not cross this header. The channel runs a command, or carries another session to a host that
 * only this one can reach: a chain of sessions, of which the last stands for all.
 *
 * Each step is called again, with the same arguments, until it no longer says SSH_AGAIN; in
 * between the caller polls for ssh_session_events(). Nothing in here has a clock: deadlines
 * are the caller's, who ends a session at any moment with ssh_session_destroy().
 *
 * A host that sends without end is held by two budgets that count the bytes received: one a
 * turn, after which the step says SSH_AGAIN so that other hosts get their turn
 * (ssh_session_has_more() then tells that more may be waiting without a new poll event), and
 * one for the whole session, after which it fails as too-large.
 *
 * A host that asks for new keys (RFC 4253, section 9) is hung up on. A session of ours is over
 * long before any sane limit, and in libssh2 this is where a host that means harm gets furthest:
 * up to 1.10 it frees a key twice, in 1.11.1 it calls what is not there.
 */
struct ssh_session;

enum ssh_status { SSH_DONE, SSH_AGAIN, SSH_FAILED };

struct ssh_budget {
	size_t turn_bytes; /* 256 KiB is plenty */
	uint64_t session_bytes;
};

/* Signs `data` (the whole SSH userauth request, RFC 4252, section 7) and returns the raw
 * signature as libssh2 wants it from its callback, on the heap. 0, -1, or 1 when the answer is
 * not there yet: the step then says SSH_AGAIN, asks for no POLLIN, and is to be called again
 * when the answer has come. */
typedef int ssh_sign(
	void *arg, const uint8_t *data, size_t len, uint8_t **ret_sig, size_t *ret_len);

/* Once per process, before the first session; a process that is going to give up files may do so
 * after this: libcrypto reads its configuration at the first random number. */
int ssh_global_init(struct error *err) MUST_CHECK;

/* Takes over the connected (or connecting), non-blocking socket, also on failure. `keys`, when
 * there are any, restrict the host-key algorithms to their types, so that a host recorded as
 * ed25519 is not asked for its ecdsa key. */
int ssh_session_create(int fd, const struct ssh_budget *budget, const struct host_key *keys,
	size_t key_count, struct ssh_session **ret_session, struct error *err) MUST_CHECK;

/* The same over a session that ssh_session_forward() is done with; it becomes a part of this one,
 * is destroyed with it (also on failure), and is not to be called any more. Turns, events and the
 * descriptor are then those of the whole chain; budgets are each session's own, so that of a
 * carrier has to be larger than what it carries. */
int ssh_session_create_through(struct ssh_session *carrier, const struct ssh_budget *budget,
	const struct host_key *keys, size_t key_count, struct ssh_session **ret_session,
	struct error *err) MUST_CHECK;

enum ssh_status ssh_session_handshake(struct ssh_session *s);

/* The host's key, after the handshake; points into the session. */
void ssh_session_host_key(const struct ssh_session *s, struct host_key *ret_key);

/* Whether the host has said anything at all. */
bool ssh_session_heard(const struct ssh_session *s);

/* The host's version line as it came (escape it), "" while there is none. */
const char *ssh_session_banner(const struct ssh_session *s);

enum ssh_status ssh_session_auth_key(struct ssh_session *s, const char *user,
	const uint8_t *public_blob, size_t blob_len, ssh_sign *sign, void *arg);

/* Where the host takes no password as such, one prompt that hides what is typed is answered with
 * it (RFC 4256); any other gets no answer. */
enum ssh_status ssh_session_auth_password(
	struct ssh_session *s, const char *user, const char *password);

enum ssh_status ssh_session_exec(struct ssh_session *s, const char *command);

/* Instead of a command: a connection from there to a host and port (RFC 4254, section 7.2). A
 * name is resolved there. */
enum ssh_status ssh_session_forward(struct ssh_session *s, const char *host, uint16_t port);

/* Standard input and output of the command. *ret_len is what was taken or given, 0 included;
 * a write takes about 32 KiB at most. A read that says SSH_DONE with 0 bytes is the end of
 * file. Reading and writing may alternate as the caller likes. */
enum ssh_status ssh_session_write(
	struct ssh_session *s, const void *data, size_t len, size_t *ret_len);
enum ssh_status ssh_session_send_eof(struct ssh_session *s);
enum ssh_status ssh_session_read(struct ssh_session *s, void *data, size_t size, size_t *ret_len);

/* The first line of what the command wrote to standard error, escaped; "" when nothing. The
 * rest is dropped, within the budgets. */
const char *ssh_session_complaint(const struct ssh_session *s);

/* POLLIN | POLLOUT as the last SSH_AGAIN needs them; after SSH_DONE, POLLOUT means that some
 * of what was written still waits here and the next step, whichever, sends it. */
short ssh_session_events(const struct ssh_session *s);

/* Whether there is something to do that no poll event will tell of; the caller then tries both
 * what it has to write and a read. Who does not, for two turns, is told no more. */
bool ssh_session_has_more(const struct ssh_session *s);
void ssh_session_new_turn(struct ssh_session *s); /* refills the turn's budget */
int ssh_session_fd(const struct ssh_session *s);

/* After SSH_FAILED: the outcome that fits, and words for people, both sides' algorithms and
 * what to do included when they do not meet. */
enum outcome ssh_session_failure(const struct ssh_session *s, char *reason, size_t size);

/* After SSH_FAILED: how many sessions below this one it happened, 0 for this one itself. */
size_t ssh_session_failed_below(const struct ssh_session *s);

/* Bytes that the host, and those on the way to it, make this process hold. *ret_below is how many
 * sessions below this one the one lies that holds most of them. */
size_t ssh_session_memory(const struct ssh_session *s, size_t *ret_below);

/* What a failed connect(2) means for the host: refused, timeout, or a fault of ours. */
enum outcome ssh_connect_outcome(int errnum);

/* Sends a disconnect message if that goes at once, then shutdown, free, close. Never blocks.
 * Accepts NULL. */
void ssh_session_destroy(struct ssh_session *s);

#endif
