#include "collector/ingest/visit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/attempt.h"
#include "lib/escape.h"
#include "lib/log.h"

static void set_client(struct visit *v, const char *client)
{
	(void)snprintf(v->client, sizeof v->client, "%s", client);
}

/* It is there, and the disk does not give it back: perhaps it does the next time. Anything else is
 * of the file itself, which a poller may have made. */
static bool is_for_now(int number)
{
	return number == EIO || number == ESTALE || number == ETIMEDOUT;
}

static int no_report(struct report *r, enum outcome outcome, const struct error *why)
{
	*r = (struct report){ .outcome = outcome };
	(void)escape_text(r->reason, sizeof r->reason, why->text, strlen(why->text));
	return 0;
}

static int unreadable(struct report *r, int number, const struct error *why, struct error *err)
{
	if (sources_is_want(number))
		return error_set(err, "%s", why->text);
	return no_report(r, is_for_now(number) ? OUTCOME_INTERNAL : OUTCOME_UNSEALED, why);
}

static int judge_head(const struct visit *v, const struct spool_head *head,
	const struct spool_frame *frame, struct error *why)
{
	if (head->attempt_id != frame->attempt_id)
		return error_set(why, "it changed while it was read");
	if (v->client[0] && strcmp(v->client, head->client) != 0)
		return error_set(why, "its head tells another client than what came before it");
	return 0;
}

static int load_frame(struct visit *v, size_t i, const struct sources *sources,
	const struct keyring *ring, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer frame = { .cap = WIRE_FILE_MAX + 2 * 65536 };
	struct spool_head head;
	struct error why = { "" };
	size_t body;
	if (sources_read(sources, &v->frames[i], &frame, &why) < 0)
		return unreadable(&v->reports[i], errno, &why, err);
	if (spool_parse_frame(frame.data, frame.len, &head, &body, &why) < 0 ||
		judge_head(v, &head, &v->frames[i], &why))
		return no_report(&v->reports[i], OUTCOME_UNSEALED, &why);
	if (report_open(ring, &head, frame.data + body, &v->reports[i], err) < 0)
		return -1;
	if (v->reports[i].outcome == OUTCOME_OK) {
		v->weight += v->reports[i].text.len;
		v->connection.received_at = head.received_at;
		set_client(v, head.client);
	}
	return 0;
}

int visit_load(struct visit *v, const struct sources *sources, const struct keyring *ring,
	const struct part *part, struct error *err)
{
	const struct spool_outcome *line = part->line;
	size_t count = part->frame_count;
	*v = (struct visit){ .frames = part->frames, .newest = -1 };
	v->reports = calloc(count + 1, sizeof *v->reports);
	v->readings = calloc(count + 1, sizeof *v->readings);
	v->counters = calloc(count + 1, sizeof *v->counters);
	v->rows = calloc(count + 1, sizeof *v->rows);
	if (!v->reports || !v->readings || !v->counters || !v->rows)
		return error_no_memory(err);
	v->connection = (struct connection){
		.attempt_id = line ? line->attempt_id : part->frames[0].attempt_id,
		.cycle_id = part->cycle_id,
		.line = line,
		.reports = v->reports,
		.has_more = part->has_more,
		.has_row = part->has_row,
	};
	if (line)
		set_client(v, line->client);
	for (; v->connection.report_count < count; v->connection.report_count++)
		if (load_frame(v, v->connection.report_count, sources, ring, err) < 0)
			return -1;
	if (v->client[0])
		v->row_count = merge_connection(&v->connection, v->rows);
	return 0;
}

bool visit_has_own_row(const struct visit *v)
{
	return v->row_count && v->rows[0].id == v->connection.attempt_id;
}

void visit_disown(struct visit *v, const char *why)
{
	v->row_count = 0;
	for (size_t i = 0; i < v->connection.report_count; i++) {
		struct report *r = &v->reports[i];
		r->outcome = OUTCOME_STALE;
		(void)snprintf(r->reason, sizeof r->reason, "%s", why);
	}
}

/* The server's time of a report: that of its row, if it has one. */
static int64_t time_of(const struct visit *v, size_t report)
{
	for (size_t i = 0; i < v->row_count; i++)
		if (v->rows[i].report == (int)report)
			return v->rows[i].taken_at;
	return attempt_time_ms(v->reports[report].header.attempt_id);
}

