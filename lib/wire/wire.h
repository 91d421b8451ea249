#ifndef FLEET_WIRE_WIRE_H
#define FLEET_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"

/*
 * What the collector and the probe say to each other over one SSH channel. Both link this
 * file, so it needs nothing but libc. It holds no file descriptor: it formats lines and
 * parses bytes.
 *
 * The collector runs one command (a shell one-liner, or whatever a forced command puts in its
 * place) and writes one request line to its standard input at once. Every line begins with
 * WIRE_TAG and ends with a newline; numbers are decimal unless said otherwise, hex is in
 * lower case.
 *
 *   collector → client
 *     fleet1 request id=<16 hex> nonce=<32 hex> key=<64 hex> keyid=<16 hex>
 *            open=<key id>[,<key id>…] probe=<32 hex, or - for any> keep=<n> files=<n> bytes=<n>
 *            [ask=<kind>:<text> …]
 *            (one line; one space between fields; unknown fields are skipped; asks come last,
 *            lib/wire/ask.h)
 *     fleet1 upload <size> <32 hex>       after "need": the probe's size and BLAKE2b-128
 *     fleet1 ack <index>                  after that file is durable on the server
 *     end of file                         no more acks
 *
 *   client → collector
 *     anything                            noise: a motd, a forced command's greeting
 *     fleet1 need <machine>               the shell: no probe here; <machine> as `uname -m`
 *     fleet1 ready                        the shell: the upload may come; the probe starts
 *     fleet1 file <index> <key id> <length> spooled|unspooled
 *     <length bytes> newline
 *     fleet1 end <index> <32 hex>         BLAKE2b-128 of those bytes
 *     fleet1 error <outcome> <text>       <outcome> as in lib/outcome.h; ends the conversation
 *     fleet1 done <files sent>
 *
 * `probe` in the request is what the collector would have uploaded; whatever version lies there
 * answers (a forced command's may be another), and the report's header says which it was.
 *
 * After "need" the collector writes `fleet1 upload <size> <32 hex>` and a newline, waits for
 * "ready", writes the probe's <size> bytes, and once the probe is in place (the shell says
 * "ready" a second time, immediately before it runs it) writes the request line again. The
 * first request line was read and dropped by the shell, byte by byte, as POSIX asks of
 * `read`, so nothing is ever read too far.
 *
 * A line counts only when the tag stands at its start. What was printed before may lack its
 * newline, so the shell and the probe write one before their first line. Between "file" and
 * its "end" there is no room for noise. Indexes count from 0 without a gap.
 *
 * A key id is 16 hex digits that mean nothing to the client: the folder of the files that one
 * collector asks for under one client's name (seal.h, keyring_folder()).
 *
 * After "done" the probe waits for acks until end of file, so the collector sends that once
 * the last file is durable. The exit status proves nothing (a command killed by a signal
 * reports 0 through libssh2); "done" does.
 */
#define WIRE_TAG "fleet1 "

enum {
	WIRE_LINE_MAX = 1024,		/* longest line of either side, but for a request */
	WIRE_REQUEST_MAX = 8 * 1024,	/* longest request, newline included */
	WIRE_NOISE_MAX = 64 * 1024,	/* most bytes before or between our lines */
	WIRE_FILES_MAX = 64,		/* files a connection */
	WIRE_BYTES_MAX = 4 << 20,	/* bytes of files a connection */
	WIRE_FILE_MAX = 1 << 20,	/* bytes of one sealed file */
	WIRE_SPOOL_FILES_MAX = 256,	/* files kept on a client for one key id */
	WIRE_SPOOL_BYTES_MAX = 8 << 20, /* bytes kept on a client for one key id */
	WIRE_KEY_IDS_MAX = 8,		/* key ids in one request */
};

struct wire_key_id {
	char hex[17]; /* 16 lower-case hex digits and a NUL */
};

struct wire_request {
	uint64_t attempt_id;
	uint8_t nonce[16];
	uint8_t public_key[32];			   /* X25519, to seal to */
	struct wire_key_id key_id;		   /* its id: the folder the new file goes to */
	struct wire_key_id open[WIRE_KEY_IDS_MAX]; /* files of these ids are to be sent */
	size_t open_count;
	char probe_hash[33]; /* BLAKE2b-128 of the expected probe, hex; "" = any */
	uint32_t keep;	     /* copies the client keeps after an ack */
	uint32_t files_max, bytes_max;
	const char *asks; /* as ask_encode() writes them, one behind the other; "" or NULL: none */
};

/* Each formats one line, newline included, and returns its length, or -1 when it does not fit
 * into `size` bytes; WIRE_LINE_MAX always suffices, but for an error text, which is cut, and a
 * request's asks: for these WIRE_REQUEST_MAX is all there is. */
