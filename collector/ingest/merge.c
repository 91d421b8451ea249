#include "collector/ingest/merge.h"

#include "lib/attempt.h"

static int find_report(const struct connection *c, uint64_t attempt_id)
{
	for (size_t i = 0; i < c->report_count; i++)
		if (c->reports[i].outcome == OUTCOME_OK &&
			c->reports[i].header.attempt_id == attempt_id)
			return (int)i;
	return MERGE_NO_REPORT;
}

/* Why the own report is not there, for a connection of which nobody says that it failed. */
static void explain(const struct connection *c, struct merge_row *row)
{
	row->stage = STAGE_OPEN;
	row->outcome = c->report_count ? OUTCOME_STALE : OUTCOME_INTERNAL;
	row->error = c->report_count ? "only reports of earlier attempts arrived"
				     : "the report is no longer in the spool";
	for (size_t i = 0; i < c->report_count; i++)
		if (c->reports[i].outcome != OUTCOME_OK) {
			row->outcome = c->reports[i].outcome;
			row->error = c->reports[i].reason;
			break;
		}
	row->first_outcome = row->outcome;
}

/* By the clock, as the line tells; the id's may be ahead of it, and never is behind. */
static int64_t time_of(const struct spool_outcome *line, uint64_t id)
{
	int64_t latest = attempt_time_ms(id);
	return line && line->taken_at > 0 && line->taken_at < latest ? line->taken_at : latest;
}

static struct merge_row new_row(uint64_t id, int64_t received_at, int report)
{
	return (struct merge_row){
		.id = id,
		.taken_at = attempt_time_ms(id),
		.received_at = received_at,
		.error = "",
		.report = report,
	};
}

/* The row of the connection's own attempt; false when nothing is known about it: its line was
 * lost, and its report did not come. What does not open is nobody's word. */
static bool own_row(const struct connection *c, struct merge_row *row)
{
	int report = find_report(c, c->attempt_id);
	if (report == MERGE_NO_REPORT && (!c->line || c->has_more || c->has_row))
		return false;
	*row = new_row(c->attempt_id, c->line ? c->line->received_at : c->received_at, report);
	row->taken_at = time_of(c->line, c->attempt_id);
	row->cycle_id = c->cycle_id;
	if (c->line) {
		row->duration_ms = c->line->duration_ms;
		row->outcome = row->first_outcome = c->line->outcome;
		row->stage = c->line->stage;
		row->error = c->line->text;
	}
	if (report != MERGE_NO_REPORT) {
		row->outcome = OUTCOME_OK;
		row->stage = STAGE_NONE;
	} else if (row->outcome == OUTCOME_OK) {
		explain(c, row);
	}
	if (row->outcome == OUTCOME_OK)
		row->error = "";
	return true;
}

size_t merge_connection(const struct connection *c, struct merge_row *ret_rows)
{
	size_t n = own_row(c, ret_rows);
	for (size_t i = 0; i < c->report_count; i++) {
		uint64_t id = c->reports[i].header.attempt_id;
		if (c->reports[i].outcome == OUTCOME_OK && id != c->attempt_id &&
			find_report(c, id) == (int)i)
			ret_rows[n++] = new_row(id, c->received_at, (int)i);
	}
	return n;
}
