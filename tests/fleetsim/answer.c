#include "tests/fleetsim/answer.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/compiler.h"
#include "lib/wire/ask.h"

enum { BODY_MAX = WIRE_FILE_MAX - WIRE_LINE_MAX - crypto_box_SEALBYTES, HALF_A_LINE = 20 };

/* ---- the report ------------------------------------------------------------------------- */

static void write_asked(const char *asks, const char *name, bool runs, struct text *out)
{
	struct family family = { .name = name, .type = "gauge" };
	struct ask ask;
	while (ask_next(&asks, &ask)) {
		struct label label = text_label("name", ask.text);
		int64_t value = runs ? (int64_t)strlen(ask.text) : 0;
		if (ask.kind == ASK_PROCESS)
			text_member(out, &family, &label, 1, value, 0);
	}
}

static void write_body(struct visit *v, size_t size)
{
	struct report *r = &v->report;
	struct host *h = v->host;
	r->body = (struct text){ .data = v->world->text + WIRE_LINE_MAX, .size = size };
	numbers_write(v->world->seed, h->address, h->reports, &r->body, &r->expected);
	/* Of each process that it is asked for as many run as its name has letters. */
	write_asked(v->request.asks, "fleet_process_running", true, &r->body);
	write_asked(v->request.asks, "fleet_process_error", false, &r->body);
	text_single(&r->body, "fleet_reports_dropped_total", "counter", h->dropped, 0);
}

static void make_report(struct visit *v)
{
	struct report *r = &v->report;
	struct host *h = v->host;
	r->header = (struct wire_report_header){ .attempt_id = v->request.attempt_id,
		.monotonic_ms = numbers_monotonic_ms(v->world->seed, h->address, h->reports),
		.wall_ms = clock_wall_ms() };
	memcpy(r->header.nonce, v->request.nonce, sizeof r->header.nonce);
	memcpy(r->header.probe_hash, h->probe_hash, sizeof r->header.probe_hash);
	numbers_boot(v->world->seed, h->address, r->header.boot_id);
	memcpy(r->public_key, v->request.public_key, sizeof r->public_key);
	write_body(v, BODY_MAX);
	h->reports++;
}

/* The whole text, its header right before the metrics. */
static char *finish_text(struct report *r, size_t *ret_len)
{
	char line[WIRE_LINE_MAX], *text;
	int head = wire_format_report_header(&r->header, line, sizeof line);
	if (head < 0)
		return NULL;
	if (!r->is_cut)
		text_finish(&r->body);
	text = r->body.data - head;
	memcpy(text, line, (size_t)head);
	*ret_len = (size_t)head + r->body.len;
	return text;
}

/* Fails for a key that is no curve point to seal to (all zero, for one). */
static int seal_report(struct visit *v, size_t *ret_len)
{
	size_t len;
	const char *text = finish_text(&v->report, &len);
	if (!text || crypto_box_seal((uint8_t *)v->world->sealed, (const uint8_t *)text, len,
			     v->report.public_key) < 0)
		return -1;
	*ret_len = len + crypto_box_SEALBYTES;
	return 0;
}

static int keep_report(struct visit *v, size_t len)
{
	struct report *r = &v->report;
	struct ledger *l = v->world->ledger;
	const char *name = v->host->name;
	r->sealed =
		sealed_file_create(r->header.attempt_id, &v->request.key_id, v->world->sealed, len);
	if (!r->sealed)
		return -1;
	if (r->is_lie)
		return ledger_lie(l, name, r->sealed->attempt_id, r->sealed->digest);
	if (ledger_report(l, name, r->sealed->attempt_id, r->sealed->digest, &r->expected) < 0)
		return -1;
	if (r->is_unspooled)
		return 0;
	host_make_room(v->host, &r->sealed->key_id, len);
	host_keep(v->host, r->sealed);
	return 0;
}

/* ---- frames ----------------------------------------------------------------------------- */

static int say(struct visit *v, const char *line, int len)
{
	return len < 0 ? -1 : buffer_append(&v->out, line, (size_t)len);
}

