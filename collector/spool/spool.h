#ifndef FLEET_COLLECTOR_SPOOL_SPOOL_H
#define FLEET_COLLECTOR_SPOOL_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/buffer.h"
#include "lib/crypto/hash.h"
#include "lib/error.h"
#include "lib/outcome.h"
#include "lib/wire/wire.h"

/*
 * encrypted_stats/: what pollers leave and ingest takes. Names are made here; nothing a host
 * sends becomes part of one.
 *
 *   <cycle, 16 hex>-<poller, 2 digits or more>.frames    what it was sent, appended
 *   <cycle, 16 hex>-<poller, 2 digits or more>.outcomes  one line a host, appended
 *   <cycle, 16 hex>-00.cycle                             what that run set out to do
 *   tmp-*                                                being written; removed at the next start
 *   bad/                                                 frames that never open, and what is
 *                                                        behind damage in a file, capped
 *   lock, state, hosts                                   see collector/run_state.h
 *
 * A frame is one head line and then the sealed bytes:
 *   fleet1 spool <connection's attempt, 16 hex> <cycle, 16 hex> <received wall ms> <length>
 *     <client name, percent-encoded> <asked wall ms> <digest of the sealed bytes, 32 hex>
 * The last two are missing in those of before there were these, and each of those has a file of
 * its own, as what is in bad/ has:
 *   <attempt, 16 hex>-<index, 2 digits or more>.sealed
 * A last frame that is shorter than its head says was cut, by a power cut or a full disk, before it
 * was acknowledged: it is dropped.
 *
 * An .outcomes line, written by one write(2) with O_APPEND:
 *   <attempt, 16 hex> <cycle, 16 hex> <nonce, 32 hex> <outcome> <stage or -> <taken ms>
 *     <received ms> <duration ms> <client, percent-encoded> <text, percent-encoded, may be empty>
 * The nonce is that of the attempt: see proof.h.
 * A last line without its newline was cut by a power cut and is dropped.
 *
 * A .cycle file is one line:
 *   fleet1 cycle <cycle, 16 hex> <started ms> <deadline ms> <clients> <1 whole fleet, 0 some>
 *     <ended ms, 0 as long as it polls>
 * It is written again when the run has polled: one that tells no end is of a run that died.
 */
enum {
	SPOOL_LINE_MAX = 4096,	       /* longest line of any of these, newline and NUL included */
	SPOOL_NAME_MAX = 40,	       /* longest name made here, NUL included */
	SPOOL_NONCE_SIZE = 33,	       /* of a nonce as hex, NUL included */
	SPOOL_POLLERS_MAX = 9999,      /* numbers of writers */
	SPOOL_CONNECTION_FILES = 128,  /* frames of one connection, taken at most */
	SPOOL_FRAMES_MAX = 1 << 20,    /* of one poller, found at most: it has fewer hosts by far */
	SPOOL_OUTCOMES_MAX = 64 << 20, /* bytes of one poller's lines, read at most */
	SPOOL_BAD_FILES = 256,	       /* kept in bad/ at most */
	SPOOL_BAD_BYTES = 16 << 20,
};

struct spool_head {
	uint64_t attempt_id, cycle_id;
	int64_t received_at;
	uint32_t length; /* of the sealed bytes */
	char client[256];
	int64_t asked_at; /* right before the request left; 0 = unknown */
	bool has_digest;
	uint8_t digest[HASH_DIGEST_SIZE]; /* as the poller found it */
};

struct spool_outcome {
	uint64_t attempt_id, cycle_id;
	char nonce[SPOOL_NONCE_SIZE];
	enum outcome outcome;
	enum stage stage;
	int64_t taken_at, received_at;
	uint32_t duration_ms;
	char client[256];
	char text[512]; /* escaped, see escape_text() */
};

struct spool_cycle {
	uint64_t id;
	int64_t started_at, deadline_at;
	uint32_t clients;
	bool whole_fleet;
	int64_t ended_at; /* 0 = it polls, or it died */
};

/* ---- what a poller does ----------------------------------------------------------------- */

/* The file of one poller's frames, created with O_APPEND | O_CLOEXEC, and its name is on the disk:
 * the poller, whom a host may have taken over, is given nothing but the descriptor. */
int spool_open_frames(int spool_fd, uint64_t cycle_id, uint32_t poller, int *ret_fd,
	struct error *err) MUST_CHECK;

/* Appends one frame. Not yet durable: the poller calls spool_sync() before it acknowledges. When
 * only a part could be written *torn becomes true, and nothing may follow it.
 * System calls: writev; fdatasync for the second. */
int spool_put(int frames_fd, const struct spool_head *head, const void *sealed, bool *torn,
	struct error *err) MUST_CHECK;
int spool_sync(int frames_fd, struct error *err) MUST_CHECK;

/* The outcome file of one writer, created with O_APPEND | O_CLOEXEC. Each writer has a number
 * of its own (the parent too): a line that did not fit on the disk is taken back whole, which
 * needs a file with one writer. */
