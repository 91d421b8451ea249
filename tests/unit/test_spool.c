/* The spool's folder: what is put there is listed, found again, kept apart, and nothing is lost. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/spool/spool.h"

static const struct spool_head head = {
	.attempt_id = 7,
	.cycle_id = 5,
	.received_at = 1763785952123,
	.client = "web1",
	.asked_at = 1763785952007,
	.has_digest = true,
	.digest = { 0x00, 0x1f, [15] = 0xff },
};

static const struct spool_outcome failed = {
	.attempt_id = 7,
	.cycle_id = 5,
	.nonce = "00112233445566778899aabbccddeeff",
	.outcome = OUTCOME_AUTH,
	.stage = STAGE_AUTH,
	.client = "web1",
	.text = "refused",
};

struct folder {
	char path[64];
	int fd;
};

static int make_folder(void **state)
{
	struct folder *f = calloc(1, sizeof *f);
	assert_non_null(f);
	strcpy(f->path, "/tmp/fleet-spool-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	assert_int_equal(spool_open(f->path, &f->fd, NULL), 0);
	*state = f;
	return 0;
}

static void empty_folder(int fd)
{
	struct spool_list list;
	assert_int_equal(spool_list(fd, &list, NULL), 0);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(unlinkat(fd, list.items[i].name, 0), 0);
	spool_list_finish(&list);
}

static int remove_folder(void **state)
{
	struct folder *f = *state;
	int bad = openat(f->fd, "bad", O_RDONLY | O_DIRECTORY);
	empty_folder(bad);
	empty_folder(f->fd);
	close(bad);
	assert_int_equal(unlinkat(f->fd, "bad", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(f->path), 0); /* there is nothing else */
	close(f->fd);
	free(f);
	return 0;
}

static struct spool_head head_of(uint64_t attempt_id, const char *body)
{
	struct spool_head h = head;
	h.attempt_id = attempt_id;
	h.length = (uint32_t)strlen(body);
	return h;
}

/* The file of a poller's frames; each call opens it anew. */
static int open_frames(const struct folder *f, uint32_t poller)
{
	int fd = -1;
	assert_int_equal(spool_open_frames(f->fd, head.cycle_id, poller, &fd, NULL), 0);
	return fd;
}

static void append(int fd, const struct spool_head *h, const char *body)
{
	bool torn = false;
	assert_int_equal(spool_put(fd, h, body, &torn, NULL), 0);
	assert_false(torn);
}

static void put(const struct folder *f, uint64_t attempt_id, const char *body)
{
	struct spool_head h = head_of(attempt_id, body);
	int fd = open_frames(f, 1);
	append(fd, &h, body);
	assert_int_equal(spool_sync(fd, NULL), 0);
	assert_int_equal(close(fd), 0);
}

static int open_to_read(const struct folder *f)
{
	int fd = openat(f->fd, "0000000000000005-01.frames", O_RDWR);
	assert_true(fd >= 0);
	return fd;
}

static off_t size_of(int fd)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

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
	assert_int_equal(back.cycle_id, head.cycle_id);
	assert_int_equal(back.received_at, head.received_at);
	assert_int_equal(back.asked_at, head.asked_at);
	assert_memory_equal(back.digest, head.digest, sizeof head.digest);
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

static void open_folders_are_refused(void **state)
{
	const struct folder *f = *state;
	struct error err = { "" };
	int fd = -1;
	assert_int_equal(chmod(f->path, 0755), 0);
	assert_int_equal(spool_open(f->path, &fd, &err), -1);
	assert_non_null(strstr(err.text, "chmod 700 /tmp/fleet-spool-"));
	assert_int_equal(fd, -1);
}

static void frames_are_found_in_their_order(void **state)
{
	const struct folder *f = *state;
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
		put(f, rows[i].attempt_id, rows[i].body);
	int fd = open_to_read(f);
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
	assert_int_equal(at, size_of(fd));
	close(fd);
}

/* It was not acknowledged. */
static void a_cut_last_frame_is_no_loss(void **state)
{
	const struct folder *f = *state;
	put(f, 7, "first");
	int fd = open_to_read(f);
	off_t first = size_of(fd);
	put(f, 8, "other");
	off_t whole = size_of(fd);
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
	const struct folder *f = *state;
	put(f, 7, "first");
	int fd = open_to_read(f);
	off_t first = size_of(fd);
	put(f, 8, "other");
	for (off_t end = size_of(fd) - 6; end >= first; end--) {
		assert_int_equal(ftruncate(fd, end), 0);
		assert_found(fd, 1, 0);
	}
	assert_int_equal(ftruncate(fd, 1), 0);
	assert_found(fd, 0, 0);
	close(fd);
}

