#include "collector/poller/dialog.h"

#include <stdio.h>
#include <string.h>

#include "lib/crypto/hash.h"
#include "lib/escape.h"
#include "lib/hex.h"

static void over(struct dialog *d, enum dialog_status *status)
{
	d->state = DIALOG_ENDED;
	*status = DIALOG_OVER;
}

#define FAIL(d, status, outcome, ...)                                                \
	do {                                                                         \
		verdict_set(&(d)->verdict, (outcome), dialog_stage(d), __VA_ARGS__); \
		over((d), (status));                                                 \
	} while (0)

/* From where it lies: a request may be long, and thousands of hosts are in flight. */
static void write_request(struct dialog *d)
{
	d->asking = d->request;
	d->asking_left = strlen(d->request);
}

void dialog_init(struct dialog *d, const char *request, const struct probes *probes,
	uint32_t files_max, uint32_t bytes_max)
{
	*d = (struct dialog){ .request = request, .probes = probes };
	d->frame.cap = WIRE_FILE_MAX;
	d->verdict.outcome = OUTCOME_INTERNAL;
	wire_parser_init(&d->parser, files_max, bytes_max);
	write_request(d);
}

void dialog_finish(struct dialog *d)
{
	buffer_finish(&d->frame);
	buffer_finish(&d->queued);
	buffer_finish(&d->sending);
}

enum stage dialog_stage(const struct dialog *d)
{
	if (d->state == DIALOG_OFFERED || d->state == DIALOG_SENDING)
		return STAGE_UPLOAD;
	if (d->parser.files)
		return STAGE_TRANSFER;
	return d->state == DIALOG_STARTED ? STAGE_RUN : STAGE_EXEC;
}

/* ---- what the client says --------------------------------------------------------------- */

static void on_need(struct dialog *d, const struct wire_event *ev, enum dialog_status *status)
{
	char line[WIRE_LINE_MAX];
	const struct probe *p = probes_find(d->probes, ev->text);
	if (d->state != DIALOG_ASKED) {
		FAIL(d, status, OUTCOME_PROBE_FAILED, "it asks for the probe a second time");
		return;
	}
	d->state = DIALOG_OFFERED;
	if (!p) {
		FAIL(d, status, OUTCOME_ARCHITECTURE, "there is no probe for %s here", ev->text);
		return;
	}
	d->blob = p->data;
	d->blob_left = p->size;
	if (wire_format_upload((uint32_t)p->size, p->hash, line, sizeof line) < 0 ||
		buffer_append_text(&d->queued, line))
		FAIL(d, status, OUTCOME_INTERNAL, "out of memory");
}

/* The shell says it before the upload and again right before the probe starts. */
static void on_ready(struct dialog *d, enum dialog_status *status)
{
	if (d->state == DIALOG_OFFERED) {
		d->state = DIALOG_SENDING;
	} else if (d->state == DIALOG_SENDING && d->blob_left) {
		FAIL(d, status, OUTCOME_PROBE_FAILED, "it starts the probe before it has it");
	} else if (d->state == DIALOG_SENDING) {
		d->state = DIALOG_STARTED;
		write_request(d);
	} else {
		d->state = DIALOG_STARTED;
	}
}

static void on_file(struct dialog *d, const struct wire_event *ev, enum dialog_status *status)
{
	if (d->state == DIALOG_OFFERED || d->state == DIALOG_SENDING) {
		FAIL(d, status, OUTCOME_PROBE_FAILED, "it sends a report before it has the probe");
		return;
	}
	d->state = DIALOG_STARTED;
	d->is_unspooled |= ev->unspooled;
	buffer_clear(&d->frame);
}

static void on_end(struct dialog *d, const struct wire_event *ev, enum dialog_status *status)
{
	char hex[2 * HASH_DIGEST_SIZE + 1];
	hash_digest(d->frame.data, d->frame.len, d->digest);
	if (strcmp(hex_encode(hex, d->digest, sizeof d->digest), ev->text) != 0) {
		FAIL(d, status, OUTCOME_TRUNCATED, "file %u does not have its digest", ev->index);
		return;
	}
	d->frames++;
	*status = DIALOG_FRAME;
}

/* What a client may say of itself; anything else it claims is a fault of its probe. */
static enum outcome claimed(const char *name)
{
	static const enum outcome allowed[] = { OUTCOME_ARCHITECTURE, OUTCOME_NO_EXEC_DIRECTORY,
		OUTCOME_NO_SHELL, OUTCOME_PROBE_FAILED, OUTCOME_TOO_LARGE };
	enum outcome o;
	if (outcome_parse(name, &o) == 0)
		for (size_t i = 0; i < ARRAY_LEN(allowed); i++)
			if (allowed[i] == o)
				return o;
	return OUTCOME_PROBE_FAILED;
}

static void on_done(struct dialog *d, enum dialog_status *status)
{
	if (d->frames == 0) {
		FAIL(d, status, OUTCOME_PROBE_FAILED, "the probe sent no report");
		return;
	}
	verdict_set(&d->verdict, OUTCOME_OK, STAGE_NONE, "%s",
		d->is_unspooled ? "unspooled: no folder there takes a file" : "");
	over(d, status);
}

