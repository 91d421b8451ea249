/* The spool into the database. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/spool/spool.h"
#include "lib/attempt.h"
#include "tests/unit/ingest_rig.h"

static bool has_rate(const struct stored_sample *s)
{
	for (size_t i = 0; i < s->reading_count; i++)
		if (strcmp(s->readings[i].instance, "eth0") == 0)
			return true;
	return false;
}

static void a_cycle_becomes_rows(void **state)
{
	(void)state;
	rig_put_cycle(1, 2);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_OK);
	rig_put_line(1, rig_id(1, 2), "web2", OUTCOME_TIMEOUT);
	rig_put_frame((struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stored, 2);
	assert_int_equal(sum.bad_lines, 0);
	assert_int_equal(sum.ok, 1);
	assert_int_equal(sum.failed, 1);
	rig_assert_spool_is_empty();

	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 2);
	assert_string_equal(batch.items[0].client, "web1");
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	assert_int_equal(batch.items[0].cycle_id, rig_id(1, 0));
	assert_int_equal(batch.items[0].taken_at, START + 60000);
	assert_true(batch.items[0].reading_count > 0);
	assert_int_equal(batch.items[1].outcome, OUTCOME_TIMEOUT);
	assert_int_equal(batch.items[1].stage, STAGE_TRANSFER);
	assert_int_equal(batch.items[1].reading_count, 0);
	sample_batch_finish(&batch);

	struct cycle cycle = rig_last_cycle();
	assert_int_equal(cycle.id, rig_id(1, 0));
	assert_int_equal(cycle.clients, 2);
	assert_int_equal(cycle.ok, 1);
	assert_int_equal(cycle.failed, 1);
	assert_true(cycle.whole_fleet && cycle.finished_at == ENDED);
}

/* Killed after the commit: the same files are there once more. */
static void what_comes_twice_is_stored_once(void **state)
{
	(void)state;
	uint8_t sealed[2000];
	struct frame f = { rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 };
	size_t len = rig_seal(&f, sealed);
	for (int i = 0; i < 2; i++) {
		rig_put_cycle(1, 2);
		rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_OK);
		rig_put_line(1, rig_id(1, 2), "web2", OUTCOME_REFUSED);
		rig_put_bytes(&f, sealed, len);
		struct ingest_summary sum = rig_ingest();
		assert_int_equal(sum.stored, i == 0 ? 2 : 0);
		assert_int_equal(sum.replayed, i == 0 ? 0 : 2);
		assert_int_equal(rig_last_cycle().ok, 1);
		assert_int_equal(rig_last_cycle().failed, 1);
	}
	/* killed between the files and the lines: the line alone says nothing new */
	rig_put_cycle(1, 2);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_OK);
	assert_int_equal(rig_ingest().replayed, 1);
	assert_int_equal(rig_last_cycle().ok, 1);
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	sample_batch_finish(&batch);
	rig_assert_spool_is_empty();
}