int wire_format_request(const struct wire_request *r, char *out, size_t size) MUST_CHECK;
int wire_format_upload(uint32_t probe_size, const char *hash, char *out, size_t size) MUST_CHECK;
int wire_format_ack(uint32_t index, char *out, size_t size) MUST_CHECK;

/* The same, of the probe's side. */
int wire_format_file(uint32_t index, const struct wire_key_id *key_id, uint32_t length,
	bool unspooled, char *out, size_t size) MUST_CHECK;
int wire_format_end(uint32_t index, const char *digest, char *out, size_t size) MUST_CHECK;
int wire_format_done(uint32_t files, char *out, size_t size) MUST_CHECK;
int wire_format_error(const char *outcome, const char *text, char *out, size_t size) MUST_CHECK;

/* Parses one request line (without its newline). Strict: every known field exactly once and
 * well-formed; the probe runs nothing it does not fully understand. The asks stay in `line`. */
int wire_parse_request(
	const char *line, struct wire_request *ret_request, struct error *err) MUST_CHECK;

/* Parses one ack line (without its newline). */
int wire_parse_ack(const char *line, uint32_t *ret_index) MUST_CHECK;

/*
 * The collector's side of what comes back, as an incremental parser.
 */
enum wire_event_type {
	WIRE_MORE, /* all input was taken, nothing to report */
	WIRE_NEED, /* text = machine */
	WIRE_READY,
	WIRE_FILE,   /* a file begins: index, key_id, length, unspooled */
	WIRE_DATA,   /* data, length: bytes of the file (never empty) */
	WIRE_END,    /* the file is complete; text = digest, for the caller to compare */
	WIRE_FAILED, /* text = outcome name, detail = the client's words (not escaped) */
	WIRE_DONE,   /* files */
	WIRE_BAD,    /* the stream breaks the protocol or a cap; text = why. Final. */
};

struct wire_event {
	enum wire_event_type type;
	uint32_t index, length;
	struct wire_key_id key_id;
	bool unspooled;
	bool too_large;		   /* of WIRE_BAD: a cap was passed */
	const char *data;	   /* into the caller's input */
	const char *text, *detail; /* into the parser, until the next call */
	uint32_t files;
};

enum wire_state {
	WIRE_AT_LINE,	 /* a line of ours or the start of noise */
	WIRE_IN_NOISE,	 /* until the next newline */
	WIRE_IN_FILE,	 /* `left` bytes of a file to come */
	WIRE_AFTER_FILE, /* the newline behind them */
	WIRE_AT_END,	 /* the "end" line */
	WIRE_OVER,	 /* after "done" or "error": everything is noise */
	WIRE_BROKEN,
};

/* All fields are the parser's own, but `state`, which tells after end of file whether the
 * conversation was over (WIRE_OVER) or cut. */
struct wire_parser {
	enum wire_state state;
	char line[WIRE_LINE_MAX + 1];
	size_t line_len;
	uint32_t length, left; /* of the file under way */
	uint32_t files;	       /* files begun */
	size_t bytes, noise;   /* so far, against the caps */
	uint32_t files_max, bytes_max;
	bool too_large;
	const char *why; /* it is broken */
};

void wire_parser_init(struct wire_parser *p, uint32_t files_max, uint32_t bytes_max);

/* Takes bytes from `in`, returns how many and the next event. Call again with the rest until
 * WIRE_MORE (all used) or WIRE_BAD. */
size_t wire_parse(struct wire_parser *p, const char *in, size_t len, struct wire_event *ret_event);

/*
 * Inside the seal: the report. Its first line is a comment of the Prometheus text format, so
 * that the whole stays readable by any tool:
 *
 *   # fleet1 id=<16 hex> nonce=<32 hex> probe=<32 hex> boot=<uuid or -> mono=<ms> wall=<ms>
 *
 * then the metrics, then "# EOF" and a newline. <ms> may be negative: a client's
 * clock is whatever it is.
 */
struct wire_report_header {
	uint64_t attempt_id;
	uint8_t nonce[16];
	char probe_hash[33];
	char boot_id[37];     /* /proc/sys/kernel/random/boot_id, or "-" */
	int64_t monotonic_ms; /* CLOCK_BOOTTIME of the client */
	int64_t wall_ms;      /* its wall clock */
};

/* As the line formats above. */
int wire_format_report_header(
	const struct wire_report_header *h, char *out, size_t size) MUST_CHECK;

/* Parses the first line of `text`; *ret_body is where the metrics begin. As strict as
 * wire_parse_request(). */
int wire_parse_report_header(const char *text, size_t len, struct wire_report_header *ret_header,
	size_t *ret_body, struct error *err) MUST_CHECK;

#endif
