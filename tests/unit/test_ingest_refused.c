/* What a poller brings that is not what it says. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/spool/spool.h"
#include "tests/unit/ingest_rig.h"

/* One row is stored, of that client, and nothing waits any more. */
static void assert_only(const char *client, enum outcome outcome)
{
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 1);
	assert_string_equal(batch.items[0].client, client);
	assert_int_equal(batch.items[0].outcome, outcome);
	sample_batch_finish(&batch);
	rig_assert_spool_is_empty();
}

/* A frame as it came, in a file of its own. */
static void assert_kept(int bad_fd, const struct spool_entry *e, uint64_t attempt_id)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	struct spool_head head;
	size_t body;
	assert_int_equal(e->kind, SPOOL_SEALED);
	assert_int_equal(e->id, attempt_id);
	assert_int_equal(spool_read(bad_fd, e->name, &b, NULL), 0);
	assert_int_equal(spool_parse_frame(b.data, b.len, &head, &body, NULL), 0);
	assert_int_equal(head.attempt_id, attempt_id);
}

static void what_does_not_open_is_kept_aside(void **state)
{
	(void)state;
	rig_put_cycle(1, 3);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_OK);
	rig_put_line(1, rig_id(1, 2), "web2", OUTCOME_OK);
	rig_put_bytes(&(struct frame){ .attempt = rig_id(1, 1), .client = "web1" },
		(const uint8_t *)"garbage", 7);
	/* web2's file carries the nonce of web1 */
	uint8_t sealed[2000];
	struct frame other = { rig_id(1, 2), rig_id(1, 2), "web1", 60000, 1000 };
	size_t len = rig_seal(&other, sealed);
	other.client = "web2";
	rig_put_bytes(&other, sealed, len);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.bad, 2);
	assert_int_equal(sum.failed, 2);
	assert_true(strlen(sum.first_bad) > 20);
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[0].outcome, OUTCOME_UNSEALED);
	assert_int_equal(batch.items[0].stage, STAGE_OPEN);
	assert_int_equal(batch.items[1].outcome, OUTCOME_STALE);
	sample_batch_finish(&batch);
	rig_assert_spool_is_empty();
	char *bad = rig_path("spool/bad");
	int fd;
	struct spool_list list;
	assert_int_equal(spool_open(bad, &fd, NULL), 0);
	assert_int_equal(spool_list(fd, &list, NULL), 0);
	assert_int_equal(list.count, 2);
	for (size_t i = 0; i < list.count; i++)
		assert_kept(fd, &list.items[i], rig_id(1, (int)i + 1));
	spool_list_finish(&list);
	close(fd);
	free(bad);
}

/* A poller that a hostile server has taken over writes what it likes. */
static void ids_never_given_out_are_forged(void **state)
{
	(void)state;
	rig_in.newest_id = rig_id(1, 2);
	rig_put_cycle(1, 1);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_AUTH);
	rig_put_line(1, rig_id(1, 3), "web2", OUTCOME_AUTH);
	rig_put_frame((struct frame){ rig_id(1, 4), rig_id(1, 4), "web3", 60000, 1000 });
	rig_put_cycle(2, 1);
	rig_put_line(2, rig_id(2, 1), "web4", OUTCOME_AUTH);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stored, 1);
	assert_int_equal(sum.bad, 1);
	assert_int_equal(sum.bad_lines, 2);
	assert_int_equal(rig_last_cycle().id, rig_id(1, 0));
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 1);
	assert_string_equal(batch.items[0].client, "web1");
	sample_batch_finish(&batch);
	rig_assert_spool_is_empty();
}

/* Nor does one that says ok take the place of the honest line of that attempt. */
static void lines_of_others_are_forged(void **state)
{
	(void)state;
	rig_put_cycle(1, 2);
	rig_put_line_of(1, rig_id(1, 1), "web1", "web2", OUTCOME_OK);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_AUTH);
	rig_put_line_of(1, rig_id(1, 2), "web1", "web2", OUTCOME_HOST_KEY_CHANGED);
	rig_put_line_of(1, rig_id(1, 3), "no-such\n", "web2", OUTCOME_OK);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.bad_lines, 3);
	assert_int_equal(sum.stored, 1);
	assert_only("web1", OUTCOME_AUTH);
}

/* Its name and its head are what a poller wrote. */
static void a_file_that_does_not_open_is_nobodys(void **state)
{
	(void)state;
	const struct frame forged = { .attempt = rig_id(1, 1), .client = "web1" };
	rig_put_cycle(1, 1);
	rig_put_bytes(&forged, (const uint8_t *)"garbage", 7);
	rig_put_line(1, rig_id(1, 2), "web2", OUTCOME_OK);
	rig_put_bytes(&(struct frame){ .attempt = rig_id(1, 2), .client = "web1" },
		(const uint8_t *)"garbage", 7);
	rig_put_frame((struct frame){ rig_id(1, 2), rig_id(1, 2), "web2", 60000, 1000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.bad, 2);
	assert_int_equal(sum.stored, 1);
	assert_only("web2", OUTCOME_OK);
}

/* What poller 1 writes of the host of another: garbage, and a report that is good, of its own. */
static void write_under(uint64_t attempt, int garbage)
{
	const struct frame forged = { .attempt = attempt, .client = "web1" };
	const struct frame theirs = { .attempt = attempt, .client = "web2" };
	for (int i = 0; i < garbage; i++)
		rig_put_bytes_of(1, i % 2 ? &forged : &theirs, (const uint8_t *)"garbage", 7);
	rig_put_frame_of(1, (struct frame){ attempt, rig_id(0, 7), "web2", 30000, 500 });
}

/* So many rows, the last of web1, ok, and never anything else. */
static void assert_rows_to_web1(size_t count)
{
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, count);
	assert_string_equal(batch.items[count - 1].client, "web1");
	assert_int_equal(batch.items[count - 1].outcome, OUTCOME_OK);
	assert_int_equal(batch.items[count - 1].first_outcome, OUTCOME_OK);
	sample_batch_finish(&batch);
	rig_assert_spool_is_empty();
}

