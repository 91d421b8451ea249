/* The spool's folder: what is put there is listed, kept apart and released, and nothing is lost. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/spool/spool.h"

static const struct spool_head head = {
	.attempt_id = 7,
	.cycle_id = 5,
	.received_at = 1763785952123,
	.length = 5,
	.client = "web1",
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
	spool_trim_spares(f->fd, &(struct spool_spares){ 0 });
	assert_int_equal(unlinkat(f->fd, "bad", AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(f->fd, "in", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(f->path), 0);
	close(f->fd);
	free(f);
	return 0;
}

/* As a poller does it. */
static void leave(const struct folder *f, const struct spool_head *h, uint32_t index,
	uint32_t spare, const char *body)
{
	int inbox;
	assert_int_equal(spool_open_inbox(f->fd, geteuid(), getegid(), &inbox, NULL), 0);
	assert_int_equal(spool_put(inbox, h, index, spare, body, NULL), 0);
	assert_int_equal(close(inbox), 0);
}

/* And then a run that does not come to store it, or the next one. */
static void put(const struct folder *f, const struct spool_head *h, uint32_t index, uint32_t spare,
	const char *body)
{
	leave(f, h, index, spare, body);
	assert_int_equal(spool_empty_inbox(f->fd, NULL), 0);
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

static void a_collision_loses_nothing(void **state)
{
	const struct folder *f = *state;
	put(f, &head, 7, 0, "first");
	put(f, &head, 7, 0, "other");
	assert_int_equal(spool_sync(f->fd, NULL), 0);
	struct spool_list list;
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.sealed, 2);
	static const char *const bodies[] = { "first", "other" };
	for (size_t i = 0; i < 2; i++) {
		struct buffer b = { 0 };
		struct spool_head back;
		size_t body;
		assert_int_equal(list.items[i].index, 7 + i);
		assert_int_equal(spool_read(f->fd, list.items[i].name, &b, NULL), 0);
		assert_int_equal(spool_parse_head(b.data, b.len, &back, &body, NULL), 0);
		assert_string_equal(b.data + body, bodies[i]);
		buffer_finish(&b);
	}
	spool_list_finish(&list);
}

static size_t count_spares(const struct folder *f, uint32_t most)
{
	size_t count = 0;
	for (uint32_t i = 0; i < most; i++) {
		char name[SPOOL_NAME_MAX];
		(void)snprintf(name, sizeof name, "in/%u", i);
		count += faccessat(f->fd, name, F_OK, 0) == 0;
	}
	return count;
}

static void expect_body(const struct folder *f, const char *expected)
{
	struct spool_list list;
	struct buffer b = { 0 };
	struct spool_head back;
	size_t body;
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(spool_read(f->fd, list.items[0].name, &b, NULL), 0);
	assert_int_equal(spool_parse_head(b.data, b.len, &back, &body, NULL), 0);
	assert_string_equal(b.data + body, expected);
	buffer_finish(&b);
	spool_list_finish(&list);
}

static void put_and_release(
	const struct folder *f, uint32_t spare, const char *body, struct spool_spares *spares)
{
	struct spool_head h = head;
	struct spool_list list;
	h.length = (uint32_t)strlen(body);
	put(f, &h, 0, spare, body);
	expect_body(f, body);
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(spool_release(f->fd, list.items[0].name, spares, NULL), 0);
	spool_list_finish(&list);
}

/* Nothing of the longer one is left behind the shorter, and there are never more than `end`. */
static void a_spare_is_written_over(void **state)
{
	const struct folder *f = *state;
	struct spool_spares spares = { .end = 2 };
	put_and_release(f, 9, "a long body", &spares);
	put_and_release(f, 0, "short", &(struct spool_spares){ .end = 2 });
	put_and_release(f, 0, "longer than ever", &(struct spool_spares){ .end = 2 });
	assert_int_equal(count_spares(f, 10), 1);
	put_and_release(f, 9, "one", &spares);
	put_and_release(f, 9, "two", &spares);
	assert_int_equal(count_spares(f, 10), 2);
	spool_trim_spares(f->fd, &(struct spool_spares){ .end = 1 });
	assert_int_equal(count_spares(f, 10), 1);
}

static void make_file(int dir, const char *name)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(close(fd), 0);
}

/* A poller that a host has taken over makes what it likes; the run waits for none of it. */
static void what_no_poller_makes_is_removed(void **state)
{
	const struct folder *f = *state;
	struct spool_list list;
	int in;
	assert_int_equal(spool_open_inbox(f->fd, geteuid(), getegid(), &in, NULL), 0);
	make_file(in, "0000000000000001-00.sealed");
	make_file(in, "0000000000000002-00.outcomes");
	make_file(in, "0000000000000002-00.cycle");
	make_file(in, "7");
	make_file(in, "7a");
	make_file(in, "12345678901");
	make_file(in, "linked");
	assert_int_equal(linkat(in, "linked", in, "0000000000000003-00.sealed", 0), 0);
	assert_int_equal(linkat(in, "linked", in, "8", 0), 0);
	assert_int_equal(symlinkat("/etc/passwd", in, "0000000000000004-00.sealed"), 0);
	assert_int_equal(symlinkat("../lock", in, "9"), 0);
	assert_int_equal(mkfifoat(in, "0000000000000005-00.sealed", 0600), 0);
	assert_int_equal(mkdirat(in, "0000000000000006-00.sealed", 0700), 0);

	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 0);
	assert_int_equal(spool_list_inbox(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.items[0].name, "in/0000000000000001-00.sealed");
	spool_list_finish(&list);

	assert_int_equal(spool_empty_inbox(f->fd, NULL), 0);
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 1);
	assert_int_equal(list.items[0].id, 1);
	spool_list_finish(&list);
	assert_int_equal(count_spares(f, 100), 1);
	assert_int_equal(unlinkat(in, "7", 0), 0);
	close(in);
	assert_int_equal(unlinkat(f->fd, "in", AT_REMOVEDIR), 0); /* that was all */
	assert_int_equal(mkdirat(f->fd, "in", 0700), 0);
}

