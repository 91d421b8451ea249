#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/file.h"

static char dir[64];

static int make_dir(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/test-file-XXXXXX");
	return mkdtemp(dir) && chdir(dir) == 0 ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	const char *const names[] = { "f", "link", "fifo", "new" };
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlink(names[i]);
	return chdir("/") == 0 ? rmdir(dir) : -1;
}

static void put(const char *name, const char *text, mode_t mode)
{
	(void)unlink(name); /* it may be a read-only one */
	FILE *f = fopen(name, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(name, mode), 0);
}

/* Reads `name`, which must be refused with this errno and this text in the message. */
static void assert_refused(
	const char *name, enum file_rule rule, size_t size_max, int code, const char *text)
{
	struct buffer b = { 0 };
	assert_int_equal(buffer_append_text(&b, "before"), 0);
	struct error err = { "" };
	errno = 0;
	assert_int_equal(file_read(name, rule, size_max, &b, &err), -1);
	assert_int_equal(errno, code);
	if (!strstr(err.text, text) || strncmp(err.text, name, strlen(name)) != 0)
		fail_msg("`%s` does not say `%s`", err.text, text);
	assert_int_equal(b.len, 6);
	buffer_finish(&b);
}

static const struct {
	mode_t mode;
	enum file_rule rule;
	const char *refusal; /* NULL when it is read */
} modes[] = {
	{ 0600, FILE_SECRET, NULL },
	{ 0400, FILE_SECRET, NULL },
	{ 0700, FILE_SECRET, NULL },
	{ 0640, FILE_SECRET, "can be read by others; run: chmod 600 f" },
	{ 0604, FILE_SECRET, "can be read by others; run: chmod 600 f" },
	{ 0620, FILE_SECRET, "can be written by others; run: chmod 600 f" },
	{ 0644, FILE_TRUSTED, NULL },
	{ 0664, FILE_TRUSTED, "can be written by others; run: chmod go-w f" },
	{ 0646, FILE_TRUSTED, "can be written by others; run: chmod go-w f" },
	{ 0666, FILE_ANY, NULL },
};

static void modes_are_judged_by_rule(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
		put("f", "text", modes[i].mode | 0600);
		assert_int_equal(chmod("f", modes[i].mode), 0);
		if (modes[i].refusal) {
			assert_refused("f", modes[i].rule, 100, EACCES, modes[i].refusal);
			continue;
		}
		struct buffer b = { 0 };
		struct error err;
		if (file_read("f", modes[i].rule, 100, &b, &err) < 0)
			fail_msg("%s", err.text);
		assert_string_equal(b.data, "text");
		buffer_finish(&b);
	}
}

static void owner_is_judged(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	put("f", "text", 0600);
	assert_int_equal(chown("f", 65534, 65534), 0);
	assert_refused("f", FILE_SECRET, 100, EACCES, "belongs to user 65534");
	assert_refused("f", FILE_TRUSTED, 100, EACCES, "run: chown 0 f");
	struct buffer b = { 0 };
	assert_int_equal(file_read("f", FILE_ANY, 100, &b, NULL), 0);
	buffer_finish(&b);
}

static void a_file_of_root_needs_a_new_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	put("f", "text", 0640);
	assert_int_equal(chown("f", 0, 65534), 0);
	assert_int_equal(chmod(dir, 0755), 0);
	gid_t group = getegid();
	assert_int_equal(setegid(65534), 0);
	assert_int_equal(seteuid(65534), 0);
	assert_refused("f", FILE_SECRET, 100, EACCES, "run: chown 65534 f && chmod 600 f");
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(setegid(group), 0);
}

static void only_plain_files_are_opened(void **state)
{
	(void)state;
	put("f", "text", 0600);
	assert_int_equal(symlink("f", "link"), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_refused("link", FILE_ANY, 100, ELOOP, "is a symbolic link");
	assert_refused("fifo", FILE_ANY, 100, EINVAL, "is not a regular file");
	assert_refused(".", FILE_ANY, 100, EINVAL, "is not a regular file");
	assert_refused("/dev/null", FILE_ANY, 100, EINVAL, "is not a regular file");
	assert_refused("missing", FILE_ANY, 100, ENOENT, "cannot be opened: No such file");
}

static void size_is_capped(void **state)
{
	(void)state;
	put("f", "12345", 0600);
	assert_refused("f", FILE_ANY, 4, EFBIG, "is larger than 4 bytes");
	struct buffer b = { 0 };
	assert_int_equal(file_read("f", FILE_ANY, 5, &b, NULL), 0);
	assert_int_equal(file_read("f", FILE_ANY, 5, &b, NULL), 0);
	assert_string_equal(b.data, "1234512345");
	buffer_finish(&b);
	struct buffer small = { .cap = 3 };
	assert_int_equal(file_read("f", FILE_ANY, 100, &small, NULL), -1);
	assert_int_equal(errno, EFBIG);
	buffer_finish(&small);
	/* Files of /proc say that their size is 0. */
	assert_refused("/proc/self/status", FILE_ANY, 10, EFBIG, "is larger than 10 bytes");
	struct buffer status = { 0 };
	assert_int_equal(file_read("/proc/self/status", FILE_ANY, 1 << 20, &status, NULL), 0);
	assert_non_null(strstr(status.data, "Name:"));
	buffer_finish(&status);
}

static _Alignas(4096) char stack[1 << 18];

/* Refused for its size, a secret has been read for the most part. */
static void *read_too_much(void *unused)
{
	(void)unused;
	struct buffer b = { 0 };
	int result = file_read("f", FILE_SECRET, 100, &b, NULL);
	buffer_finish(&b);
	return result < 0 ? stack : NULL;
}

/* Byte by byte: what the thread's calls have left there is not to be read, says the sanitizer. */
__attribute__((no_sanitize("address"))) static size_t count_on_stack(char c)
{
	size_t count = 0;
	for (size_t i = 0; i < sizeof stack; i++)
		count += stack[i] == c;
	return count;
}

static void a_refused_secret_leaves_no_copy(void **state)
{
	(void)state;
	char secret[4000];
	memset(secret, 0x5a, sizeof secret - 1);
	secret[sizeof secret - 1] = 0;
	put("f", secret, 0600);
	pthread_attr_t attr;
	pthread_t thread;
	void *refused;
	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstack(&attr, stack, sizeof stack), 0);
	assert_int_equal(pthread_create(&thread, &attr, read_too_much, NULL), 0);
	assert_int_equal(pthread_join(thread, &refused), 0);
	(void)pthread_attr_destroy(&attr);
	assert_non_null(refused);
	assert_in_range(count_on_stack(0x5a), 0, 500);
}

