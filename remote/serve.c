#include "remote/serve.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "lib/compiler.h"
#include "lib/hex.h"
#include "lib/wire/wire.h"
#include "remote/collect.h"
#include "remote/files/folder.h"
#include "remote/files/io.h"
#include "remote/spool.h"

enum {
	BODY_MAX = COLLECT_BYTES_MAX - WIRE_LINE_MAX - crypto_box_SEALBYTES,
	LAST_MAX = 256, /* the last metric, whose value is known when the others are written */
	NEW_FILE = 1,	/* the place that is always kept for the new report */
};

struct conversation {
	struct io_lines in;
	int out_fd;
	const struct self *self;
	struct wire_request request; /* its asks are good until the next line */
	struct folders folders;
	struct spool spool;
	char *report; /* WIRE_FILE_MAX; afterwards room for a file read back */
	char *sealed; /* the new report, until the end, where the readers' bytes were */
	size_t report_len, sealed_len;
	struct spool_file new_file; /* the same in the spool; size 0: in memory only */
	uint32_t bytes_left;
	struct spool_file sent[WIRE_FILES_MAX];
	uint32_t sent_count;
};

static int say(struct conversation *c, const char *line, int len)
{
	return len < 0 ? -1 : io_write(c->out_fd, line, (size_t)len);
}

/* What was said before us may lack its newline. */
static int fail(struct conversation *c, const char *text)
{
	char line[WIRE_LINE_MAX];
	(void)say(c, "\n", 1);
	(void)say(c, line, wire_format_error("probe-failed", text, line, sizeof line));
	return SERVE_FAILED;
}

/* ---- the report ------------------------------------------------------------------------- */

static struct wire_report_header make_header(struct conversation *c, struct collect *collect)
{
	struct wire_report_header h = { .attempt_id = c->request.attempt_id,
		.monotonic_ms = io_clock_ms(CLOCK_BOOTTIME),
		.wall_ms = io_clock_ms(CLOCK_REALTIME) };
	memcpy(h.nonce, c->request.nonce, sizeof h.nonce);
	memcpy(h.probe_hash, c->self->hash, sizeof h.probe_hash);
	collect_boot_id(collect, h.boot_id);
	return h;
}

static void put_header(struct conversation *c, const struct wire_report_header *h, size_t body_len)
{
	char line[WIRE_LINE_MAX];
	int len = wire_format_report_header(h, line, sizeof line);
	c->report_len = (size_t)len + body_len;
	memmove(c->report + len, c->report + WIRE_LINE_MAX, body_len);
	memcpy(c->report, line, (size_t)len);
}

/* The header has the time at which the counters are read. What is dropped to make room for
 * this report is counted in it, for which there is always a place. */
static void make_report(struct conversation *c, struct collect *collect)
{
	struct text body = { .data = c->report + WIRE_LINE_MAX, .size = BODY_MAX - LAST_MAX };
	struct wire_report_header h = make_header(c, collect);
	collect_run(collect, &body);
	spool_make_room(&c->spool, WIRE_LINE_MAX + body.len + LAST_MAX + crypto_box_SEALBYTES);
	text_widen(&body, BODY_MAX);
	text_single(&body, "fleet_reports_dropped_total", "counter", c->spool.dropped, 0);
	text_finish(&body);
	put_header(c, &h, body.len);
}

/* Into the spool too, when a folder takes it. Fails for a key that is no curve point to seal
 * to (all zero, for one). */
static int seal_report(struct conversation *c)
{
	if (crypto_box_seal((uint8_t *)c->sealed, (const uint8_t *)c->report, c->report_len,
		    c->request.public_key) < 0)
		return -1;
	c->sealed_len = c->report_len + crypto_box_SEALBYTES;
	if (spool_put(&c->spool, c->request.attempt_id, c->sealed, c->sealed_len, &c->new_file) < 0)
		c->new_file = (struct spool_file){ .size = 0 };
	return 0;
}

/* ---- files ------------------------------------------------------------------------------ */

static int send_frame(struct conversation *c, const struct wire_key_id *key, const void *data,
	size_t len, bool unspooled)
{
	char line[WIRE_LINE_MAX], hex[33];
	uint8_t digest[16];
	uint32_t index = c->sent_count;
	(void)crypto_generichash(digest, sizeof digest, data, len, NULL, 0);
	(void)hex_encode(hex, digest, sizeof digest);
	int head = wire_format_file(index, key, (uint32_t)len, unspooled, line, sizeof line);
	if (say(c, line, head) < 0 || io_write(c->out_fd, data, len) < 0 || say(c, "\n", 1) < 0)
		return -1;
	return say(c, line, wire_format_end(index, hex, line, sizeof line));
}

