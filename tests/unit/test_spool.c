/* The spool's folder: what is put there is listed, found again, kept apart, and nothing is lost. */
#include "tests/unit/spool_rig.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct spool_outcome failed = {
	.attempt_id = 7,
	.cycle_id = 5,
	.nonce = "00112233445566778899aabbccddeeff",
	.outcome = OUTCOME_AUTH,
	.stage = STAGE_AUTH,
	.client = "web1",
	.text = "refused",
};

static void open_folders_are_refused(void **state)
{
	const struct rig_folder *f = *state;
	struct error err = { "" };
	int fd = -1;
	assert_int_equal(chmod(f->path, 0755), 0);
	assert_int_equal(spool_open(f->path, &fd, &err), -1);
	assert_non_null(strstr(err.text, "chmod 700 /tmp/fleet-spool-"));
	assert_int_equal(fd, -1);
}

static size_t count_frames(const struct rig_folder *f)
{
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	size_t count = 99;
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(spool_count_frames(f->fd, &list, &count, NULL), 0);
	return count;
}

static void frames_are_counted(void **state)
{
	const struct rig_folder *f = *state;
	struct spool_head h = rig_head_of(9, "third");
	assert_int_equal(count_frames(f), 0);
	int fd = rig_open_frames(f, 2);
	assert_int_equal(count_frames(f), 0);
	rig_put(f, 7, "first");
	rig_put(f, 8, "other");
	rig_append(fd, &h, "third");
	close(fd);
	rig_make_file(f->fd, "0000000000000003-00.sealed", "");
	rig_make_file(f->fd, "0000000000000005-01.outcomes", "");
	rig_make_file(f->fd, "0000000000000005-00.cycle", "");
	assert_int_equal(count_frames(f), 4);
	fd = rig_open_to_read(f);
	assert_int_equal(ftruncate(fd, rig_size_of(fd) - 1), 0);
	close(fd);
	assert_int_equal(count_frames(f), 3);
}

/* Ingest keeps one for the next run, which then begins as any other. */
static void what_cannot_be_read_counts_for_nothing(void **state)
{
	const struct rig_folder *f = *state;
	rig_put(f, 7, "first");
	assert_int_equal(symlinkat("lock", f->fd, "0000000000000005-00.frames"), 0);
	assert_int_equal(count_frames(f), 1);
}

static void lines_are_appended_and_files_sorted(void **state)
{
	const struct rig_folder *f = *state;
	char line[SPOOL_LINE_MAX];
	int fd, len = spool_format_outcome(&failed, line, sizeof line);
	assert_true(len > 0);
	rig_put(f, 7, "first");
	rig_make_file(f->fd, "0000000000000007-00.sealed", "");
	assert_int_equal(spool_open_outcomes(f->fd, rig_head.cycle_id, 3, &fd, NULL), 0);
	assert_int_equal(spool_put_outcome(fd, &failed, NULL), 0);
	assert_int_equal(spool_put_outcome(fd, &failed, NULL), 0);
	assert_int_equal(close(fd), 0);
	struct spool_cycle cycle = { .id = rig_head.cycle_id };
	assert_int_equal(spool_put_cycle(f->fd, &cycle, NULL), 0);

	struct spool_list list;
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 4);
	assert_int_equal(list.items[0].kind, SPOOL_CYCLE);
	assert_int_equal(list.items[1].kind, SPOOL_FRAMES);
	assert_int_equal(list.items[1].index, 1);
	assert_int_equal(list.items[2].kind, SPOOL_OUTCOMES);
	assert_int_equal(list.items[3].kind, SPOOL_SEALED);
	struct buffer b = { 0 };
	assert_int_equal(spool_read(f->fd, list.items[2].name, &b, NULL), 0);
	assert_int_equal(b.len, 2 * len);
	assert_memory_equal(b.data, line, len);
	assert_memory_equal(b.data + len, line, len);
	buffer_finish(&b);
	spool_list_finish(&list);
}

static void a_run_that_came_to_nothing_leaves_no_files(void **state)
{
	const struct rig_folder *f = *state;
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	int fd;
	close(rig_open_frames(f, 1));
	close(rig_open_frames(f, 2));
	assert_int_equal(spool_open_outcomes(f->fd, rig_head.cycle_id, 1, &fd, NULL), 0);
	close(fd);
	spool_remove_files(f->fd, rig_head.cycle_id, 1);
	spool_remove_files(f->fd, rig_head.cycle_id, 1);
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].name, "0000000000000005-02.frames");
}

static void a_full_disk_is_said(void **state)
{
	(void)state;
	int fd = open("/dev/full", O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	struct error err = { "" };
	assert_int_equal(spool_put_outcome(fd, &failed, &err), -1);
	assert_non_null(strstr(err.text, "No space left"));
	close(fd);
}

static void reject(const struct rig_folder *f, uint64_t attempt_id, const char *text)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	assert_int_equal(buffer_append(&b, text, strlen(text)), 0);
	assert_int_equal(spool_reject(f->fd, attempt_id, &b, NULL), 0);
}

