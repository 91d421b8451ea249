/* Full disks, and a file that is none of ours: rolled back and said, and nothing lost. */
#include "tests/contract/rounds.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/process.h"

static struct rig *rig(void **state)
{
	return *state;
}

/* Puts rounds until one fails; says in how many it was, or fails with what is wrong. */
static int fill_up(struct storage *s, struct error *err)
{
	for (int n = 0; n < 2000; n++)
		if (put_round(s, n, err))
			return n;
	return -1;
}

static void a_file_size_limit_rolls_back(void **state)
{
	struct rig *r = rig(state);
	struct rlimit old, small;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 2 << 20, old.rlim_max };
	process_prepare();
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int stored = fill_up(r->s, &r->err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	assert_true(stored > 0);
	assert_non_null(strstr(r->err.text, r->config.path));
	assert_rounds(r, stored);
	assert_done(r, put_round(r->s, stored, &r->err)); /* the same handle goes on */
	assert_rounds(r, stored + 1);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));
	close(fd);
	return n < 0 ? -1 : 0;
}

/* A small file system in a namespace of our own; false where that is not allowed. */
static bool mount_small(const char *folder)
{
	char map[64];
	uid_t uid = getuid();
	if (uid != 0) {
		(void)snprintf(map, sizeof map, "0 %u 1", uid);
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) || write_file("/proc/self/uid_map", map))
			return false;
	} else if (unshare(CLONE_NEWNS)) {
		return false;
	}
	return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", folder, "tmpfs", 0, "size=3m") == 0;
}

static void fill_disk(struct rig *r)
{
	struct error err;
	struct storage *s;
	char path[300];
	if (!mount_small(r->folder))
		_exit(77);
	if (storage_open(&r->config, true, &s, &err))
		_exit(1);
	int stored = fill_up(s, &err);
	if (stored <= 0 || !strstr(err.text, "full"))
		_exit(2);
	char expected[32], *got = rig_select(r, "SELECT count(*) FROM sample");
	(void)snprintf(expected, sizeof expected, "%d\n", stored * CLIENTS);
	if (strcmp(got, expected) != 0)
		_exit(3);
	free(got);
	if (mount("none", r->folder, NULL, MS_REMOUNT, "size=60m") || put_round(s, stored, &err))
		_exit(4);
	(void)snprintf(path, sizeof path, "%s/fleet.db", r->folder);
	_exit(access(path, R_OK) ? 5 : 0);
}

static void a_full_disk_rolls_back(void **state)
{
	struct rig *r = rig(state);
	int status;
	storage_close(r->s);
	r->s = NULL;
	pid_t pid = fork();
	if (pid == 0)
		fill_disk(r);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void a_file_that_is_no_database(void **state)
{
	struct rig *r = rig(state);
	struct storage *s;
	storage_close(r->s);
	r->s = NULL;
	assert_int_equal(truncate(r->config.path, 0), 0);
	assert_int_equal(write_file(r->config.path, "no database, but longer than a header is, and "
						    "with words enough to fill a page of one"),
		0);
	for (int migrate = 0; migrate < 2; migrate++) {
		assert_int_equal(storage_open(&r->config, migrate, &s, &r->err), -1);
		assert_non_null(strstr(r->err.text, "not a database"));
	}
}

const struct CMUnitTest sqlite_fault_tests[] = {
	RIG_TEST(a_file_size_limit_rolls_back),
	RIG_TEST(a_full_disk_rolls_back),
	RIG_TEST(a_file_that_is_no_database),
};
const size_t sqlite_fault_test_count = ARRAY_LEN(sqlite_fault_tests);