static void garbage_ends_the_search(void **state)
{
	const struct folder *f = *state;
	static const char garbage[] = "no head at all\n";
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	put(f, 7, "first");
	int fd = open_to_read(f);
	off_t first = size_of(fd);
	assert_int_equal(pwrite(fd, garbage, strlen(garbage), first), strlen(garbage));
	assert_found(fd, 1, strlen(garbage));
	put(f, 8, "other");
	assert_int_equal(spool_find_frames(fd, 3, &frames, NULL), 0);
	assert_int_equal(frames.count, 1);
	assert_int_equal(frames.lost, size_of(fd) - first);
	assert_frame(fd, &frames.items[0], 7, "web1", "first");
	assert_int_equal(spool_find_frames(fd, 3, &frames, NULL), 0);
	assert_int_equal(frames.lost, 2 * (size_of(fd) - first)); /* it is a sum */
	close(fd);
}

/* What a power cut leaves of a file on some file systems. */
static void zeros_are_lost(void **state)
{
	const struct folder *f = *state;
	enum { ZEROS = 3 * SPOOL_LINE_MAX };
	put(f, 7, "first");
	int fd = open_to_read(f);
	assert_int_equal(ftruncate(fd, size_of(fd) + ZEROS), 0);
	assert_found(fd, 1, ZEROS);
	close(fd);
}

static void a_long_head_is_found(void **state)
{
	const struct folder *f = *state;
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	struct spool_head h = head_of(7, "first");
	memset(h.client, '\xe9', sizeof h.client - 1); /* each becomes three */
	int fd = open_frames(f, 1);
	append(fd, &h, "first");
	close(fd);
	put(f, 8, "other");
	fd = open_to_read(f);
	assert_int_equal(spool_find_frames(fd, 0, &frames, NULL), 0);
	assert_int_equal(frames.count, 2);
	assert_true(frames.items[0].size > 512 + 5);
	assert_frame(fd, &frames.items[0], 7, h.client, "first");
	assert_frame(fd, &frames.items[1], 8, "web1", "other");
	close(fd);
}

/* Cut after it was found, by a disk that lies. */
static void a_frame_that_is_gone_is_an_error(void **state)
{
	const struct folder *f = *state;
	CLEANUP(spool_frames_finish) struct spool_frames frames = { 0 };
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	struct error err = { "" };
	put(f, 7, "first");
	int fd = open_to_read(f);
	assert_int_equal(spool_find_frames(fd, 0, &frames, NULL), 0);
	assert_int_equal(ftruncate(fd, size_of(fd) - 1), 0);
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
	struct spool_head h = head_of(8, "other");
	struct error err = { "" }, again = { "" };
	bool torn = false;
	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &limit) || spool_put(fd, &h, "other", &torn, &err) == 0)
		return 2;
	off_t end = size_of(fd);
	h = head_of(9, "");
	limit.rlim_cur = RLIM_INFINITY; /* nor when there is room again: that is not asked */
	if (spool_put(fd, &h, "", &torn, &again) == 0 || size_of(fd) != end)
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
	const struct folder *f = *state;
	put(f, 7, "first");
	int back = open_to_read(f), fd = open_frames(f, 1);
	off_t first = size_of(back);
	put(f, 8, "other");
	off_t whole = size_of(back);
	for (off_t end = whole - 1; end >= first; end -= 7) { /* in the body, in the head, none */
		assert_int_equal(ftruncate(back, first), 0);
		assert_int_equal(tell_torn(fd, (rlim_t)end), end > first);
		assert_int_equal(size_of(back), end);
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
	struct spool_head h = head_of(7, "first");
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
	const struct folder *f = *state;
	struct spool_head h = head_of(7, "first");
	bool torn = true;
	int fd = open_frames(f, 1);
	assert_int_equal(spool_put(fd, &h, "first", &torn, NULL), -1);
	assert_true(torn);
	assert_int_equal(size_of(fd), 0);
	close(fd);
}