static void a_second_report_of_one_attempt_is_stale(void **state)
{
	(void)state;
	rig_put_frame((struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	assert_int_equal(rig_ingest().stored, 1);
	rig_put_frame((struct frame){ rig_id(2, 1), rig_id(1, 1), "web1", 60000, 2000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stale, 1);
	assert_int_equal(sum.stored, 0);
}

/* The gap is one of the client's own clock. */
static void who_is_polled_seldom_has_rates(void **state)
{
	(void)state;
	static const struct {
		const struct config *config;
		int64_t gap_ms;
		bool rate;
	} rows[] = {
		{ &rig_nobody, 3600 * 1000, true },
		{ &rig_nobody, 3600 * 1000 + 1, false },
		{ &rig_one_seldom, 4 * 3600 * 1000, true },
		{ &rig_one_seldom, 4 * 3600 * 1000 + 1, false },
	};
	int64_t now_ms = 1000;
	rig_put_frame((struct frame){ rig_id(0, 1), rig_id(0, 1), "web1", now_ms, 0 });
	(void)rig_ingest();
	for (int i = 0; i < (int)ARRAY_LEN(rows); i++) {
		uint64_t id = rig_id(i + 1, 1);
		rig_in.config = rows[i].config;
		now_ms += rows[i].gap_ms;
		rig_put_frame((struct frame){ id, id, "web1", now_ms, 1000.0 * (i + 1) });
		(void)rig_ingest();
		struct sample_batch batch = rig_stored();
		assert_int_equal(batch.count, i + 2);
		assert_int_equal(has_rate(&batch.items[i + 1]), rows[i].rate);
		sample_batch_finish(&batch);
	}
}

/* An outage of the database, or a connection lost before the ack: failed, then completed. */
static void late_files_complete_their_rows(void **state)
{
	(void)state;
	rig_put_cycle(1, 1);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_DEADLINE);
	rig_put_cycle(2, 1);
	rig_put_line(2, rig_id(2, 1), "web1", OUTCOME_OK);
	rig_put_frame((struct frame){ rig_id(2, 1), rig_id(1, 1), "web1", 60000, 1000 });
	rig_put_frame((struct frame){ rig_id(2, 1), rig_id(2, 1), "web1", 120000, 7000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stored, 2);
	assert_int_equal(sum.completed, 1);
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	assert_int_equal(batch.items[0].first_outcome, OUTCOME_DEADLINE);
	assert_int_equal(batch.items[0].cycle_id, rig_id(1, 0));
	assert_false(has_rate(&batch.items[0]));
	assert_true(has_rate(&batch.items[1])); /* each report is the ground of the next */
	sample_batch_finish(&batch);
	rig_assert_spool_is_empty();
}

static void a_large_cycle_takes_several_batches(void **state)
{
	(void)state;
	enum { CLIENTS = 300 };
	rig_put_cycle(1, CLIENTS);
	for (int i = 1; i <= CLIENTS; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "web%d", i);
		rig_put_line(1, rig_id(1, i), name, i % 3 ? OUTCOME_OK : OUTCOME_AUTH);
		if (i % 3)
			rig_put_frame((struct frame){ rig_id(1, i), rig_id(1, i), name, 60000, 1 });
	}
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stored, CLIENTS);
	assert_int_equal(sum.ok, CLIENTS / 3 * 2);
	assert_int_equal(sum.failed, CLIENTS / 3);
	rig_assert_spool_is_empty();
}

static void a_partial_cycle_is_no_whole_fleet(void **state)
{
	(void)state;
	rig_put_cycle(1, 1);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_AUTH);
	rig_put_cycle_of(2, 5, false, ENDED);
	(void)rig_ingest();
	assert_int_equal(rig_last_cycle().id, rig_id(1, 0));
}

/* The next run brings in what it fetched, and does not end it. */
static void a_run_that_died_never_finishes(void **state)
{
	(void)state;
	struct cycle cycle;
	bool found;
	rig_put_cycle(1, 1);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_AUTH);
	rig_put_cycle_of(2, 1, true, 0);
	rig_put_line(2, rig_id(2, 1), "web1", OUTCOME_AUTH);
	assert_int_equal(rig_ingest().stored, 2);
	assert_int_equal(rig_last_cycle().id, rig_id(1, 0));
	assert_int_equal(
		storage_last_cycle(rig_in.storage, "collector", false, &cycle, &found, NULL), 0);
	assert_int_equal(cycle.id, rig_id(2, 0));
	assert_int_equal(cycle.finished_at, 0);
	assert_int_equal(cycle.deadline_at, START + 2 * 60000 + 50000);
	assert_int_equal(cycle.failed, 1);
	rig_assert_spool_is_empty();
}