int spool_open_outcomes(int spool_fd, uint64_t cycle_id, uint32_t poller, int *ret_fd,
	struct error *err) MUST_CHECK;
/* Of a run that came to nothing: both files; there may be none. */
void spool_remove_files(int spool_fd, uint64_t cycle_id, uint32_t poller);
/* System calls: write; lseek and ftruncate when a line did not fit. */
int spool_put_outcome(int outcomes_fd, const struct spool_outcome *o, struct error *err) MUST_CHECK;

/* ---- what the run does ------------------------------------------------------------------ */

/* Opens the folder, made 0700 when missing, with its bad/. Refuses one that is not ours
 * or that others can enter, and names the command that mends it. */
int spool_open(const char *path, int *ret_fd, struct error *err) MUST_CHECK;

enum spool_kind {
	SPOOL_OTHER,
	SPOOL_TEMPORARY,
	SPOOL_SEALED,
	SPOOL_FRAMES,
	SPOOL_OUTCOMES,
	SPOOL_CYCLE,
};

struct spool_entry {
	enum spool_kind kind;
	uint64_t id; /* attempt or cycle */
	uint32_t index;
	char name[SPOOL_NAME_MAX];
};

struct spool_list {
	struct spool_entry *items; /* by id, then index; no SPOOL_OTHER among them */
	size_t count, size;
};

int spool_list(int spool_fd, struct spool_list *ret_list, struct error *err) MUST_CHECK;
void spool_list_finish(struct spool_list *list);

/* Appends the whole file to `out`. errno tells what failed; EFBIG: it is more than `out` takes. */
int spool_read(int spool_fd, const char *name, struct buffer *out, struct error *err) MUST_CHECK;
int spool_remove(int spool_fd, const char *name, struct error *err) MUST_CHECK;

/* Where a frame lies in its file. */
struct spool_frame {
	uint64_t attempt_id;
	uint32_t file; /* the caller's number of it */
	uint32_t size; /* head and sealed bytes */
	uint64_t at;
};

struct spool_frames {
	struct spool_frame *items;
	size_t count, size;
	uint64_t lost; /* bytes behind damage; not those of a last frame that was cut */
};

/* Finds the frames of an open file by their heads, and appends them. What a head says is the word
 * of a poller only. */
int spool_find_frames(
	int fd, uint32_t file, struct spool_frames *frames, struct error *err) MUST_CHECK;
void spool_frames_finish(struct spool_frames *frames);

/* Appends the whole frame to `out`. errno as for spool_read(); EIO also when it is shorter. */
int spool_read_frame(
	int fd, const struct spool_frame *frame, struct buffer *out, struct error *err) MUST_CHECK;

/* How many frames wait in those files. */
int spool_count_frames(int spool_fd, const struct spool_list *list, size_t *ret_count,
	struct error *err) MUST_CHECK;

/* Writes the .cycle file of a run, anew each time. */
int spool_put_cycle(int spool_fd, const struct spool_cycle *c, struct error *err) MUST_CHECK;

/* Keeps a frame in bad/, under the first free name of that attempt; spool_trim_bad() then removes
 * what does not fit there, under the caps, with the newer ones that do. */
int spool_reject(int spool_fd, uint64_t attempt_id, const struct buffer *frame,
	struct error *err) MUST_CHECK;
/* The same with the last bytes of a file, so many as `lost` says, and of those the first that are
 * SPOOL_BAD_BYTES at most: the frames before them are stored. The disk may be full. */
int spool_reject_file(int spool_fd, const char *name, uint64_t lost, struct error *err) MUST_CHECK;
int spool_trim_bad(int spool_fd, struct error *err) MUST_CHECK;

/* ---- pure: the formats above ------------------------------------------------------------ */

/* Each returns the length written without the NUL, newline included; -1 when it does not fit. */
int spool_format_head(const struct spool_head *h, char *out, size_t size) MUST_CHECK;
int spool_format_outcome(const struct spool_outcome *o, char *out, size_t size) MUST_CHECK;
int spool_format_cycle(const struct spool_cycle *c, char *out, size_t size) MUST_CHECK;

/* `data` is the whole frame; *ret_body is where the sealed bytes begin. One whose length is not
 * what its head says is refused; by the second only a head that is not whole. */
int spool_parse_frame(const char *data, size_t len, struct spool_head *ret_head, size_t *ret_body,
	struct error *err) MUST_CHECK;
int spool_parse_head(const char *data, size_t len, struct spool_head *ret_head, size_t *ret_body,
	struct error *err) MUST_CHECK;

/* `len` without the newline. */
int spool_parse_outcome(const char *line, size_t len, struct spool_outcome *ret_outcome,
	struct error *err) MUST_CHECK;
int spool_parse_cycle(
	const char *line, size_t len, struct spool_cycle *ret_cycle, struct error *err) MUST_CHECK;

/* What a name in the folder stands for. */
void spool_parse_name(const char *name, struct spool_entry *ret_entry);

#endif