static void make_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static size_t count_frames(const struct folder *f)
{
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	size_t count = 99;
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(spool_count_frames(f->fd, &list, &count, NULL), 0);
	return count;
}

static void frames_are_counted(void **state)
{
	const struct folder *f = *state;
	struct spool_head h = head_of(9, "third");
	assert_int_equal(count_frames(f), 0);
	int fd = open_frames(f, 2);
	assert_int_equal(count_frames(f), 0);
	put(f, 7, "first");
	put(f, 8, "other");
	append(fd, &h, "third");
	close(fd);
	make_file(f->fd, "0000000000000003-00.sealed", "");
	make_file(f->fd, "0000000000000005-01.outcomes", "");
	make_file(f->fd, "0000000000000005-00.cycle", "");
	assert_int_equal(count_frames(f), 4);
	fd = open_to_read(f);
	assert_int_equal(ftruncate(fd, size_of(fd) - 1), 0);
	close(fd);
	assert_int_equal(count_frames(f), 3);
}

/* Ingest keeps one for the next run, which then begins as any other. */
static void what_cannot_be_read_counts_for_nothing(void **state)
{
	const struct folder *f = *state;
	put(f, 7, "first");
	assert_int_equal(symlinkat("lock", f->fd, "0000000000000005-00.frames"), 0);
	assert_int_equal(count_frames(f), 1);
}

static void make_inbox(const struct folder *f)
{
	assert_int_equal(mkdirat(f->fd, "in", 0700), 0);
}

static int open_inbox(const struct folder *f)
{
	int fd = openat(f->fd, "in", O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	return fd;
}

static void open_again(struct folder *f)
{
	int fd = -1;
	struct error err = { "" };
	if (spool_open(f->path, &fd, &err))
		fail_msg("%s", err.text);
	close(f->fd);
	f->fd = fd;
}

static void assert_text(const struct folder *f, const char *name, const char *text)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	assert_int_equal(spool_read(f->fd, name, &b, NULL), 0);
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.data, text, b.len);
}

/* Of a collector of before, whose pollers had a folder of their own. */
static void an_inbox_is_emptied(void **state)
{
	struct folder *f = *state;
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	make_inbox(f);
	int in = open_inbox(f);
	make_file(in, "0000000000000001-00.sealed", "first");
	make_file(in, "0000000000000001-01.sealed", "other");
	make_file(in, "0000000000000002-00.outcomes", "");
	make_file(in, "0000000000000002-00.cycle", "");
	make_file(in, "0000000000000002-00.frames", "");
	make_file(in, "7", "spare");
	make_file(in, "7a", "");
	assert_int_equal(symlinkat("../lock", in, "9"), 0);
	close(in);
	open_again(f);
	assert_int_equal(faccessat(f->fd, "in", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].kind, SPOOL_SEALED);
	assert_text(f, "0000000000000001-00.sealed", "first");
	assert_text(f, "0000000000000001-01.sealed", "other");
	open_again(f);
}

/* A poller that a host had taken over made what it liked; no run fails for it. */
static void what_no_poller_made_is_not_taken(void **state)
{
	struct folder *f = *state;
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	make_inbox(f);
	int in = open_inbox(f);
	make_file(in, "0000000000000001-00.sealed", "first");
	assert_int_equal(symlinkat("/etc/passwd", in, "0000000000000004-00.sealed"), 0);
	assert_int_equal(mkfifoat(in, "0000000000000005-00.sealed", 0600), 0);
	assert_int_equal(mkdirat(in, "0000000000000006-00.sealed", 0700), 0);
	open_again(f);
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	(void)unlinkat(f->fd, "0000000000000006-00.sealed", AT_REMOVEDIR);
	(void)unlinkat(in, "0000000000000006-00.sealed", AT_REMOVEDIR);
	(void)unlinkat(f->fd, "in", AT_REMOVEDIR);
	close(in);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].id, 1);
}

static void what_stays_in_an_inbox_stops_no_run(void **state)
{
	struct folder *f = *state;
	make_inbox(f);
	int in = open_inbox(f);
	make_file(in, "0000000000000001-00.sealed", "first");
	assert_int_equal(mkdirat(in, "full", 0700), 0);
	assert_int_equal(mkdirat(in, "full/folder", 0700), 0);
	int fd = -1, r = spool_open(f->path, &fd, NULL);
	(void)unlinkat(in, "full/folder", AT_REMOVEDIR);
	(void)unlinkat(in, "full", AT_REMOVEDIR);
	(void)unlinkat(f->fd, "in", AT_REMOVEDIR);
	close(in);
	close(fd);
	assert_int_equal(r, 0);
	assert_text(f, "0000000000000001-00.sealed", "first");
}