static bool is_wanted(const struct conversation *c, const struct spool_file *f)
{
	const char *key = c->spool.keys[f->key].hex;
	bool is_open = false;
	for (size_t i = 0; i < c->request.open_count; i++)
		is_open = is_open || strcmp(c->request.open[i].hex, key) == 0;
	/* the new report is sent from memory, last */
	return is_open && !f->kept && (f->key != 0 || f->attempt_id != c->request.attempt_id);
}

/* A file that is gone by now went through another probe. */
static int send_spooled(struct conversation *c, const struct spool_file *f)
{
	ssize_t len = spool_get(&c->spool, f, c->report, WIRE_FILE_MAX);
	if (len <= 0 || (uint32_t)len > c->bytes_left)
		return 0;
	if (send_frame(c, &c->spool.keys[f->key], c->report, (size_t)len, false) < 0)
		return -1;
	c->bytes_left -= (uint32_t)len;
	c->sent[c->sent_count++] = *f;
	return 0;
}

static int send_new(struct conversation *c)
{
	if (send_frame(c, &c->request.key_id, c->sealed, c->sealed_len, c->new_file.size == 0) < 0)
		return -1;
	c->sent[c->sent_count++] = c->new_file;
	return 0;
}

/* Leftovers oldest first, within the caps of both sides; the new report always has its place. */
static int send_files(struct conversation *c)
{
	char line[WIRE_LINE_MAX];
	const struct wire_request *r = &c->request;
	uint32_t files = (uint32_t)smaller(r->files_max, WIRE_FILES_MAX);
	uint32_t bytes = (uint32_t)smaller(r->bytes_max, WIRE_BYTES_MAX);
	if (files == 0 || bytes < c->sealed_len)
		return fail(c, "the caps of the request leave no room for the report");
	c->bytes_left = bytes - (uint32_t)c->sealed_len;
	if (say(c, "\n", 1) < 0)
		return -1;
	for (size_t i = 0; i < c->spool.count; i++) {
		const struct spool_file *f = &c->spool.files[i];
		if (!is_wanted(c, f))
			continue;
		if (c->sent_count + NEW_FILE < files && f->size <= c->bytes_left &&
			send_spooled(c, f) < 0)
			return -1;
	}
	if (send_new(c) < 0)
		return -1;
	return say(c, line, wire_format_done(c->sent_count, line, sizeof line));
}

/* Acks until end of file. One that fits nothing is somebody's mistake and harms nobody. */
static void take_acks(struct conversation *c)
{
	const char *line;
	uint32_t index;
	while ((line = io_next_line(&c->in)))
		if (wire_parse_ack(line, &index) == 0 && index < c->sent_count &&
			c->sent[index].size > 0)
			spool_delivered(&c->spool, &c->sent[index]);
	spool_trim(&c->spool, c->request.keep);
}

static int take_request(struct conversation *c)
{
	_Static_assert(sizeof c->in.data >= WIRE_REQUEST_MAX, "a request is one line");
	struct error err = { "no request" };
	const char *line = io_next_line(&c->in);
	if (!line || wire_parse_request(line, &c->request, &err) < 0)
		return fail(c, err.text);
	return 0;
}

int serve(struct arena *a, const struct self *self, const char *root, int in_fd, int out_fd)
{
	struct collect collect;
	struct conversation *c = arena_take(a, sizeof *c);
	if (!c)
		return SERVE_FAILED;
	*c = (struct conversation){ .in.fd = in_fd, .out_fd = out_fd, .self = self };
	c->report = arena_take(a, WIRE_FILE_MAX);
	if (self_is_damaged(self))
		return fail(c, "the cached probe was damaged and is removed");
	if (take_request(c) != 0)
		return SERVE_FAILED;
	if (!c->report || collect_init(&collect, a, root, c->request.asks, &c->folders) < 0)
		return fail(c, "out of memory");
	folders_init(&c->folders, self->folder, &collect.reach);
	if (spool_init(&c->spool, a, &c->folders, &c->request) < 0)
		return fail(c, "out of memory");
	make_report(c, &collect);
	c->sealed = collect.bytes;
	if (seal_report(c) < 0)
		return fail(c, "the key of the request is not one to seal to");
	if (send_files(c) != 0)
		return SERVE_FAILED;
	take_acks(c);
	return SERVE_DONE;
}