static void bad_frames_get_names_of_their_own(void **state)
{
	const struct rig_folder *f = *state;
	reject(f, 7, "first");
	reject(f, 7, "other");
	reject(f, 8, "third");
	reject(f, 7, "last");
	rig_assert_text(f, "bad/0000000000000007-00.sealed", "first");
	rig_assert_text(f, "bad/0000000000000007-01.sealed", "other");
	rig_assert_text(f, "bad/0000000000000007-02.sealed", "last");
	rig_assert_text(f, "bad/0000000000000008-00.sealed", "third");
}

/* How many, and the oldest. */
static void assert_bad(const struct rig_folder *f, size_t count, uint64_t oldest)
{
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	assert_int_equal(spool_trim_bad(f->fd, NULL), 0);
	int bad = openat(f->fd, "bad", O_RDONLY | O_DIRECTORY);
	assert_int_equal(spool_list(bad, &list, NULL), 0);
	close(bad);
	assert_int_equal(list.count, count);
	assert_int_equal(list.items[0].id, oldest);
}

static void bad_files_are_kept_up_to_a_cap(void **state)
{
	const struct rig_folder *f = *state;
	for (uint64_t i = 0; i < SPOOL_BAD_FILES + 3; i++)
		reject(f, 0x1000 + i, "first");
	assert_bad(f, SPOOL_BAD_FILES, 0x1003);
	int fd = openat(f->fd, "bad/0000000000001100-00.sealed", O_WRONLY);
	assert_int_equal(ftruncate(fd, SPOOL_BAD_BYTES - 14), 0);
	close(fd);
	assert_bad(f, 3, 0x1100);
	reject(f, 0x1103, "more than fits");
	assert_bad(f, 3, 0x1101);
}

static void what_does_not_fit_takes_nothing_with_it(void **state)
{
	const struct rig_folder *f = *state;
	reject(f, 7, "first");
	reject(f, 8, "other");
	reject(f, 9, "third");
	int fd = openat(f->fd, "bad/0000000000000008-00.sealed", O_WRONLY);
	assert_int_equal(ftruncate(fd, SPOOL_BAD_BYTES), 0);
	close(fd);
	assert_bad(f, 2, 7);
	rig_assert_text(f, "bad/0000000000000009-00.sealed", "third");
}

static const char damaged[] = "0000000000000005-01.frames";

/* Numbers, that none is where another should be. */
static void fill(const struct rig_folder *f, size_t count)
{
	int fd = openat(f->fd, damaged, O_WRONLY | O_CREAT | O_EXCL, 0600);
	FILE *file = fdopen(fd, "w");
	assert_non_null(file);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(fprintf(file, "%07zu\n", i), 8);
	assert_int_equal(fclose(file), 0);
}

static void assert_filled(const struct rig_folder *f, size_t from, size_t count)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	char number[16];
	assert_int_equal(spool_read(f->fd, "bad/0000000000000005-01.frames", &b, NULL), 0);
	assert_int_equal(b.len, 8 * count);
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(number, sizeof number, "%07zu\n", from + i);
		assert_memory_equal(b.data + 8 * i, number, 8);
	}
}

/* What is before the damage is stored. */
static void the_damaged_part_of_a_file_is_kept(void **state)
{
	const struct rig_folder *f = *state;
	enum { MOST = SPOOL_BAD_BYTES / 8 };
	/* clang-format off */
	static const struct {
		size_t count, lost, kept;
	} rows[] = {
		{ 3, 1, 1 },
		{ 3, 3, 3 },
		{ 30000, 29999, 29999 }, /* more than is moved at once */
		{ MOST + 5, MOST, MOST },
		{ MOST + 5, MOST + 2, MOST },
		{ MOST + 5, MOST + 5, MOST },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fill(f, rows[i].count);
		assert_int_equal(spool_reject_file(f->fd, damaged, 8 * rows[i].lost, NULL), 0);
		assert_int_equal(faccessat(f->fd, damaged, F_OK, 0), -1);
		assert_bad(f, 1, 5);
		assert_filled(f, rows[i].count - rows[i].lost, rows[i].kept);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(open_folders_are_refused),
		IN_FOLDER(frames_are_counted),
		IN_FOLDER(what_cannot_be_read_counts_for_nothing),
		IN_FOLDER(lines_are_appended_and_files_sorted),
		IN_FOLDER(a_run_that_came_to_nothing_leaves_no_files),
		cmocka_unit_test(a_full_disk_is_said),
		IN_FOLDER(bad_frames_get_names_of_their_own),
		IN_FOLDER(bad_files_are_kept_up_to_a_cap),
		IN_FOLDER(what_does_not_fit_takes_nothing_with_it),
		IN_FOLDER(the_damaged_part_of_a_file_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