/* It comes when the other is gone. */
static void a_collision_loses_nothing(void **state)
{
	struct folder *f = *state;
	static const char name[] = "0000000000000001-07.sealed";
	make_file(f->fd, name, "first");
	make_inbox(f);
	int in = open_inbox(f);
	make_file(in, name, "other");
	close(in);
	open_again(f);
	assert_text(f, name, "first");
	assert_int_equal(spool_remove(f->fd, name, NULL), 0);
	open_again(f);
	assert_text(f, name, "other");
	assert_int_equal(faccessat(f->fd, "in", F_OK, 0), -1);
}

static void lines_are_appended_and_files_sorted(void **state)
{
	const struct folder *f = *state;
	char line[SPOOL_LINE_MAX];
	int fd, len = spool_format_outcome(&failed, line, sizeof line);
	assert_true(len > 0);
	put(f, 7, "first");
	make_file(f->fd, "0000000000000007-00.sealed", "");
	assert_int_equal(spool_open_outcomes(f->fd, head.cycle_id, 3, &fd, NULL), 0);
	assert_int_equal(spool_put_outcome(fd, &failed, NULL), 0);
	assert_int_equal(spool_put_outcome(fd, &failed, NULL), 0);
	assert_int_equal(close(fd), 0);
	struct spool_cycle cycle = { .id = head.cycle_id };
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
	const struct folder *f = *state;
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	int fd;
	close(open_frames(f, 1));
	close(open_frames(f, 2));
	assert_int_equal(spool_open_outcomes(f->fd, head.cycle_id, 1, &fd, NULL), 0);
	close(fd);
	spool_remove_files(f->fd, head.cycle_id, 1);
	spool_remove_files(f->fd, head.cycle_id, 1);
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

static void reject(const struct folder *f, uint64_t attempt_id, const char *text)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	assert_int_equal(buffer_append(&b, text, strlen(text)), 0);
	assert_int_equal(spool_reject(f->fd, attempt_id, &b, NULL), 0);
}

static void bad_frames_get_names_of_their_own(void **state)
{
	const struct folder *f = *state;
	reject(f, 7, "first");
	reject(f, 7, "other");
	reject(f, 8, "third");
	reject(f, 7, "last");
	assert_text(f, "bad/0000000000000007-00.sealed", "first");
	assert_text(f, "bad/0000000000000007-01.sealed", "other");
	assert_text(f, "bad/0000000000000007-02.sealed", "last");
	assert_text(f, "bad/0000000000000008-00.sealed", "third");
}

/* How many, and the oldest. */
static void assert_bad(const struct folder *f, size_t count, uint64_t oldest)
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
	const struct folder *f = *state;
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

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(open_folders_are_refused),
		IN_FOLDER(frames_are_found_in_their_order),
		IN_FOLDER(a_cut_last_frame_is_no_loss),
		IN_FOLDER(nor_is_a_cut_head),
		IN_FOLDER(garbage_ends_the_search),
		IN_FOLDER(zeros_are_lost),
		IN_FOLDER(a_long_head_is_found),
		IN_FOLDER(a_frame_that_is_gone_is_an_error),
		IN_FOLDER(nothing_follows_a_part),
		cmocka_unit_test(what_is_not_written_may_be_followed),
		IN_FOLDER(a_torn_file_takes_no_more),
		IN_FOLDER(frames_are_counted),
		IN_FOLDER(what_cannot_be_read_counts_for_nothing),
		IN_FOLDER(an_inbox_is_emptied),
		IN_FOLDER(what_no_poller_made_is_not_taken),
		IN_FOLDER(what_stays_in_an_inbox_stops_no_run),
		IN_FOLDER(a_collision_loses_nothing),
		IN_FOLDER(lines_are_appended_and_files_sorted),
		IN_FOLDER(a_run_that_came_to_nothing_leaves_no_files),
		cmocka_unit_test(a_full_disk_is_said),
		IN_FOLDER(bad_frames_get_names_of_their_own),
		IN_FOLDER(bad_files_are_kept_up_to_a_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