int answer_frame(struct visit *v, uint32_t index, const struct sealed_file *f)
{
	char line[WIRE_LINE_MAX];
	bool is_new = f == v->report.sealed || f == v->report.instead;
	int head = wire_format_file(
		index, &f->key_id, f->len, is_new && v->report.is_unspooled, line, sizeof line);
	visit_reach(v, AT_HEADER, HALF_A_LINE);
	if (say(v, line, head) < 0)
		return -1;
	visit_reach(v, AT_FRAME, f->len / 2);
	if (buffer_append(&v->out, f->data, f->len) < 0 || say(v, "\n", 1) < 0)
		return -1;
	visit_reach(v, AT_TRAILER, HALF_A_LINE);
	return say(v, line, wire_format_end(index, f->digest, line, sizeof line));
}

static int send_file(struct visit *v, const struct sealed_file *f, bool is_true)
{
	struct said *s = &v->said[v->said_count];
	*s = (struct said){ .attempt_id = f->attempt_id, .is_true = is_true };
	memcpy(s->digest, f->digest, sizeof s->digest);
	return answer_frame(v, v->said_count++, f);
}

static bool is_wanted(const struct visit *v, const struct sealed_file *f)
{
	for (size_t i = 0; i < v->request.open_count; i++)
		if (strcmp(v->request.open[i].hex, f->key_id.hex) == 0)
			return f != v->report.sealed;
	return false;
}

/* Leftovers oldest first, within the caps of both sides; the new report always has its place. */
static int send_files(struct visit *v)
{
	const struct report *r = &v->report;
	const struct sealed_file *last = r->instead ? r->instead : r->sealed;
	uint32_t files = (uint32_t)smaller(v->request.files_max, WIRE_FILES_MAX);
	uint32_t bytes = (uint32_t)smaller(v->request.bytes_max, WIRE_BYTES_MAX);
	bytes -= (uint32_t)smaller(last->len, bytes);
	for (const struct sealed_file *f = v->host->files; f; f = f->next) {
		if (!is_wanted(v, f) || v->said_count + 1 >= files || f->len > bytes)
			continue;
		bytes -= f->len;
		if (send_file(v, f, true) < 0)
			return -1;
	}
	return send_file(v, last, last == r->sealed && !r->is_lie);
}

/* ---- the conversation ------------------------------------------------------------------- */

/* What another host's fault may pass off as its own. */
static int lend(struct visit *v)
{
	struct visit_world *w = v->world;
	const struct sealed_file *f = v->report.sealed;
	if (v->report.is_lie)
		return 0;
	free(w->stolen);
	w->stolen = sealed_file_create(f->attempt_id, &f->key_id, f->data, f->len);
	w->stolen_from = v->host->address;
	return w->stolen ? 0 : -1;
}

static int say_done(struct visit *v)
{
	char line[WIRE_LINE_MAX];
	if (say(v, line, wire_format_done(v->said_count, line, sizeof line)) < 0)
		return -1;
	visit_reach(v, AT_ACK, 0);
	return 0;
}

int answer_request(struct visit *v)
{
	size_t len;
	v->state = VISIT_ACKS;
	make_report(v);
	visit_reach(v, AT_REQUEST, 0);
	if (seal_report(v, &len) < 0)
		return visit_fail(v, "the key of the request is not one to seal to");
	if (v->request.files_max == 0 || v->request.bytes_max < len)
		return visit_fail(v, "the caps of the request leave no room for the report");
	if (keep_report(v, len) < 0 || say(v, "\n", 1) < 0)
		return -1;
	visit_reach(v, AT_SEALED, 0);
	return send_files(v) < 0 || say_done(v) < 0 ? -1 : lend(v);
}

/* A lie may be acknowledged as often as the collector likes; a true one counts once. */
int answer_ack(struct visit *v, uint32_t index)
{
	if (index >= v->said_count)
		return 0;
	struct said *s = &v->said[index];
	if (s->is_true && ledger_ack(v->world->ledger, v->host->name, s->attempt_id, s->digest) < 0)
		return -1;
	struct sealed_file *f = host_take(v->host, s->digest);
	if (v->host->wants_replay && !v->host->replay)
		v->host->replay = f;
	else
		free(f);
	if (++v->acked_count == v->said_count)
		visit_reach(v, AT_ACKED, 0);
	return 0;
}

int answer_plain(struct visit *v)
{
	make_report(v);
	text_finish(&v->report.body);
	return buffer_append(&v->out, v->report.body.data, v->report.body.len);
}
