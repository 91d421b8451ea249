/*
 * What is kept of a client's newest report beside its readings. The only user of zlib.
 */
#include "lib/storage/report.h"

#include <stdlib.h>
#include <zlib.h>

static const int64_t text_every_ms = 10 * 60 * 1000;

enum { REPORT_MAX = 16 << 20 }; /* bytes, of which no report has a tenth */

/* Either way: the clock may have jumped back. */
bool storage_wants_text(int64_t text_at, int64_t taken_at)
{
	return !text_at || llabs(taken_at - text_at) >= text_every_ms;
}

static bool is_wanted(const struct cached_client *client, const struct sample *sample)
{
	return sample->has_report && sample->text_len && sample->id >= client->newest_ok_id &&
	       storage_wants_text(client->text_at, sample->taken_at);
}

int report_put_text(struct storage *s, struct cached_client *client, const struct sample *sample,
	struct error *err)
{
	if (!is_wanted(client, sample))
		return 0;
	uLongf len = compressBound(sample->text_len);
	CLEANUP(buffer_finish) struct buffer packed = { 0 };
	char *to = buffer_reserve(&packed, len);
	if (!to ||
		compress((Bytef *)to, &len, (const Bytef *)sample->text, sample->text_len) != Z_OK)
		return error_no_memory(err);
	if (len > s->db->value_max) /* the sample without it is better than neither */
		return 0;
	if (db_run(s->db, STATEMENT_PUT_TEXT,
		    DB_VALUES(db_int(client->id), db_blob(to, len),
			    db_int((int64_t)sample->text_len), db_time(sample->taken_at)),
		    err))
		return -1;
	client->text_at = sample->taken_at;
	return 0;
}

struct counters {
	const char *client;
	struct buffer *out;
	size_t before;
	int64_t text_at;
};

static int get_counters(struct storage *s, void *arg, struct error *err)
{
	struct counters *c = arg;
	struct cached_client *client;
	struct db_value row;
	c->out->len = c->before;
	c->text_at = 0;
	if (cache_find_client(s, c->client, &client, err))
		return -1;
	if (!client)
		return 0;
	c->text_at = client->text_at;
	int rc = db_first(s->db, STATEMENT_COUNTERS, DB_VALUES(db_int(client->id)), &row, err);
	if (rc > 0 && row.type == DB_BLOB && buffer_append(c->out, row.p, row.len))
		return error_set(err, "%s: its counters are too large", c->client);
	return rc < 0 ? -1 : 0;
}

int storage_get_counters(struct storage *s, const char *client, struct buffer *out,
	int64_t *ret_text_at, struct error *err)
{
	struct counters c = { .client = client, .out = out, .before = out->len };
	if (storage_read(s, get_counters, &c, err))
		return -1;
	*ret_text_at = c.text_at;
	return 0;
}

struct report {
	const char *client; /* clean */
	struct buffer *out;
	size_t before;
	int64_t taken_at;
};

/* The columns of REPORT_TEXT. */
static int unpack(const struct db_value row[3], struct report *r, struct error *err)
{
	int64_t size = db_get_int(&row[1]);
	if (row[0].type != DB_BLOB)
		return 0;
	uLongf len = size < 0 || size > REPORT_MAX ? 0 : (uLongf)size;
	char *to = buffer_reserve(r->out, len);
	if (!to)
		return error_no_memory(err);
	if (uncompress((Bytef *)to, &len, row[0].p, row[0].len) != Z_OK || len != (uLongf)size)
		return error_set(err, "%s: its report is damaged", r->client);
	r->out->len += len;
	r->out->data[r->out->len] = 0;
	r->taken_at = db_get_int(&row[2]);
	return 0;
}

static int get_report(struct storage *s, void *arg, struct error *err)
{
	struct report *r = arg;
	struct db_value row[3];
	r->out->len = r->before;
	int rc = db_first(s->db, STATEMENT_REPORT_TEXT, DB_VALUES(db_text(r->client)), row, err);
	return rc > 0 ? unpack(row, r, err) : rc;
}

int storage_get_report(struct storage *s, const char *client, struct buffer *out,
	int64_t *ret_taken_at, struct error *err)
{
	CLEANUP(arena_finish) struct arena strings = { 0 };
	struct report r = {
		.client = clean_name(&strings, client, CLIENT_MAX), .out = out, .before = out->len
	};
	if (!r.client)
		return error_no_memory(err);
	if (storage_read(s, get_report, &r, err))
		return -1;
	*ret_taken_at = r.taken_at;
	return 0;
}
