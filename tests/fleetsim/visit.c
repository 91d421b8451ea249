#include "tests/fleetsim/visit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crypto/hash.h"
#include "lib/hex.h"
#include "lib/wire/wire_value.h"
#include "tests/fleetsim/answer.h"

#define MACHINE "x86_64"

enum { UPLOAD_MAX = 16 << 20 };

int visit_world_init(struct visit_world *w)
{
	w->text = malloc(WIRE_FILE_MAX);
	w->sealed = malloc(WIRE_FILE_MAX);
	return w->text && w->sealed ? 0 : -1;
}

void visit_world_finish(struct visit_world *w)
{
	free(w->text);
	free(w->sealed);
	free(w->stolen);
}

void visit_init(struct visit *v, struct visit_world *world, struct host *host,
	const struct fault *fault, enum moment at)
{
	*v = (struct visit){ .world = world, .host = host, .fault = fault, .at = at };
	v->request.asks = ""; /* of a command that is no request */
	v->line.cap = WIRE_REQUEST_MAX;
	host->visits++;
}

/* A report that the host keeps is the host's. */
void visit_finish(struct visit *v)
{
	buffer_finish(&v->out);
	buffer_finish(&v->line);
	buffer_finish(&v->upload);
	if (v->report.is_lie || v->report.is_unspooled)
		free(v->report.sealed);
	free(v->report.instead);
}

void visit_reach(struct visit *v, enum moment m, size_t ahead)
{
	if (!v->fault || v->is_struck || v->at != m)
		return;
	v->is_struck = true;
	v->trouble = v->fault->trouble;
	v->mark = v->out.len + ahead;
	if (v->fault->twist)
		v->fault->twist(v);
	(void)ledger_fault(v->world->ledger, v->host->name, v->fault->name, moment_name(m));
}

void visit_drain(struct visit *v)
{
	v->mark -= v->mark < v->out.len ? v->mark : v->out.len;
	buffer_clear(&v->out);
}

static int say(struct visit *v, const char *text)
{
	return buffer_append_text(&v->out, text);
}

int visit_fail(struct visit *v, const char *text)
{
	char line[WIRE_LINE_MAX];
	v->state = VISIT_OVER;
	if (wire_format_error("probe-failed", text, line, sizeof line) < 0)
		return -1;
	return say(v, "\n") < 0 ? -1 : say(v, line);
}

/* ---- the shell -------------------------------------------------------------------------- */

/* The hash that the one-liner has for our machine. */
static bool find_wanted(struct visit *v, const char *command)
{
	static const char before[] = " " MACHINE ") h=";
	const char *at = strstr(command, before);
	if (!at)
		return false;
	(void)snprintf(v->wanted, sizeof v->wanted, "%.32s", at + sizeof before - 1);
	return wire_is_hex(v->wanted, 32);
}

static bool has_probe(struct visit *v)
{
	struct host *h = v->host;
	if (!*h->probe_hash && !v->world->is_cold)
		memcpy(h->probe_hash, v->wanted, sizeof h->probe_hash);
	return strcmp(h->probe_hash, v->wanted) == 0;
}

static int answer_otherwise(struct visit *v)
{
	const struct fault *f = v->fault;
	v->signal = f->signal;
	v->status = f->status;
	if (!f->goes_on)
		v->state = f->stays ? VISIT_DEAF : VISIT_OVER;
	return say(v, f->says);
}

int visit_start(struct visit *v, const char *command)
{
	bool is_ours = find_wanted(v, command);
	v->state = is_ours || v->world->is_forced ? VISIT_REQUEST : VISIT_OTHER;
	if (v->is_struck && v->fault->says && answer_otherwise(v) < 0)
		return -1;
	if (v->state != VISIT_REQUEST || v->world->is_forced || has_probe(v))
		return 0;
	v->state = VISIT_FIRST_LINE;
	return say(v, "\nfleet1 need " MACHINE "\n");
}

