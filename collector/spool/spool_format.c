/*
 * The formats of encrypted_stats/. They are read back after crashes and power cuts, and the
 * processes that write them speak to hostile servers, so reading is strict and bounded.
 */
#include "collector/spool/spool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/spool/fields.h"
#include "lib/escape.h"
#include "lib/hex.h"

static int fits(int len, size_t size)
{
	return len < 0 || (size_t)len >= size ? -1 : len;
}

int spool_format_head(const struct spool_head *h, char *out, size_t size)
{
	char client[FIELDS_ENCODED * sizeof h->client], digest[2 * HASH_DIGEST_SIZE + 1] = "";
	if (h->has_digest)
		(void)hex_encode(digest, h->digest, sizeof h->digest);
	int len = snprintf(out, size,
		WIRE_TAG "spool %016" PRIx64 " %016" PRIx64 " %" PRId64 " %" PRIu32 " %s %" PRId64
			 "%s%s\n",
		h->attempt_id, h->cycle_id, h->received_at, h->length,
		fields_encode(client, h->client), h->asked_at, *digest ? " " : "", digest);
	return fits(len, size);
}

int spool_parse_head(const char *data, size_t len, struct spool_head *ret_head, size_t *ret_body,
	struct error *err)
{
	const char *newline = memchr(data, '\n', len < SPOOL_LINE_MAX ? len : SPOOL_LINE_MAX);
	if (!newline)
		return error_set(err, "it has no head line");
	struct fields f = { .at = data, .end = newline };
	struct spool_head h = { 0 };
	fields_word(&f, "fleet1");
	fields_word(&f, "spool");
	h.attempt_id = fields_id(&f);
	h.cycle_id = fields_id(&f);
	h.received_at = fields_number(&f, INT64_MAX);
	h.length = (uint32_t)fields_number(&f, WIRE_FILE_MAX);
	fields_text(&f, h.client, sizeof h.client);
	if (f.at)
		h.asked_at = fields_number(&f, INT64_MAX);
	h.has_digest = f.at;
	if (f.at)
		fields_bytes(&f, h.digest, sizeof h.digest);
	if (!fields_done(&f) || !h.client[0])
		return error_set(err, "its head line is malformed");
	*ret_head = h;
	*ret_body = (size_t)(newline + 1 - data);
	return 0;
}

int spool_parse_frame(const char *data, size_t len, struct spool_head *ret_head, size_t *ret_body,
	struct error *err)
{
	if (spool_parse_head(data, len, ret_head, ret_body, err) < 0)
		return -1;
	if (len - *ret_body != ret_head->length)
		return error_set(
			err, "it has %zu of %" PRIu32 " bytes", len - *ret_body, ret_head->length);
	return 0;
}

int spool_format_outcome(const struct spool_outcome *o, char *out, size_t size)
{
	char client[FIELDS_ENCODED * sizeof o->client];
	char text[FIELDS_ENCODED * sizeof o->text];
	int len = snprintf(out, size,
		"%016" PRIx64 " %016" PRIx64 " %s %s %s %" PRId64 " %" PRId64 " %" PRIu32
		" %s %s\n",
		o->attempt_id, o->cycle_id, o->nonce, outcome_name(o->outcome),
		o->stage == STAGE_NONE ? "-" : stage_name(o->stage), o->taken_at, o->received_at,
		o->duration_ms, fields_encode(client, o->client), fields_encode(text, o->text));
	return fits(len, size);
}

int spool_parse_outcome(
	const char *line, size_t len, struct spool_outcome *ret_outcome, struct error *err)
{
	struct fields f = { .at = line, .end = line + len };
	struct spool_outcome o = { 0 };
	char outcome[32], stage[32], text[sizeof o.text];
	o.attempt_id = fields_id(&f);
	o.cycle_id = fields_id(&f);
	fields_raw(&f, o.nonce, sizeof o.nonce);
	fields_raw(&f, outcome, sizeof outcome);
	fields_raw(&f, stage, sizeof stage);
	o.taken_at = fields_number(&f, INT64_MAX);
	o.received_at = fields_number(&f, INT64_MAX);
	o.duration_ms = (uint32_t)fields_number(&f, UINT32_MAX);
	fields_text(&f, o.client, sizeof o.client);
	fields_text(&f, text, sizeof text);
	if (!fields_done(&f) || !o.client[0])
		return error_set(err, "malformed outcome line");
	if (outcome_parse(outcome, &o.outcome) < 0)
		return error_set(err, "unknown outcome %s", outcome);
	if (strcmp(stage, "-") != 0 && stage_parse(stage, &o.stage) < 0)
		return error_set(err, "unknown stage %s", stage);
	escape_text(o.text, sizeof o.text, text, strlen(text)); /* a poller is not to be trusted */
	*ret_outcome = o;
	return 0;
}

int spool_format_cycle(const struct spool_cycle *c, char *out, size_t size)
{
	int len = snprintf(out, size,
		WIRE_TAG "cycle %016" PRIx64 " %" PRId64 " %" PRId64 " %" PRIu32 " %d %" PRId64
			 "\n",
		c->id, c->started_at, c->deadline_at, c->clients, c->whole_fleet, c->ended_at);
	return fits(len, size);
}

int spool_parse_cycle(
	const char *line, size_t len, struct spool_cycle *ret_cycle, struct error *err)
{
	struct fields f = { .at = line, .end = line + len };
	struct spool_cycle c = { 0 };
	fields_word(&f, "fleet1");
	fields_word(&f, "cycle");
	c.id = fields_id(&f);
	c.started_at = fields_number(&f, INT64_MAX);
	c.deadline_at = fields_number(&f, INT64_MAX);
	c.clients = (uint32_t)fields_number(&f, UINT32_MAX);
	c.whole_fleet = fields_number(&f, 1) == 1;
	c.ended_at = fields_number(&f, INT64_MAX);
	if (!fields_done(&f))
		return error_set(err, "malformed cycle line");
	*ret_cycle = c;
	return 0;
}

static const struct {
	const char *suffix;
	enum spool_kind kind;
} suffixes[] = {
	{ ".cycle", SPOOL_CYCLE },
	{ ".frames", SPOOL_FRAMES },
	{ ".outcomes", SPOOL_OUTCOMES },
	{ ".sealed", SPOOL_SEALED },
};

/* "<16 hex>-<2 to 4 digits><suffix>" */
static void parse_numbered(const char *name, struct spool_entry *e)
{
	const char *dash = strchr(name, '-');
	const char *dot = strchr(name, '.');
	if (!dash || !dot || dot < dash + 3 || dot > dash + 5)
		return;
	struct fields id = { .at = name, .end = dash };
	struct fields index = { .at = dash + 1, .end = dot };
	e->id = fields_id(&id);
	e->index = (uint32_t)fields_number(&index, 9999);
	if (!fields_done(&id) || !fields_done(&index))
		return;
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++)
		if (strcmp(dot, suffixes[i].suffix) == 0)
			e->kind = suffixes[i].kind;
}

void spool_parse_name(const char *name, struct spool_entry *ret_entry)
{
	struct spool_entry e = { .kind = SPOOL_OTHER };
	if (strlen(name) < sizeof e.name) {
		strcpy(e.name, name); // NOLINT: its length was looked at
		if (strncmp(name, "tmp-", 4) == 0)
			e.kind = SPOOL_TEMPORARY;
		else
			parse_numbered(name, &e);
	}
	*ret_entry = e;
}