static void exactly_the_cap_fits(void **state)
{
	(void)state;
	put("f", "12345", 0600);
	struct buffer b = { .cap = 6 };
	assert_int_equal(file_read("f", FILE_ANY, 5, &b, NULL), 0);
	assert_string_equal(b.data, "12345");
	buffer_finish(&b);
}

static void writing_replaces_and_leaves_nothing_else(void **state)
{
	(void)state;
	struct error err;
	put("new", "old text, longer", 0644);
	struct stat before, after;
	assert_int_equal(stat("new", &before), 0);
	if (file_write("new", "secret", 6, 0600, &err) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(stat("new", &after), 0);
	assert_int_equal(after.st_mode & 07777, 0600);
	assert_int_not_equal(before.st_ino, after.st_ino);
	struct buffer b = { 0 };
	assert_int_equal(file_read("new", FILE_SECRET, 100, &b, &err), 0);
	assert_string_equal(b.data, "secret");
	buffer_finish(&b);

	assert_int_equal(file_write("no/such", "x", 1, 0600, &err), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(mkdir("fifo", 0700), 0); /* a folder cannot be replaced by a file */
	assert_int_equal(file_write("fifo", "x", 1, 0600, &err), -1);
	assert_int_equal(rmdir("fifo"), 0);
	/* remove_dir() fails when a temporary file was left behind. */
}

static void creating_never_replaces(void **state)
{
	(void)state;
	struct error err = { "" };
	assert_int_equal(file_create("new", "first", 5, 0600, &err), 0);
	assert_int_equal(file_create("new", "second", 6, 0600, &err), -1);
	assert_int_equal(errno, EEXIST);
	struct buffer b = { 0 };
	assert_int_equal(file_read("new", FILE_SECRET, 100, &b, &err), 0);
	assert_string_equal(b.data, "first");
	buffer_finish(&b);
}

/* As after a kill; the second could still be written by another program. */
static void abandoned_temporaries_go(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		time_t age_s;
		int stays;
	} files[] = {
		{ "new.tmp-aB3xyz", 2 * 3600, 0 },
		{ "new.tmp-000000", 60, 1 },
		{ "new.tmp-backups", 2 * 3600, 1 },
		{ "new.backup", 2 * 3600, 1 },
		{ "newer.tmp-aB3xyz", 2 * 3600, 1 },
	};
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		put(files[i].name, "secret", 0600);
		struct timespec then = { .tv_sec = time(NULL) - files[i].age_s };
		struct timespec times[] = { then, then };
		assert_int_equal(utimensat(AT_FDCWD, files[i].name, times, 0), 0);
	}
	assert_int_equal(file_write("new", "x", 1, 0600, NULL), 0);
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		if ((unlink(files[i].name) == 0) != files[i].stays)
			fail_msg("%s", files[i].name);
	}
}

static void paths_are_joined(void **state)
{
	(void)state;
	static const char *const rows[][3] = {
		{ "/etc", "a", "/etc/a" },
		{ "/etc/", "a/b", "/etc/a/b" },
		{ "/etc", "/var/a", "/var/a" },
		{ "/", "a", "/a" },
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char *joined = path_join(rows[i][0], rows[i][1]);
		assert_string_equal(joined, rows[i][2]);
		free(joined);
	}
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(modes_are_judged_by_rule),
		FILE_TEST(owner_is_judged),
		FILE_TEST(a_file_of_root_needs_a_new_owner),
		FILE_TEST(only_plain_files_are_opened),
		FILE_TEST(size_is_capped),
		FILE_TEST(a_refused_secret_leaves_no_copy),
		FILE_TEST(exactly_the_cap_fits),
		FILE_TEST(writing_replaces_and_leaves_nothing_else),
		FILE_TEST(creating_never_replaces),
		FILE_TEST(abandoned_temporaries_go),
		cmocka_unit_test(paths_are_joined),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