/* The frames of one connection, too, lie where its poller has put them. */
static void a_cycle_has_a_file_for_each_poller(void **state)
{
	(void)state;
	rig_put_cycle(1, 3);
	for (int i = 1; i <= 3; i++) {
		char name[16];
		(void)snprintf(name, sizeof name, "web%d", i);
		rig_put_line(1, rig_id(1, i), name, OUTCOME_OK);
	}
	rig_put_frame_of(2, (struct frame){ rig_id(1, 3), rig_id(1, 3), "web3", 60000, 1000 });
	rig_put_frame_of(2, (struct frame){ rig_id(1, 1), rig_id(0, 1), "web1", 30000, 500 });
	rig_put_frame_of(1, (struct frame){ rig_id(1, 2), rig_id(1, 2), "web2", 60000, 1000 });
	rig_put_frame_of(2, (struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stored, 4);
	assert_int_equal(sum.ok, 3);
	assert_int_equal(sum.failed, 0);
	assert_int_equal(sum.bad + sum.unread, 0);
	assert_int_equal(sum.lost, 0);
	rig_assert_spool_is_empty();
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 4);
	for (size_t i = 0; i < batch.count; i++)
		assert_int_equal(batch.items[i].outcome, OUTCOME_OK);
	assert_int_equal(batch.items[0].id, rig_id(0, 1));
	sample_batch_finish(&batch);
}

/* Of a collector of before: a frame a file. */
static void files_of_before_are_taken(void **state)
{
	(void)state;
	rig_put_cycle(1, 2);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_OK);
	rig_put_line(1, rig_id(1, 2), "web2", OUTCOME_OK);
	rig_put_file(0, (struct frame){ rig_id(1, 1), rig_id(0, 1), "web1", 30000, 500 });
	rig_put_file(1, (struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	rig_put_frame((struct frame){ rig_id(1, 2), rig_id(1, 2), "web2", 60000, 1000 });
	assert_int_equal(rig_count_files(), 5);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stored, 3);
	assert_int_equal(sum.ok, 2);
	rig_assert_spool_is_empty();
	rig_put_file(0, (struct frame){ rig_id(3, 1), rig_id(3, 1), "web3", 60000, 1000 });
	assert_int_equal(rig_ingest().stored, 1); /* without any cycle */
	rig_assert_spool_is_empty();
}

/* Killed when only the cycle and the lines were gone: they go first. */
static void frames_alone_come_again(void **state)
{
	(void)state;
	uint8_t sealed[2000];
	struct frame f = { rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 };
	size_t len = rig_seal(&f, sealed);
	rig_put_cycle(1, 1);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_OK);
	rig_put_bytes(&f, sealed, len);
	assert_int_equal(rig_ingest().stored, 1);
	rig_put_bytes(&f, sealed, len);
	rig_put_frame((struct frame){ rig_id(1, 2), rig_id(1, 2), "web2", 60000, 1000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.replayed, 1);
	assert_int_equal(sum.stored, 1); /* whose line never reached the disk */
	assert_int_equal(sum.bad + sum.stale, 0);
	assert_int_equal(rig_last_cycle().ok, 1);
	assert_int_equal(rig_last_cycle().clients, 1);
	rig_assert_spool_is_empty();
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 2);
	assert_string_equal(batch.items[1].client, "web2");
	assert_int_equal(batch.items[1].outcome, OUTCOME_OK);
	sample_batch_finish(&batch);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, rig_set_up, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(a_cycle_becomes_rows),
		IN_FOLDER(what_comes_twice_is_stored_once),
		IN_FOLDER(a_second_report_of_one_attempt_is_stale),
		IN_FOLDER(who_is_polled_seldom_has_rates),
		IN_FOLDER(late_files_complete_their_rows),
		IN_FOLDER(a_large_cycle_takes_several_batches),
		IN_FOLDER(a_partial_cycle_is_no_whole_fleet),
		IN_FOLDER(a_run_that_died_never_finishes),
		IN_FOLDER(a_cycle_has_a_file_for_each_poller),
		IN_FOLDER(files_of_before_are_taken),
		IN_FOLDER(frames_alone_come_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
