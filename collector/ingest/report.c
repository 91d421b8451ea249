#include "collector/ingest/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"

/* One of an earlier attempt was made nobody knows when: then, or later. */
static void note_times(struct report *r, const struct spool_head *head)
{
	r->asked_at = r->header.attempt_id == head->attempt_id ? head->asked_at : 0;
	r->came_at = head->received_at;
}

/* A poller that was taken over may lie: what it can gain is that a report of its own making is
 * taken for another one. */
static void note_digest(struct report *r, const struct spool_head *head, const void *sealed)
{
	if (head->has_digest)
		memcpy(r->digest, head->digest, sizeof r->digest);
	else
		hash_digest(sealed, head->length, r->digest);
}

/* Why a file is not a report; always returns 0, since it is data and not our failure. */
static int judge(struct report *r, enum outcome outcome, const char *reason)
{
	r->outcome = outcome;
	(void)escape_text(r->reason, sizeof r->reason, reason, strlen(reason));
	return 0;
}

/* The nonce tells whether this client was asked for that attempt. */
static bool is_answer(const struct keyring *ring, size_t key, const struct spool_head *head,
	const struct wire_report_header *h)
{
	uint8_t nonce[SEAL_NONCE_SIZE];
	if (h->attempt_id > head->attempt_id) /* asked for after it was received? */
		return false;
	keyring_nonce(ring, key, head->client, h->attempt_id, nonce);
	return memcmp(nonce, h->nonce, sizeof nonce) == 0;
}

int report_open(const struct keyring *ring, const struct spool_head *head, const void *sealed,
	struct report *ret_report, struct error *err)
{
	struct report *r = ret_report;
	*r = (struct report){ .outcome = OUTCOME_OK, .text.cap = WIRE_FILE_MAX };
	size_t key, body;
	struct error why;
	note_digest(r, head, sealed);
	if (keyring_open(ring, sealed, head->length, &r->text, &key, &why) < 0)
		return errno == ENOMEM ? error_no_memory(err)
				       : judge(r, OUTCOME_UNSEALED, why.text);
	if (!r->text.len ||
		wire_parse_report_header(r->text.data, r->text.len, &r->header, &body, &why) < 0)
		return judge(r, OUTCOME_UNSEALED, r->text.len ? why.text : "it is empty");
	if (!is_answer(ring, key, head, &r->header))
		return judge(r, OUTCOME_STALE, "its nonce is not that of this client and attempt");
	note_times(r, head);
	if (promtext_parse(r->text.data + body, r->text.len - body, &r->metrics, err) < 0) {
		report_finish(r);
		return -1;
	}
	if (!r->metrics.complete)
		return judge(r, OUTCOME_TRUNCATED, "it has no # EOF line");
	return 0;
}

void report_finish(struct report *r)
{
	promtext_finish(&r->metrics);
	buffer_finish(&r->text);
}

struct key {
	uint64_t boot; /* the first attempt of its boot */
	int64_t monotonic_ms;
	uint64_t attempt_id;
	size_t index;
};

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	if (x->boot != y->boot)
		return x->boot < y->boot ? -1 : 1;
	if (x->monotonic_ms != y->monotonic_ms)
		return x->monotonic_ms < y->monotonic_ms ? -1 : 1;
	if (x->attempt_id != y->attempt_id)
		return x->attempt_id < y->attempt_id ? -1 : 1;
	return 0;
}

static uint64_t first_of_boot(const struct report *reports, size_t count, const char *boot_id)
{
	uint64_t first = UINT64_MAX;
	for (size_t i = 0; i < count; i++)
		if (reports[i].outcome == OUTCOME_OK && reports[i].header.attempt_id < first &&
			strcmp(reports[i].header.boot_id, boot_id) == 0)
			first = reports[i].header.attempt_id;
	return first;
}

size_t report_order(const struct report *reports, size_t count, size_t *ret_order)
{
	size_t n = 0;
	struct key keys[SPOOL_CONNECTION_FILES];
	for (size_t i = 0; i < count && n < ARRAY_LEN(keys); i++) {
		const struct wire_report_header *h = &reports[i].header;
		if (reports[i].outcome == OUTCOME_OK)
			keys[n++] = (struct key){ first_of_boot(reports, count, h->boot_id),
				h->monotonic_ms, h->attempt_id, i };
	}
	qsort(keys, n, sizeof *keys, compare_keys);
	for (size_t i = 0; i < n; i++)
		ret_order[i] = keys[i].index;
	return n;
}
