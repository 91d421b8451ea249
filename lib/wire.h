#ifndef FLEET_WIRE_H
#define FLEET_WIRE_H

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
 * WIRE_TAG; numbers are decimal unless said otherwise.
 *
 *   collector → client
 *     fleet1 request id=<16 hex> nonce=<32 hex> key=<64 hex> keyid=<16 hex>
 *            open=<key id>[,<key id>…] probe=<32 hex> keep=<n> files=<n> bytes=<n>
 *            (one line; one space between fields; unknown fields are skipped)
 *     fleet1 ack <index>                  after that file is durable on the server
 *     end of file                         no more acks
 *
 *   client → collector
 *     anything                            noise: a motd, a forced command's greeting
 *     fleet1 need <machine>               the shell: no probe here; <machine> as `uname -m`
 *     fleet1 ready                        the shell: the upload may come
 *     fleet1 file <index> <key id> <length> spooled|unspooled
 *     <length bytes> newline
 *     fleet1 end <index> <32 hex>         BLAKE2b-128 of those bytes
 *     fleet1 error <outcome> <text>       <outcome> as in lib/outcome.h
 *     fleet1 done <files sent> <files left behind> <files dropped so far>
 *
 * After "need" the collector writes `fleet1 upload <size> <32 hex>` and a newline, waits for
 * "ready", writes the probe's <size> bytes, and once the probe is in place (the shell says
 * "ready" a second time, immediately before it runs it) writes the request line again. The
 * first request line was read and dropped by the shell, byte by byte, as POSIX asks of
 * `read`, so nothing is ever read too far.
 *
 * The exit status proves nothing (a command killed by a signal reports 0 through libssh2);
 * "done" does.
 */
#define WIRE_TAG "fleet1 "

enum {
	WIRE_LINE_MAX = 1024,            /* longest line of either side */
	WIRE_NOISE_MAX = 64 * 1024,      /* most bytes before or between our lines */
	WIRE_FILES_MAX = 64,             /* files a connection */
	WIRE_BYTES_MAX = 4 << 20,        /* bytes of files a connection */
	WIRE_FILE_MAX = 1 << 20,         /* bytes of one sealed file */
	WIRE_SPOOL_FILES_MAX = 256,      /* files kept on a client for one key id */
	WIRE_SPOOL_BYTES_MAX = 8 << 20,  /* bytes kept on a client for one key id */
	WIRE_KEY_IDS_MAX = 8,            /* key ids in one request */
};

struct wire_key_id {
	char hex[17]; /* 16 lower-case hex digits and a NUL */
};

struct wire_request {
	uint64_t attempt_id;
	uint8_t nonce[16];
	uint8_t public_key[32];      /* X25519, to seal to */
	struct wire_key_id key_id;   /* its id: the folder the new file goes to */
	struct wire_key_id open[WIRE_KEY_IDS_MAX]; /* files of these ids are to be sent */
	size_t open_count;
	char probe_hash[33];         /* BLAKE2b-128 of the expected probe, hex; "" = any */
	uint32_t keep;               /* copies the client keeps after an ack */
	uint32_t files_max, bytes_max;
};

/* Formats the request line, newline included. Returns its length, or -1 when it does not fit. */
int wire_format_request(const struct wire_request *r, char *out, size_t size) MUST_CHECK;

/* Parses one request line (without its newline). Strict: every known field at most once and
 * well-formed; the probe runs nothing it does not fully understand. */
int wire_parse_request(const char *line, struct wire_request *ret_request,
	struct error *err) MUST_CHECK;

/*
 * The collector's side of what comes back, as an incremental parser.
 */
enum wire_event_type {
	WIRE_MORE,  /* all input was taken, nothing to report */
	WIRE_NEED,  /* text = machine */
	WIRE_READY,
	WIRE_FILE,  /* a file begins: index, key_id, length, unspooled */
	WIRE_DATA,  /* data, length: bytes of the file (never empty) */
	WIRE_END,   /* the file is complete; text = digest, for the caller to compare */
	WIRE_FAILED, /* text = outcome name, detail = the client's words (not escaped) */
	WIRE_DONE,  /* files, left, dropped */
	WIRE_BAD,   /* the stream breaks the protocol or a cap; text = why. Final. */
};

struct wire_event {
	enum wire_event_type type;
	uint32_t index, length;
	struct wire_key_id key_id;
	bool unspooled;
	const char *data;             /* into the caller's input */
	const char *text, *detail;    /* into the parser, until the next call */
	uint32_t files, left, dropped;
};

struct wire_parser {
	char line[WIRE_LINE_MAX + 1];
	size_t line_len;
	bool in_noise, in_file, after_file, is_over;
	uint32_t index, length, left;  /* of the file under way */
	uint32_t files;                /* files begun */
	size_t bytes, noise;           /* so far, against the caps */
	uint32_t files_max, bytes_max; /* caps; set by wire_parser_init() */
};

void wire_parser_init(struct wire_parser *p, uint32_t files_max, uint32_t bytes_max);

/* Takes bytes from `in`, returns the next event and how many bytes were used for it. Call
 * again with the rest until WIRE_MORE (all used) or WIRE_BAD. */
size_t wire_parse(struct wire_parser *p, const char *in, size_t len,
	struct wire_event *ret_event);

/*
 * Inside the seal: the report. Its first line is a comment of the Prometheus text format, so
 * that the whole stays readable by any tool:
 *
 *   # fleet1 id=<16 hex> nonce=<32 hex> probe=<32 hex> boot=<uuid or -> mono=<ms> wall=<ms>
 *     dropped=<n>
 *
 * (one line), then the metrics, then "# EOF" and a newline.
 */
struct wire_report_header {
	uint64_t attempt_id;
	uint8_t nonce[16];
	char probe_hash[33];
	char boot_id[37];      /* /proc/sys/kernel/random/boot_id, or "-" */
	int64_t monotonic_ms;  /* CLOCK_BOOTTIME of the client */
	int64_t wall_ms;       /* its wall clock */
	uint32_t dropped;      /* files of this key id dropped there for want of room, ever */
};

int wire_format_report_header(const struct wire_report_header *h, char *out,
	size_t size) MUST_CHECK;

/* Parses the first line of `text`; *ret_body is where the metrics begin. */
int wire_parse_report_header(const char *text, size_t len, struct wire_report_header *ret_header,
	size_t *ret_body, struct error *err) MUST_CHECK;

#endif