/* Before the honest ones, and more of them than are taken at once. */
static void frames_in_a_file_of_another_poller_take_no_place(void **state)
{
	(void)state;
	enum { GARBAGE = 2 * SPOOL_CONNECTION_FILES + 5 };
	rig_put_cycle(1, 1);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_OK);
	write_under(rig_id(1, 1), GARBAGE);
	rig_put_frame_of(2, (struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.bad, GARBAGE + 1);
	assert_int_equal(sum.stored, 1);
	assert_int_equal(sum.completed, 0);
	assert_int_equal(rig_last_cycle().ok, 1);
	assert_int_equal(rig_last_cycle().failed, 0);
	assert_rows_to_web1(1);
}

/* No line tells whose connection it was. */
static void nor_do_they_without_a_line(void **state)
{
	(void)state;
	rig_put_cycle(1, 1);
	write_under(rig_id(1, 1), 1);
	rig_put_frame_of(2, (struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.bad, 1);
	assert_int_equal(sum.stored, 2);
	assert_rows_to_web1(2);
}

/* Behind the honest ones; and of a host that failed: the line counts once, and as it stands. */
static void nor_do_they_make_rows(void **state)
{
	(void)state;
	rig_put_cycle(1, 2);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_OK);
	rig_put_line(1, rig_id(1, 2), "web3", OUTCOME_TIMEOUT);
	rig_put_frame_of(2, (struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	for (uint32_t poller = 3; poller < 6; poller++)
		for (int host = 1; host <= 2; host++)
			rig_put_bytes_of(poller,
				&(struct frame){ .attempt = rig_id(1, host), .client = "web1" },
				(const uint8_t *)"garbage", 7);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stored, 2);
	assert_int_equal(sum.completed + sum.replayed + sum.stale, 0);
	assert_int_equal(rig_last_cycle().ok, 1);
	assert_int_equal(rig_last_cycle().failed, 1);
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 2);
	assert_int_equal(batch.items[0].outcome, OUTCOME_OK);
	assert_int_equal(batch.items[1].outcome, OUTCOME_TIMEOUT);
	sample_batch_finish(&batch);
	rig_assert_spool_is_empty();
}

static void files_of_another_client_are_dropped(void **state)
{
	(void)state;
	rig_put_cycle(1, 1);
	rig_put_frame((struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	rig_put_frame((struct frame){ rig_id(1, 1), rig_id(0, 1), "web3", 1000, 1000 });
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.bad, 1);
	assert_int_equal(sum.stored, 1);
	assert_only("web1", OUTCOME_OK);
}

static size_t count_bad(void)
{
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	int fd = openat(rig_in.spool_fd, "bad", O_RDONLY | O_DIRECTORY);
	assert_int_equal(spool_list(fd, &list, NULL), 0);
	close(fd);
	return list.count;
}

static void fill_bad(void)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	assert_int_equal(buffer_append(&b, "garbage", 7), 0);
	for (uint64_t i = 1; i <= SPOOL_BAD_FILES; i++)
		assert_int_equal(spool_reject(rig_in.spool_fd, i, &b, NULL), 0);
}

/* A folder where a damaged file is to go. */
static void block_bad(const char *name)
{
	char path[100];
	(void)snprintf(path, sizeof path, "bad/%s", name);
	assert_int_equal(mkdirat(rig_in.spool_fd, path, 0700), 0);
}

/* Each run finds more that is bad, and fails later on. */
static void what_is_kept_aside_is_capped_when_ingest_fails(void **state)
{
	(void)state;
	const struct frame forged[] = { { .attempt = rig_id(1, 1), .client = "web1" },
		{ .attempt = rig_id(2, 1), .client = "web1" } };
	char *name = rig_frames_name(2, 1);
	struct ingest_summary sum;
	struct error err = { "" };
	fill_bad();
	rig_put_bytes(&forged[0], (const uint8_t *)"garbage", 7);
	rig_put_bytes(&forged[1], (const uint8_t *)"garbage", 7);
	int fd = rig_open_frames(2, 1);
	assert_int_equal(pwrite(fd, "F", 1, 0), 1);
	close(fd);
	block_bad(name);
	assert_int_equal(ingest_run(&rig_in, &sum, &err), -1);
	assert_non_null(strstr(err.text, name));
	assert_int_equal(sum.bad, 1);
	assert_int_equal(count_bad(), SPOOL_BAD_FILES);
	free(name);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, rig_set_up, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(what_does_not_open_is_kept_aside),
		IN_FOLDER(ids_never_given_out_are_forged),
		IN_FOLDER(lines_of_others_are_forged),
		IN_FOLDER(a_file_that_does_not_open_is_nobodys),
		IN_FOLDER(frames_in_a_file_of_another_poller_take_no_place),
		IN_FOLDER(nor_do_they_without_a_line),
		IN_FOLDER(nor_do_they_make_rows),
		IN_FOLDER(files_of_another_client_are_dropped),
		IN_FOLDER(what_is_kept_aside_is_capped_when_ingest_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
