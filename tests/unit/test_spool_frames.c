/* Frames in a poller's file: found again whole, and what was not written whole is told. */
#include "tests/unit/spool_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_frame(int fd, const struct spool_frame *frame, uint64_t attempt_id,
	const char *client, const char *body)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	struct spool_head back;
	size_t at;
	assert_int_equal(buffer_append(&b, "before", 6), 0);
	assert_int_equal(spool_read_frame(fd, frame, &b, NULL), 0);
	assert_int_equal(b.len, 6 + frame->size);
	assert_memory_equal(b.data, "before", 6);
	assert_int_equal(spool_parse_frame(b.data + 6, frame->size, &back, &at, NULL), 0);
	assert_int_equal(frame->attempt_id, attempt_id);
	assert_int_equal(back.attempt_id, attempt_id);
	assert_int_equal(back.cycle_id, rig_head.cycle_id);
	assert_int_equal(back.received_at, rig_head.received_at);
	assert_int_equal(back.asked_at, rig_head.asked_at);
	assert_memory_equal(back.digest, rig_head.digest, sizeof rig_head.digest);
	assert_string_equal(back.client, client);
	assert_string_equal(b.data + 6 + at, body);
}

/* Finds so many, and so many bytes that are none. */
static void assert_found(int fd, size_t count, uint64_t lost)
{
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	assert_int_equal(spool_find_frames(fd, 3, &frames, NULL), 0);
	assert_int_equal(frames.count, count);
	assert_int_equal(frames.lost, lost);
}

static void frames_are_found_in_their_order(void **state)
{
	const struct rig_folder *f = *state;
	static const struct {
		uint64_t attempt_id;
		const char *body;
	} rows[] = {
		{ 9, "first" },
		{ 7, "fleet1 spool\nin a body" },
		{ 9, "" },
		{ 8, "last\n" },
	};
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		rig_put(f, rows[i].attempt_id, rows[i].body);
	int fd = rig_open_to_read(f);
	uint64_t at = 0;
	assert_int_equal(spool_find_frames(fd, 3, &frames, NULL), 0);
	assert_int_equal(spool_find_frames(fd, 4, &frames, NULL), 0); /* they are added */
	assert_int_equal(frames.count, 2 * ARRAY_LEN(rows));
	assert_int_equal(frames.lost, 0);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		assert_int_equal(frames.items[i].file, 3);
		assert_int_equal(frames.items[i + ARRAY_LEN(rows)].file, 4);
		assert_int_equal(frames.items[i].at, at);
		assert_frame(fd, &frames.items[i], rows[i].attempt_id, "web1", rows[i].body);
		at += frames.items[i].size;
	}
	assert_int_equal(at, rig_size_of(fd));
	close(fd);
}

/* It was not acknowledged. */
static void a_cut_last_frame_is_no_loss(void **state)
{
	const struct rig_folder *f = *state;
	rig_put(f, 7, "first");
	int fd = rig_open_to_read(f);
	off_t first = rig_size_of(fd);
	rig_put(f, 8, "other");
	off_t whole = rig_size_of(fd);
	for (off_t end = whole - 1; end >= whole - 5; end--) {
		assert_int_equal(ftruncate(fd, end), 0);
		assert_found(fd, 1, 0);
	}
	assert_int_equal(ftruncate(fd, first - 5), 0);
	assert_found(fd, 0, 0);
	close(fd);
}

static void nor_is_a_cut_head(void **state)
{
	const struct rig_folder *f = *state;
	rig_put(f, 7, "first");
	int fd = rig_open_to_read(f);
	off_t first = rig_size_of(fd);
	rig_put(f, 8, "other");
	for (off_t end = rig_size_of(fd) - 6; end >= first; end--) {
		assert_int_equal(ftruncate(fd, end), 0);
		assert_found(fd, 1, 0);
	}
	assert_int_equal(ftruncate(fd, 1), 0);
	assert_found(fd, 0, 0);
	close(fd);
}

static void garbage_ends_the_search(void **state)
{
	const struct rig_folder *f = *state;
	static const char garbage[] = "no head at all\n";
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	rig_put(f, 7, "first");
	int fd = rig_open_to_read(f);
	off_t first = rig_size_of(fd);
	assert_int_equal(pwrite(fd, garbage, strlen(garbage), first), strlen(garbage));
	assert_found(fd, 1, strlen(garbage));
	rig_put(f, 8, "other");
	assert_int_equal(spool_find_frames(fd, 3, &frames, NULL), 0);
	assert_int_equal(frames.count, 1);
	assert_int_equal(frames.lost, rig_size_of(fd) - first);
	assert_frame(fd, &frames.items[0], 7, "web1", "first");
	assert_int_equal(spool_find_frames(fd, 3, &frames, NULL), 0);
	assert_int_equal(frames.lost, 2 * (rig_size_of(fd) - first)); /* it is a sum */
	close(fd);
}

/* What a power cut leaves of a file on some file systems. */
static void zeros_are_lost(void **state)
{
	const struct rig_folder *f = *state;
	enum { ZEROS = 3 * SPOOL_LINE_MAX };
	rig_put(f, 7, "first");
	int fd = rig_open_to_read(f);
	assert_int_equal(ftruncate(fd, rig_size_of(fd) + ZEROS), 0);
	assert_found(fd, 1, ZEROS);
	close(fd);
}

