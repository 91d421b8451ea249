#include "collector/ingest/batch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/log.h"

static bool has_client(const struct batch *b, const char *client)
{
	for (size_t i = 0; i < b->count; i++)
		if (strcmp(b->visits[i].client, client) == 0)
			return true;
	return false;
}

static bool is_full(const struct batch *b)
{
	return b->count == BATCH_VISITS || b->samples >= BATCH_SAMPLES || b->bytes >= BATCH_BYTES;
}

/* A client that is polled seldom has its rates all the same, also when one poll failed. */
static struct derive_terms terms_of(const struct batch *b, const char *client)
{
	enum { HOUR_MS = 60 * 60 * 1000 };
	const struct client *c = config_client(b->in->config, client);
	return (struct derive_terms){
		.gap_max_ms = c && c->every_ms > HOUR_MS / 2 ? 2 * c->every_ms : HOUR_MS,
		.choice = c ? c->metrics : NULL,
		.asks = c ? c->asks : NULL,
	};
}

int batch_add(struct batch *b, struct part *part, struct error *err)
{
	CLEANUP(visit_finish) struct visit v = { 0 };
	if (visit_load(&v, b->sources, b->in->ring, part, err) < 0)
		return -1;
	if ((is_full(b) || has_client(b, v.client)) && batch_flush(b, err) < 0)
		return -1;
	if (v.connection.attempt_id > b->in->newest_id) {
		visit_disown(&v, "no attempt of this id was ever made");
		b->summary->bad_lines += v.connection.line != NULL;
	}
	struct derive_terms terms = terms_of(b, v.client);
	if (visit_derive(&v, b->in->storage, &terms, err) < 0)
		return -1;
	part->has_row |= visit_has_own_row(&v);
	b->samples += v.row_count;
	b->bytes += v.weight;
	b->visits[b->count++] = v;
	v = (struct visit){ 0 };
	return 0;
}

static void count_bad(struct batch *b, const struct visit *v)
{
	struct ingest_summary *sum = b->summary;
	for (size_t i = 0; i < v->connection.report_count; i++) {
		const struct report *r = &v->reports[i];
		bool is_read = r->outcome != OUTCOME_INTERNAL;
		char *first = is_read ? sum->first_bad : sum->first_unread;
		if (r->outcome == OUTCOME_OK)
			continue;
		const char *name = sources_name(b->sources, &v->frames[i]);
		log_debug("%s: %s: %s", v->client, name, r->reason);
		if ((is_read ? sum->bad++ : sum->unread++) == 0)
			(void)snprintf(first, sizeof sum->first_bad, "%s: %s", name, r->reason);
	}
}

/* How the connection ended, for the counts of its cycle. What is known already keeps the word
 * of its line, since its files may be gone. */
static void count_connection(struct batch *b, const struct visit *v, enum put_result result)
{
	const struct merge_row *own = &v->rows[0];
	if (!visit_has_own_row(v) || v->connection.has_row)
		return;
	const struct spool_outcome *line = v->connection.line;
	enum outcome o = result == PUT_REPLAY && line ? line->outcome : own->outcome;
	if (o == OUTCOME_OK)
		b->ok++;
	else
		b->failed++;
	if (line && own->outcome != line->outcome && result != PUT_REPLAY)
		log_info("%s: %s%s%s", v->client, outcome_name(own->outcome),
			own->error[0] ? ": " : "", own->error);
}

static void count_rows(struct batch *b, const struct visit *v, const enum put_result *results)
{
	uint32_t *const counts[] = {
		[PUT_NEW] = &b->summary->stored,
		[PUT_COMPLETED] = &b->summary->completed,
		[PUT_REPLAY] = &b->summary->replayed,
		[PUT_STALE] = &b->summary->stale,
	};
	for (size_t i = 0; i < v->row_count; i++) {
		++*counts[results[i]];
		if (results[i] == PUT_STALE)
			log_warning("%s: another report of attempt %016" PRIx64
				    " is stored already; this one is dropped",
				v->client, v->rows[i].id);
	}
}

static int store(struct batch *b, enum put_result *results, struct error *err)
{
	struct sample *samples = calloc(b->samples + 1, sizeof *samples);
	if (!samples)
		return error_no_memory(err);
	size_t n = 0;
	for (size_t i = 0; i < b->count; n += b->visits[i].row_count, i++)
		visit_samples(&b->visits[i], samples + n);
	int r = n ? storage_put_samples(b->in->storage, samples, n, results, err) : 0;
	free(samples);
	b->summary->refused += r == 0 ? storage_refused(b->in->storage) : 0;
	return r;
}

/* The rows are committed: counts them. */
static void settle(struct batch *b, const enum put_result *results)
{
	size_t n = 0;
	for (size_t i = 0; i < b->count; i++) {
		const struct visit *v = &b->visits[i];
		count_rows(b, v, results + n);
		if (v->row_count)
			count_connection(b, v, results[n]);
		count_bad(b, v);
		visit_settle(v, b->sources, &b->rejected);
		n += v->row_count;
	}
}

int batch_flush(struct batch *b, struct error *err)
{
	enum put_result *results = calloc(b->samples + 1, sizeof *results);
	if (!results)
		return error_no_memory(err);
	int r = store(b, results, err);
	if (r == 0) {
		settle(b, results);
		batch_finish(b);
	}
	free(results);
	return r;
}

void batch_finish(struct batch *b)
{
	for (size_t i = 0; i < b->count; i++)
		visit_finish(&b->visits[i]);
	b->count = b->samples = b->bytes = 0;
}
