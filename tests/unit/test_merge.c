/*
 * Each row is one connection: what the poller said of it, what its files turned out to be, and
 * the rows that must come of it.
 */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "collector/ingest/merge.h"
#include "lib/attempt.h"

enum { NO_LINE = -1, FILES_MAX = 3, BEHIND_MS = 7200000 };

/* Attempts of three runs, a minute apart. */
static uint64_t attempt(int run)
{
	return attempt_floor(INT64_C(1763785952000) + run * 60000);
}

struct file {
	enum outcome outcome;
	int run; /* whose report it is */
};

struct row {
	int run;
	enum outcome outcome, first_outcome;
	const char *error;
	int report;
};

/* clang-format off */
static const struct {
	const char *name;
	int line; /* its outcome, or NO_LINE */
	size_t file_count, row_count;
	struct file files[FILES_MAX];
	struct row rows[FILES_MAX + 1];
} connections[] = {
	{ "line ok and its report", OUTCOME_OK, 1, 1,
	  { { OUTCOME_OK, 3 } },
	  { { 3, OUTCOME_OK, OUTCOME_OK, "", 0 } } },
	{ "line failed, yet its report came", OUTCOME_DEADLINE, 1, 1,
	  { { OUTCOME_OK, 3 } },
	  { { 3, OUTCOME_OK, OUTCOME_DEADLINE, "", 0 } } },
	{ "line lost in a crash", NO_LINE, 1, 1,
	  { { OUTCOME_OK, 3 } },
	  { { 3, OUTCOME_OK, OUTCOME_OK, "", 0 } } },
	{ "line failed, nothing came", OUTCOME_TIMEOUT, 0, 1,
	  { { 0 } },
	  { { 3, OUTCOME_TIMEOUT, OUTCOME_TIMEOUT, "said", -1 } } },
	{ "line ok, report does not open", OUTCOME_OK, 1, 1,
	  { { OUTCOME_UNSEALED, 0 } },
	  { { 3, OUTCOME_UNSEALED, OUTCOME_UNSEALED, "why", -1 } } },
	{ "line ok, report of another client", OUTCOME_OK, 1, 1,
	  { { OUTCOME_STALE, 3 } },
	  { { 3, OUTCOME_STALE, OUTCOME_STALE, "why", -1 } } },
	{ "line lost, report does not open", NO_LINE, 1, 0,
	  { { OUTCOME_TRUNCATED, 3 } },
	  { { 0 } } },
	{ "line failed, report does not open", OUTCOME_DEADLINE, 1, 1,
	  { { OUTCOME_UNSEALED, 0 } },
	  { { 3, OUTCOME_DEADLINE, OUTCOME_DEADLINE, "said", -1 } } },
	{ "line ok, the file is gone", OUTCOME_OK, 0, 1,
	  { { 0 } },
	  { { 3, OUTCOME_INTERNAL, OUTCOME_INTERNAL, "the report is no longer in the spool", -1 } } },
	{ "line ok, only leftovers came", OUTCOME_OK, 1, 2,
	  { { OUTCOME_OK, 1 } },
	  { { 3, OUTCOME_STALE, OUTCOME_STALE, "only reports of earlier attempts arrived", -1 },
	    { 1, OUTCOME_OK, OUTCOME_OK, "", 0 } } },
	{ "leftovers before its own", OUTCOME_OK, 3, 3,
	  { { OUTCOME_OK, 1 }, { OUTCOME_OK, 2 }, { OUTCOME_OK, 3 } },
	  { { 3, OUTCOME_OK, OUTCOME_OK, "", 2 },
	    { 1, OUTCOME_OK, OUTCOME_OK, "", 0 },
	    { 2, OUTCOME_OK, OUTCOME_OK, "", 1 } } },
	{ "line lost, only leftovers came", NO_LINE, 1, 1,
	  { { OUTCOME_OK, 1 } },
	  { { 1, OUTCOME_OK, OUTCOME_OK, "", 0 } } },
	{ "its own, and a bad leftover", OUTCOME_OK, 2, 1,
	  { { OUTCOME_UNSEALED, 0 }, { OUTCOME_OK, 3 } },
	  { { 3, OUTCOME_OK, OUTCOME_OK, "", 1 } } },
	{ "the same report twice", OUTCOME_OK, 3, 2,
	  { { OUTCOME_OK, 3 }, { OUTCOME_OK, 1 }, { OUTCOME_OK, 1 } },
	  { { 3, OUTCOME_OK, OUTCOME_OK, "", 0 },
	    { 1, OUTCOME_OK, OUTCOME_OK, "", 1 } } },
};
/* clang-format on */

static void check_row(const struct merge_row *row, const struct row *want, bool has_line)
{
	bool own = want->run == 3;
	assert_int_equal(row->id, attempt(want->run));
	assert_int_equal(row->taken_at,
		attempt_time_ms(attempt(want->run)) - (own && has_line ? BEHIND_MS : 0));
	assert_int_equal(row->outcome, want->outcome);
	assert_int_equal(row->first_outcome, want->first_outcome);
	assert_string_equal(row->error, want->error);
	assert_int_equal(row->report, want->report);
	assert_int_equal(row->cycle_id, own ? 77 : 0);
	assert_int_equal(row->duration_ms, own && has_line ? 123 : 0);
	assert_int_equal(row->received_at, own && has_line ? 1111 : 2222);
}

static void every_connection(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(connections); i++) {
		struct report reports[FILES_MAX] = { 0 };
		struct merge_row rows[FILES_MAX + 1];
		bool has_line = connections[i].line != NO_LINE;
		struct spool_outcome line = { .outcome = (enum outcome)connections[i].line,
			.stage = STAGE_TRANSFER,
			.taken_at = attempt_time_ms(attempt(3)) - BEHIND_MS,
			.received_at = 1111,
			.duration_ms = 123,
			.text = "said" };
		for (size_t k = 0; k < connections[i].file_count; k++) {
			reports[k].outcome = connections[i].files[k].outcome;
			reports[k].header.attempt_id = attempt(connections[i].files[k].run);
			strcpy(reports[k].reason, "why");
		}
		struct connection c = { .attempt_id = attempt(3),
			.cycle_id = 77,
			.line = has_line ? &line : NULL,
			.reports = reports,
			.report_count = connections[i].file_count,
			.received_at = 2222 };
		size_t n = merge_connection(&c, rows);
		if (n != connections[i].row_count)
			fail_msg("%s: %zu rows", connections[i].name, n);
		for (size_t k = 0; k < n; k++)
			check_row(&rows[k], &connections[i].rows[k], has_line);
	}
}

/* The clock that a line tells of may be behind the id's, which is the latest seen so far. */
static void no_line_is_later_than_its_id(void **state)
{
	(void)state;
	const int64_t id_ms = attempt_time_ms(attempt(3));
	const struct {
		int64_t told, want;
	} times[] = { { id_ms, id_ms }, { id_ms - 7200000, id_ms - 7200000 }, { 1, 1 },
		{ 0, id_ms }, { id_ms + 1, id_ms }, { INT64_MAX, id_ms } };
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		struct merge_row row;
		struct spool_outcome line = { .outcome = OUTCOME_TIMEOUT,
			.taken_at = times[i].told };
		struct connection c = { .attempt_id = attempt(3), .line = &line };
		assert_int_equal(merge_connection(&c, &row), 1);
		assert_int_equal(row.taken_at, times[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_connection),
		cmocka_unit_test(no_line_is_later_than_its_id),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
