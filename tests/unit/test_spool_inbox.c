/* The folder that pollers had before they had files: what it holds is taken over. */
#include "tests/unit/spool_rig.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void make_inbox(const struct rig_folder *f)
{
	assert_int_equal(mkdirat(f->fd, "in", 0700), 0);
}

static int open_inbox(const struct rig_folder *f)
{
	int fd = openat(f->fd, "in", O_RDONLY | O_DIRECTORY);
	assert_true(fd >= 0);
	return fd;
}

static void open_again(struct rig_folder *f)
{
	int fd = -1;
	struct error err = { "" };
	if (spool_open(f->path, &fd, &err))
		fail_msg("%s", err.text);
	close(f->fd);
	f->fd = fd;
}

/* Of a collector of before, whose pollers had a folder of their own. */
static void an_inbox_is_emptied(void **state)
{
	struct rig_folder *f = *state;
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	make_inbox(f);
	int in = open_inbox(f);
	rig_make_file(in, "0000000000000001-00.sealed", "first");
	rig_make_file(in, "0000000000000001-01.sealed", "other");
	rig_make_file(in, "0000000000000002-00.outcomes", "");
	rig_make_file(in, "0000000000000002-00.cycle", "");
	rig_make_file(in, "0000000000000002-00.frames", "");
	rig_make_file(in, "7", "spare");
	rig_make_file(in, "7a", "");
	assert_int_equal(symlinkat("../lock", in, "9"), 0);
	close(in);
	open_again(f);
	assert_int_equal(faccessat(f->fd, "in", F_OK, AT_SYMLINK_NOFOLLOW), -1);
	assert_int_equal(spool_list(f->fd, &list, NULL), 0);
	assert_int_equal(list.count, 2);
	assert_int_equal(list.items[0].kind, SPOOL_SEALED);
	rig_assert_text(f, "0000000000000001-00.sealed", "first");
	rig_assert_text(f, "0000000000000001-01.sealed", "other");
	open_again(f);
}

/* A poller that a host had taken over made what it liked; no run fails for it. */
static void what_no_poller_made_is_not_taken(void **state)
{
	struct rig_folder *f = *state;
	CLEANUP(spool_list_finish) struct spool_list list = { 0 };
	make_inbox(f);
	int in = open_inbox(f);
	rig_make_file(in, "0000000000000001-00.sealed", "first");
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
	struct rig_folder *f = *state;
	make_inbox(f);
	int in = open_inbox(f);
	rig_make_file(in, "0000000000000001-00.sealed", "first");
	assert_int_equal(mkdirat(in, "full", 0700), 0);
	assert_int_equal(mkdirat(in, "full/folder", 0700), 0);
	int fd = -1, r = spool_open(f->path, &fd, NULL);
	(void)unlinkat(in, "full/folder", AT_REMOVEDIR);
	(void)unlinkat(in, "full", AT_REMOVEDIR);
	(void)unlinkat(f->fd, "in", AT_REMOVEDIR);
	close(in);
	close(fd);
	assert_int_equal(r, 0);
	rig_assert_text(f, "0000000000000001-00.sealed", "first");
}

/* It comes when the other is gone. */
static void a_collision_loses_nothing(void **state)
{
	struct rig_folder *f = *state;
	static const char name[] = "0000000000000001-07.sealed";
	rig_make_file(f->fd, name, "first");
	make_inbox(f);
	int in = open_inbox(f);
	rig_make_file(in, name, "other");
	close(in);
	open_again(f);
	rig_assert_text(f, name, "first");
	assert_int_equal(spool_remove(f->fd, name, NULL), 0);
	open_again(f);
	rig_assert_text(f, name, "other");
	assert_int_equal(faccessat(f->fd, "in", F_OK, 0), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(an_inbox_is_emptied),
		IN_FOLDER(what_no_poller_made_is_not_taken),
		IN_FOLDER(what_stays_in_an_inbox_stops_no_run),
		IN_FOLDER(a_collision_loses_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