static void handle(struct dialog *d, const struct wire_event *ev, enum dialog_status *status)
{
	switch (ev->type) {
	case WIRE_MORE:
		return;
	case WIRE_NEED:
		on_need(d, ev, status);
		return;
	case WIRE_READY:
		on_ready(d, status);
		return;
	case WIRE_FILE:
		on_file(d, ev, status);
		return;
	case WIRE_DATA:
		if (buffer_append(&d->frame, ev->data, ev->length))
			FAIL(d, status, OUTCOME_INTERNAL, "out of memory");
		return;
	case WIRE_END:
		on_end(d, ev, status);
		return;
	case WIRE_FAILED:
		FAIL(d, status, claimed(ev->text), "%.200s", ev->detail);
		return;
	case WIRE_DONE:
		on_done(d, status);
		return;
	case WIRE_BAD:
		FAIL(d, status, ev->too_large ? OUTCOME_TOO_LARGE : OUTCOME_TRUNCATED, "%s",
			ev->text);
		return;
	}
}

static void remember_words(struct dialog *d, const char *data, size_t len)
{
	size_t room = sizeof d->words - d->word_len;
	if (len > room)
		len = room;
	memcpy(d->words + d->word_len, data, len);
	d->word_len += len;
}

size_t dialog_take(struct dialog *d, const char *data, size_t len, enum dialog_status *ret_status)
{
	size_t used = 0;
	*ret_status = d->state == DIALOG_ENDED ? DIALOG_OVER : DIALOG_MORE;
	if (!d->is_ours)
		remember_words(d, data, len);
	while (used < len && *ret_status == DIALOG_MORE) {
		struct wire_event ev;
		used += wire_parse(&d->parser, data + used, len - used, &ev);
		d->is_ours |= ev.type != WIRE_MORE && ev.type != WIRE_BAD;
		handle(d, &ev, ret_status);
	}
	return used;
}

/* The first words of noise, escaped; else the complaint; else "". */
static void first_words(const struct dialog *d, const char *complaint, char *out, size_t size)
{
	size_t first = 0, len;
	while (first < d->word_len && strchr(" \t\r\n", d->words[first]))
		first++;
	for (len = first; len < d->word_len && !strchr("\r\n", d->words[len]);)
		len++;
	if (!escape_text(out, size, d->words + first, len - first))
		(void)snprintf(out, size, "%s", complaint);
}

void dialog_end(struct dialog *d, const char *complaint)
{
	enum dialog_status ignored;
	char words[256];
	if (d->state == DIALOG_ENDED)
		return;
	first_words(d, complaint, words, sizeof words);
	if (d->state == DIALOG_OFFERED || d->state == DIALOG_SENDING)
		FAIL(d, &ignored, OUTCOME_PROBE_FAILED, "the upload was cut: %s", complaint);
	else if (d->parser.files)
		FAIL(d, &ignored, OUTCOME_TRUNCATED, "it ended inside a report");
	else if (d->is_ours)
		FAIL(d, &ignored, OUTCOME_PROBE_FAILED, "the probe ended without a word: %s",
			complaint);
	else if (words[0])
		FAIL(d, &ignored, OUTCOME_NO_SHELL, "it answered: %s", words);
	else
		FAIL(d, &ignored, OUTCOME_NO_SHELL,
			"it ended without a word: no usable shell, or the probe was killed");
}

/* ---- what is written -------------------------------------------------------------------- */

int dialog_ack(struct dialog *d)
{
	char line[WIRE_LINE_MAX];
	for (; d->acked < d->frames; d->acked++)
		if (wire_format_ack(d->acked, line, sizeof line) < 0 ||
			buffer_append_text(&d->queued, line))
			return -1;
	return 0;
}

/* Lines are queued in one buffer while the other is being written, which therefore never
 * moves. The request goes before the lines, and the probe follows those that were queued before
 * it. */
bool dialog_chunk(struct dialog *d, const void **ret_data, size_t *ret_len)
{
	if (d->asking_left) {
		*ret_data = d->asking;
		*ret_len = d->asking_left;
		return true;
	}
	if (d->sent == d->sending.len && d->queued.len) {
		struct buffer empty = d->sending;
		d->sending = d->queued;
		d->queued = empty;
		buffer_clear(&d->queued);
		d->sent = 0;
	}
	if (d->sent < d->sending.len) {
		*ret_data = d->sending.data + d->sent;
		*ret_len = d->sending.len - d->sent;
		return true;
	}
	if (d->state != DIALOG_SENDING || !d->blob_left)
		return false;
	*ret_data = d->blob;
	*ret_len = d->blob_left;
	return true;
}

bool dialog_is_asking(const struct dialog *d)
{
	return d->asking_left > 0;
}

void dialog_wrote(struct dialog *d, size_t len)
{
	if (d->asking_left) {
		d->asking += len;
		d->asking_left -= len;
		return;
	}
	if (d->sent < d->sending.len) {
		d->sent += len;
		return;
	}
	d->blob += len;
	d->blob_left -= len;
}