/* One report; `ground` holds the counters before it and then those after it. */
static int derive_one(struct visit *v, size_t i, const struct derive_terms *terms,
	struct buffer *ground, struct error *err)
{
	const struct report *r = &v->reports[i];
	struct derive_terms own = *terms;
	own.asked_at_ms = r->asked_at ? r->asked_at : time_of(v, i);
	own.came_at_ms = r->came_at;
	if (derive(&r->header, &r->metrics, &own, ground->data, ground->len, &v->readings[i],
		    &v->counters[i], err) < 0)
		return -1;
	if (!v->counters[i].len)
		return 0;
	buffer_clear(ground);
	if (buffer_append(ground, v->counters[i].data, v->counters[i].len) < 0)
		return error_no_memory(err);
	return 0;
}

/* Many visits wait for one transaction, and only the newest text of a client is ever stored. */
static void forget_texts(struct visit *v, int64_t text_at)
{
	for (size_t i = 0; i < v->connection.report_count; i++)
		if ((int)i != v->newest || !storage_wants_text(text_at, time_of(v, i)))
			buffer_finish(&v->reports[i].text);
}

int visit_derive(struct visit *v, struct storage *storage, const struct derive_terms *terms,
	struct error *err)
{
	CLEANUP(buffer_finish) struct buffer ground = { 0 };
	size_t order[SPOOL_CONNECTION_FILES];
	size_t n = report_order(v->reports, v->connection.report_count, order);
	if (n == 0)
		return 0;
	int64_t text_at;
	if (storage_get_counters(storage, v->client, &ground, &text_at, err) < 0)
		return -1;
	for (size_t k = 0; k < n; k++) {
		size_t i = order[k];
		if (derive_one(v, i, terms, &ground, err) < 0)
			return -1;
		promtext_finish(&v->reports[i].metrics);
		if (!v->counters[i].len)
			continue;
		if (v->newest >= 0) /* only the last ones are stored */
			buffer_finish(&v->counters[v->newest]);
		v->newest = (int)i;
	}
	forget_texts(v, text_at);
	return 0;
}

static void add_report(const struct visit *v, int i, struct sample *s)
{
	const struct report *r = &v->reports[i];
	s->has_report = true;
	memcpy(s->probe_hash, r->header.probe_hash, sizeof s->probe_hash);
	memcpy(s->digest, r->digest, sizeof s->digest);
	s->readings = v->readings[i].items;
	s->reading_count = v->readings[i].count;
	if (i != v->newest)
		return;
	s->counters = v->counters[i].data;
	s->counters_len = v->counters[i].len;
	s->text = r->text.data;
	s->text_len = r->text.len;
}

void visit_samples(const struct visit *v, struct sample *ret_samples)
{
	for (size_t i = 0; i < v->row_count; i++) {
		const struct merge_row *row = &v->rows[i];
		ret_samples[i] = (struct sample){
			.id = row->id,
			.client = v->client,
			.cycle_id = row->cycle_id,
			.taken_at = row->taken_at,
			.received_at = row->received_at,
			.outcome = row->outcome,
			.first_outcome = row->first_outcome,
			.stage = row->stage,
			.error = row->error,
			.duration_ms = row->duration_ms,
		};
		if (row->report != MERGE_NO_REPORT)
			add_report(v, row->report, &ret_samples[i]);
	}
}

/* What keeps it is for people only: a full disk must not hold up all others. */
static void reject(const struct visit *v, size_t i, const struct sources *sources)
{
	CLEANUP(buffer_finish) struct buffer frame = { 0 };
	struct error why = { "" };
	if (sources_read(sources, &v->frames[i], &frame, &why) < 0 ||
		spool_reject(sources->spool_fd, v->frames[i].attempt_id, &frame, &why) < 0)
		log_debug("%s", why.text);
}

void visit_settle(const struct visit *v, struct sources *sources, uint32_t *rejected)
{
	for (size_t i = 0; i < v->connection.report_count; i++) {
		enum outcome outcome = v->reports[i].outcome;
		if (outcome == OUTCOME_INTERNAL)
			sources->items[v->frames[i].file].is_kept = true;
		else if (outcome != OUTCOME_OK && (*rejected)++ < SPOOL_BAD_FILES)
			reject(v, i, sources);
	}
}

void visit_finish(struct visit *v)
{
	for (size_t i = 0; i < v->connection.report_count; i++) {
		report_finish(&v->reports[i]);
		readings_finish(&v->readings[i]);
		buffer_finish(&v->counters[i]);
	}
	free(v->reports);
	free(v->readings);
	free(v->counters);
	free(v->rows);
	*v = (struct visit){ 0 };
}
