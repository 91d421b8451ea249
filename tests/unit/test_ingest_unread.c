/* What the disk does not give back, or not whole. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/spool/spool.h"
#include "tests/unit/ingest_rig.h"

/* Moves a poller's file away, and puts a link in its place, which is never followed. */
static void hide(const char *name)
{
	assert_int_equal(renameat(rig_in.spool_fd, name, rig_in.spool_fd, "hidden"), 0);
	assert_int_equal(symlinkat("hidden", rig_in.spool_fd, name), 0);
}

static void bring_back(const char *name)
{
	assert_int_equal(renameat(rig_in.spool_fd, "hidden", rig_in.spool_fd, name), 0);
}

static void what_cannot_be_read_waits(void **state)
{
	(void)state;
	char *name = rig_frames_name(1, 2);
	rig_put_cycle(1, 3);
	for (int i = 1; i <= 3; i++) {
		char client[16];
		(void)snprintf(client, sizeof client, "web%d", i);
		rig_put_line(1, rig_id(1, i), client, OUTCOME_OK);
		rig_put_frame_of((uint32_t)i,
			(struct frame){ rig_id(1, i), rig_id(1, i), client, 60000, 1000 });
	}
	hide(name);
	for (int i = 0; i < 2; i++) { /* as long as it is there */
		struct ingest_summary sum = rig_ingest();
		assert_int_equal(sum.unread, 1);
		assert_non_null(strstr(sum.first_unread, name));
		assert_int_equal(sum.stored, i == 0 ? 3 : 0);
		assert_int_equal(sum.bad, 0);
		assert_int_equal(rig_count_files(), 1);
	}
	assert_int_equal(rig_last_cycle().failed, 1);
	bring_back(name);
	free(name);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.unread, 0);
	assert_int_equal(sum.completed, 1);
	rig_assert_spool_is_empty();
	struct sample_batch batch = rig_stored();
	assert_int_equal(batch.count, 3);
	for (size_t i = 0; i < batch.count; i++)
		assert_int_equal(batch.items[i].outcome, OUTCOME_OK);
	sample_batch_finish(&batch);
}

/* It opens, and gives nothing. */
static void a_folder_in_its_place_waits(void **state)
{
	(void)state;
	char *name = rig_frames_name(1, 2);
	rig_put_frame((struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	assert_int_equal(mkdirat(rig_in.spool_fd, name, 0700), 0);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.unread, 1);
	assert_non_null(strstr(sum.first_unread, name));
	assert_int_equal(sum.stored, 1);
	assert_int_equal(rig_count_files(), 1);
	free(name);
}

/* What tells of a whole cycle: all of it waits, and nothing else does. */
static void a_cycle_that_cannot_be_read_waits(void **state)
{
	(void)state;
	static const char *const kinds[] = { "01.outcomes", "00.cycle" };
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		int minute = 2 * (int)i + 1;
		char name[64];
		for (int m = minute; m <= minute + 1; m++) {
			rig_put_cycle(m, 1);
			rig_put_line(m, rig_id(m, 1), "web1", OUTCOME_OK);
			rig_put_frame(
				(struct frame){ rig_id(m, 1), rig_id(m, 1), "web1", 60000, 1 });
		}
		(void)snprintf(name, sizeof name, "%016" PRIx64 "-%s", rig_id(minute, 0), kinds[i]);
		hide(name);
		struct ingest_summary sum = rig_ingest();
		assert_int_equal(sum.unread, 1);
		assert_non_null(strstr(sum.first_unread, name));
		assert_int_equal(sum.stored, 1);
		assert_int_equal(sum.bad, 0);
		assert_int_equal(rig_count_files(), 3);
		bring_back(name);
		sum = rig_ingest();
		assert_int_equal(sum.stored, 1);
		assert_int_equal(sum.unread, 0);
		assert_int_equal(rig_last_cycle().ok, 1);
		rig_assert_spool_is_empty();
	}
}

/* Lines that nobody has said, more than are read: what was said before them counts. */
static void a_flood_of_lines_is_not_read(void **state)
{
	(void)state;
	enum { PIECE = 1 << 20 };
	static char piece[PIECE];
	char name[64];
	rig_put_cycle(1, 1);
	rig_put_line(1, rig_id(1, 1), "web1", OUTCOME_TIMEOUT);
	(void)snprintf(name, sizeof name, "%016" PRIx64 "-01.outcomes", rig_id(1, 0));
	int fd = openat(rig_in.spool_fd, name, O_WRONLY | O_APPEND);
	memset(piece, 'x', sizeof piece);
	piece[PIECE - 1] = '\n';
	for (size_t i = 0; i <= SPOOL_OUTCOMES_MAX / PIECE; i++)
		assert_int_equal(write(fd, piece, sizeof piece), sizeof piece);
	close(fd);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.stored, 1);
	assert_int_equal(sum.unread, 0);
	assert_true(sum.bad_lines > 1 && sum.bad_lines <= SPOOL_OUTCOMES_MAX / PIECE);
	rig_assert_spool_is_empty();
}

static void assert_bad(uint32_t poller, const char *text)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	char *name = rig_frames_name(1, poller), path[100];
	(void)snprintf(path, sizeof path, "bad/%s", name);
	free(name);
	assert_int_equal(spool_read(rig_in.spool_fd, path, &b, NULL), 0);
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.data, text, b.len);
}

static void bytes_that_are_no_frames_are_lost(void **state)
{
	(void)state;
	static const char garbage[] = "no head\n";
	rig_put_frame_of(1, (struct frame){ rig_id(1, 1), rig_id(1, 1), "web1", 60000, 1000 });
	rig_put_frame_of(2, (struct frame){ rig_id(1, 2), rig_id(1, 2), "web2", 60000, 1000 });
	rig_put_frame_of(3, (struct frame){ rig_id(1, 3), rig_id(1, 3), "web3", 60000, 1000 });
	for (uint32_t poller = 1; poller <= 2; poller++) {
		int fd = rig_open_frames(1, poller);
		assert_true(lseek(fd, 0, SEEK_END) > 0);
		assert_int_equal(write(fd, garbage, strlen(garbage)), strlen(garbage));
		close(fd);
	}
	int fd = rig_open_frames(1, 3);
	assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) - 1), 0); /* it was cut */
	close(fd);
	struct ingest_summary sum = rig_ingest();
	assert_int_equal(sum.lost, 2 * strlen(garbage));
	assert_int_equal(sum.stored, 2);
	assert_int_equal(sum.bad + sum.unread, 0);
	rig_assert_spool_is_empty();
	assert_bad(1, garbage);
	assert_bad(2, garbage);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, rig_set_up, rig_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(what_cannot_be_read_waits),
		IN_FOLDER(a_folder_in_its_place_waits),
		IN_FOLDER(a_cycle_that_cannot_be_read_waits),
		IN_FOLDER(a_flood_of_lines_is_not_read),
		IN_FOLDER(bytes_that_are_no_frames_are_lost),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