/* As when the run stores what its pollers have just left. */
static void frames_are_taken_where_they_lie(void **state)
{
	const struct folder *f = *state;
	struct spool_head h = head;
	struct spool_spares spares = { .end = 1 };
	struct spool_list list;
	put(f, &h, 1, 1, "first");
	leave(f, &h, 1, 1, "other");
	h.attempt_id = 3;
	leave(f, &h, 0, 2, "third");
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(spool_list_inbox(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.sealed, 3);
	assert_string_equal(list.items[0].name, "in/0000000000000003-00.sealed");
	assert_string_equal(list.items[1].name, "0000000000000007-01.sealed");
	assert_string_equal(list.items[2].name, "in/0000000000000007-01.sealed");
	assert_int_equal(spool_release(f->fd, list.items[0].name, &spares, NULL), 0);
	assert_int_equal(count_spares(f, 10), 1);
	assert_int_equal(spool_reject(f->fd, list.items[2].name, NULL), 0);
	assert_int_equal(faccessat(f->fd, "bad/0000000000000007-01.sealed", F_OK, 0), 0);
	spool_list_finish(&list);
	expect_body(f, "first");
}

static void the_inbox_changes_hands(void **state)
{
	const struct folder *f = *state;
	struct stat st;
	int in;
	if (geteuid() != 0)
		skip();
	assert_int_equal(spool_open_inbox(f->fd, 0, 0, &in, NULL), 0);
	make_file(in, "7");
	close(in);
	assert_int_equal(spool_open_inbox(f->fd, 65000, 65001, &in, NULL), 0);
	assert_int_equal(count_spares(f, 100), 0);
	assert_int_equal(fstat(in, &st), 0);
	assert_int_equal(st.st_uid, 65000);
	assert_int_equal(st.st_gid, 65001);
	assert_int_equal(st.st_mode & 07777, 0700);
	close(in);
}

static void lines_are_appended_and_files_sorted(void **state)
{
	const struct folder *f = *state;
	char line[SPOOL_LINE_MAX];
	int fd, len = spool_format_outcome(&failed, line, sizeof line);
	assert_true(len > 0);
	put(f, &head, 0, 0, "first");
	assert_int_equal(spool_open_outcomes(f->fd, head.cycle_id, 3, &fd, NULL), 0);
	assert_int_equal(spool_put_outcome(fd, &failed, NULL), 0);
	assert_int_equal(spool_put_outcome(fd, &failed, NULL), 0);
	assert_int_equal(close(fd), 0);
	struct spool_cycle cycle = { .id = head.cycle_id };
	assert_int_equal(spool_put_cycle(f->fd, &cycle, NULL), 0);

	struct spool_list list;
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 3);
	assert_int_equal(list.items[0].kind, SPOOL_CYCLE);
	assert_int_equal(list.items[1].kind, SPOOL_OUTCOMES);
	assert_int_equal(list.items[2].kind, SPOOL_SEALED);
	struct buffer b = { 0 };
	assert_int_equal(spool_read(f->fd, list.items[1].name, &b, NULL), 0);
	assert_int_equal(b.len, 2 * len);
	assert_memory_equal(b.data, line, len);
	assert_memory_equal(b.data + len, line, len);
	buffer_finish(&b);
	spool_list_finish(&list);
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

static void bad_files_are_kept_up_to_a_cap(void **state)
{
	const struct folder *f = *state;
	struct spool_head h = head;
	for (uint64_t i = 0; i < SPOOL_BAD_FILES + 3; i++) {
		h.attempt_id = 0x1000 + i;
		put(f, &h, 0, 0, "first");
	}
	struct spool_list list;
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(spool_reject(f->fd, list.items[i].name, NULL), 0);
	spool_list_finish(&list);
	assert_int_equal(spool_trim_bad(f->fd, NULL), 0);

	int bad = openat(f->fd, "bad", O_RDONLY | O_DIRECTORY);
	assert_int_equal(spool_list(bad, &list, NULL), 0);
	assert_int_equal(list.count, SPOOL_BAD_FILES);
	assert_int_equal(list.items[0].id, 0x1003);
	spool_list_finish(&list);
	close(bad);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(open_folders_are_refused),
		IN_FOLDER(a_collision_loses_nothing),
		IN_FOLDER(a_spare_is_written_over),
		IN_FOLDER(what_no_poller_makes_is_removed),
		IN_FOLDER(frames_are_taken_where_they_lie),
		IN_FOLDER(the_inbox_changes_hands),
		IN_FOLDER(lines_are_appended_and_files_sorted),
		cmocka_unit_test(a_full_disk_is_said),
		IN_FOLDER(bad_files_are_kept_up_to_a_cap),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