static int take_upload_line(struct visit *v, const char *line)
{
	char hash[33], end;
	if (sscanf(line, WIRE_TAG "upload %u %32[0-9a-f]%c", &v->upload_size, hash, &end) != 2 ||
		strcmp(hash, v->wanted) != 0 || v->upload_size > UPLOAD_MAX)
		return visit_fail(v, "no upload came");
	v->state = VISIT_UPLOADING;
	return say(v, "fleet1 ready\n");
}

static int take_upload(struct visit *v, const char *data, size_t len)
{
	uint8_t digest[HASH_DIGEST_SIZE];
	char hex[33];
	if (buffer_append(&v->upload, data, len) < 0)
		return -1;
	if (v->upload.len >= v->upload_size / 2)
		visit_reach(v, AT_UPLOAD, 0);
	if (v->upload.len < v->upload_size || v->trouble)
		return 0;
	if (v->upload_size < 4 || memcmp(v->upload.data, "\177ELF", 4) != 0)
		return visit_fail(v, "the upload is no program");
	hash_digest(v->upload.data, v->upload.len, digest);
	if (strcmp(hex_encode(hex, digest, sizeof digest), v->wanted) != 0)
		return visit_fail(v, "the upload was damaged");
	buffer_finish(&v->upload);
	memcpy(v->host->probe_hash, v->wanted, sizeof v->wanted);
	v->state = VISIT_REQUEST;
	return say(v, "fleet1 ready\n");
}

/* ---- the probe -------------------------------------------------------------------------- */

static int take_request(struct visit *v, const char *line)
{
	struct error err;
	if (wire_parse_request(line, &v->request, &err) < 0)
		return visit_fail(v, err.text);
	int result = answer_request(v);
	v->request.asks = ""; /* they stand in the line */
	return result;
}

static int take_line(struct visit *v, const char *line)
{
	uint32_t index;
	switch (v->state) {
	case VISIT_FIRST_LINE:
		v->state = VISIT_UPLOAD_LINE;
		return 0;
	case VISIT_UPLOAD_LINE:
		return take_upload_line(v, line);
	case VISIT_REQUEST:
		return take_request(v, line);
	case VISIT_ACKS:
		return wire_parse_ack(line, &index) < 0 ? 0 : answer_ack(v, index);
	default:
		return 0;
	}
}

/* Bytes up to and including the next newline; a longer line than the protocol has is none. */
static int take_some(struct visit *v, const char *data, size_t len, size_t *ret_used)
{
	const char *newline = memchr(data, '\n', len);
	size_t part = newline ? (size_t)(newline - data) : len;
	*ret_used = newline ? part + 1 : part;
	if (buffer_append(&v->line, data, part) < 0)
		return visit_fail(v, "the line is too long");
	if (!newline)
		return 0;
	int result = take_line(v, v->line.data ? v->line.data : "");
	buffer_clear(&v->line);
	return result;
}

static bool is_reading(const struct visit *v)
{
	return v->state < VISIT_OTHER && (!v->trouble || v->trouble == TROUBLE_SLOW);
}

int visit_take(struct visit *v, const char *data, size_t len)
{
	while (len && is_reading(v)) {
		size_t used, left = v->upload_size - v->upload.len;
		int result;
		if (v->state == VISIT_UPLOADING) {
			used = left < len ? left : len;
			result = take_upload(v, data, used);
		} else {
			result = take_some(v, data, len, &used);
		}
		if (result < 0)
			return -1;
		data += used;
		len -= used;
	}
	return 0;
}

int visit_end(struct visit *v)
{
	enum visit_state before = v->state;
	visit_reach(v, AT_CLOSE, 0);
	if (before == VISIT_DEAF || before == VISIT_OVER || v->trouble)
		return 0;
	v->state = VISIT_OVER;
	if (before == VISIT_OTHER)
		return answer_plain(v);
	return before == VISIT_ACKS ? 0 : visit_fail(v, "no request");
}