static void a_long_head_is_found(void **state)
{
	const struct rig_folder *f = *state;
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	struct spool_head h = rig_head_of(7, "first");
	memset(h.client, '\xe9', sizeof h.client - 1); /* each becomes three */
	int fd = rig_open_frames(f, 1);
	rig_append(fd, &h, "first");
	close(fd);
	rig_put(f, 8, "other");
	fd = rig_open_to_read(f);
	assert_int_equal(spool_find_frames(fd, 0, &frames, NULL), 0);
	assert_int_equal(frames.count, 2);
	assert_true(frames.items[0].size > 512 + 5);
	assert_frame(fd, &frames.items[0], 7, h.client, "first");
	assert_frame(fd, &frames.items[1], 8, "web1", "other");
	close(fd);
}

/* What one poller does is no other's affair. */
static void too_many_are_too_many_in_one_file(void **state)
{
	const struct rig_folder *f = *state;
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	CLEANUP(buffer_finish) struct buffer many = { 0 };
	char line[SPOOL_LINE_MAX];
	struct spool_head h = rig_head_of(8, "");
	int len = spool_format_head(&h, line, sizeof line);
	for (size_t i = 0; i < SPOOL_FRAMES_MAX + 2; i++)
		assert_int_equal(buffer_append(&many, line, (size_t)len), 0);
	rig_put(f, 7, "first");
	int honest = rig_open_to_read(f), fd = rig_open_frames(f, 2);
	assert_int_equal(write(fd, many.data, many.len), many.len);
	close(fd);
	fd = openat(f->fd, "0000000000000005-02.frames", O_RDONLY);
	assert_int_equal(spool_find_frames(fd, 0, &frames, NULL), 0);
	assert_int_equal(frames.count, SPOOL_FRAMES_MAX);
	assert_int_equal(frames.lost, 2 * len);
	assert_int_equal(spool_find_frames(honest, 1, &frames, NULL), 0);
	assert_int_equal(frames.count, SPOOL_FRAMES_MAX + 1);
	assert_int_equal(frames.lost, 2 * len);
	close(honest);
	close(fd);
}

/* Cut after it was found, by a disk that lies. */
static void a_frame_that_is_gone_is_an_error(void **state)
{
	const struct rig_folder *f = *state;
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	struct error err = { "" };
	rig_put(f, 7, "first");
	int fd = rig_open_to_read(f);
	assert_int_equal(spool_find_frames(fd, 0, &frames, NULL), 0);
	assert_int_equal(ftruncate(fd, rig_size_of(fd) - 1), 0);
	errno = 0;
	assert_int_equal(spool_read_frame(fd, &frames.items[0], &b, &err), -1);
	assert_int_equal(errno, EIO);
	assert_true(err.text[0] != 0);
	assert_int_equal(b.len, 0);
	close(fd);
}

/* In a child: a file may get no longer than that. */
static int put_within(int fd, rlim_t size)
{
	struct rlimit limit = { size, size };
	struct spool_head h = rig_head_of(8, "other");
	struct error err = { "" }, again = { "" };
	bool torn = false;
	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) || spool_put(fd, &h, "other", &torn, &err) == 0)
		return 2;
	off_t end = rig_size_of(fd);
	h = rig_head_of(9, "");
	limit.rlim_cur = RLIM_INFINITY; /* nor when there is room again: that is not asked */
	if (spool_put(fd, &h, "", &torn, &again) == 0 || rig_size_of(fd) != end)
		return 3;
	if (torn != (strstr(again.text, "an earlier report") != NULL))
		return 4;
	return torn ? 1 : 0;
}

/* 1: torn, 0: nothing was written; all else is a mistake. */
static int tell_torn(int fd, rlim_t size)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(put_within(fd, size));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void nothing_follows_a_part(void **state)
{
	const struct rig_folder *f = *state;
	rig_put(f, 7, "first");
	int back = rig_open_to_read(f), fd = rig_open_frames(f, 1);
	off_t first = rig_size_of(back);
	rig_put(f, 8, "other");
	off_t whole = rig_size_of(back);
	for (off_t end = whole - 1; end >= first; end -= 7) { /* in the body, in the head, none */
		assert_int_equal(ftruncate(back, first), 0);
		assert_int_equal(tell_torn(fd, (rlim_t)end), end > first);
		assert_int_equal(rig_size_of(back), end);
	}
	assert_int_equal(ftruncate(back, first), 0);
	assert_int_equal(tell_torn(fd, (rlim_t)first), 0);
	assert_found(back, 1, 0);
	close(back);
	close(fd);
}

static void what_is_not_written_may_be_followed(void **state)
{
	(void)state;
	struct spool_head h = rig_head_of(7, "first");
	struct error err = { "" };
	bool torn = false;
	int fd = open("/dev/full", O_WRONLY | O_APPEND);
	assert_true(fd >= 0);
	assert_int_equal(spool_put(fd, &h, "first", &torn, &err), -1);
	assert_non_null(strstr(err.text, "No space left"));
	assert_false(torn);
	close(fd);
}

static void a_torn_file_takes_no_more(void **state)
{
	const struct rig_folder *f = *state;
	struct spool_head h = rig_head_of(7, "first");
	bool torn = true;
	int fd = rig_open_frames(f, 1);
	assert_int_equal(spool_put(fd, &h, "first", &torn, NULL), -1);
	assert_true(torn);
	assert_int_equal(rig_size_of(fd), 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(frames_are_found_in_their_order),
		IN_FOLDER(a_cut_last_frame_is_no_loss),
		IN_FOLDER(nor_is_a_cut_head),
		IN_FOLDER(garbage_ends_the_search),
		IN_FOLDER(zeros_are_lost),
		IN_FOLDER(a_long_head_is_found),
		IN_FOLDER(too_many_are_too_many_in_one_file),
		IN_FOLDER(a_frame_that_is_gone_is_an_error),
		IN_FOLDER(nothing_follows_a_part),
		cmocka_unit_test(what_is_not_written_may_be_followed),
		IN_FOLDER(a_torn_file_takes_no_more),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
