/* What is kept of the processes that pass by, and the lines that come of it. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "remote/bytes/tally.h"

enum { ALL = 4096 };

static struct span span(const char *s)
{
	return (struct span){ s, strlen(s) };
}

/* By default it sleeps and has one thread. */
static void add(struct tally *t, const char *name, struct process p)
{
	p.name = span(name);
	p.threads = p.threads ? p.threads : 1;
	p.state = p.state ? p.state : 'S';
	tally_add(t, &p);
}

static const char *lines(const struct tally *t)
{
	static char out[ALL];
	size_t cut;
	size_t len = tally_write(t, 4096, out, sizeof out, &cut);
	assert_int_equal(cut, 0);
	assert_true(len < sizeof out);
	out[len] = 0;
	return out;
}

static void nothing_is_counted_yet(void **state)
{
	(void)state;
	struct tally t = { .pids = 0 };
	assert_string_equal(lines(&t), "pids\t0\nthreads\t0\nstate\t0\tZ\n");
}

static void those_that_take_most_come_first(void **state)
{
	(void)state;
	struct tally t = { .pids = 0 };
	static const uint64_t ticks[] = { 3, 0, 9, 1, 3, 8, 2, 9, 3 };
	for (size_t i = 0; i < ARRAY_LEN(ticks); i++)
		add(&t, "n", (struct process){ .pid = 20 - i, .cpu_ticks = ticks[i] });
	add(&t, "big", (struct process){ .pid = 5, .rss_pages = 2, .state = 'R', .threads = 3 });
	t.cpu.items[0].has_uid = t.cpu.items[1].has_uid = true;
	t.cpu.items[1].uid = 1000;
	tally_name_users(&t, span("daemon:x:1:1::/:\nroot:x:0:0::/root:/bin/sh\n"));
	tally_name_users(&t, span("toor:x:0:0::/root:/bin/sh\n"));
	assert_string_equal(lines(&t),
		"pids\t10\nthreads\t12\nstate\t1\tR\nstate\t9\tS\nstate\t0\tZ\n"
		"cpu\t9\tn\t13\troot\ncpu\t9\tn\t18\t1000\ncpu\t8\tn\t15\t\ncpu\t3\tn\t12\t\n"
		"cpu\t3\tn\t16\t\nmemory\t8192\tbig\t5\t\n");
}

static void names_may_hold_anything(void **state)
{
	(void)state;
	struct tally t = { .boot_s = 1000 };
	struct tally_asked asked = { .name = span("a\tb\n") };
	char longest[100];
	memset(longest, 'x', sizeof longest);
	longest[99] = 0;
	assert_true(tally_ask(&t, &asked));
	add(&t, "a\tb\n", (struct process){ .pid = 1, .cpu_ticks = 1 });
	add(&t, longest, (struct process){ .pid = 2, .rss_pages = 1 });
	t.cpu.items[0].has_uid = true;
	tally_name_users(&t, span("u\t\xff:x:0:0::/:\n"));
	assert_string_equal(lines(&t),
		"pids\t2\nthreads\t2\nstate\t2\tS\nstate\t0\tZ\n"
		"asked\t1\t0\t1000\t1\t0\ta\\x09b\\x0a\ncpu\t1\ta\\x09b\\x0a\t1\tu\\x09\\xff\n"
		"memory\t4096\txxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\t2"
		"\t\n");
}

static const char *asked_lines(const struct tally *t)
{
	return strstr(lines(t), "asked");
}

static void what_was_asked_for_is_summed_up(void **state)
{
	(void)state;
	struct tally t = { .boot_s = 1000 };
	const struct tally_asked asked[] = { { .name = span("web") }, { .name = span("none") },
		{ .name = span("db"), .by_pid = true, .pid = 7 },
		{ .name = span("gone"), .by_pid = true, .pid = 99 },
		{ .name = span("nobody"), .by_pid = true },
		{ .name = span("web"), .by_pid = true, .pid = 7 } };
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		assert_true(tally_ask(&t, &asked[i]));
	add(&t, "web", (struct process){ .pid = 5, .start_ticks = 900, .rss_pages = 1 });
	add(&t, "web", (struct process){ .pid = 6, .start_ticks = 350, .cpu_ticks = 4 });
	add(&t, "web", (struct process){ .pid = 8, .start_ticks = 100, .state = 'Z' });
	add(&t, "other", (struct process){ .pid = 7, .start_ticks = 7, .cpu_ticks = 2 });
	add(&t, "db", (struct process){ .pid = 9 });
	assert_string_equal(asked_lines(&t),
		"asked\t2\t0\t1003\t4\t4096\tweb\nasked\t0\t0\t-\t-\t-\tnone\n"
		"asked\t1\t0\t1000\t2\t0\tdb\nasked\t0\t0\t-\t-\t-\tgone\n"
		"asked\t0\t0\t-\t-\t-\tnobody\ncpu\t4\tweb\t6\t\ncpu\t2\tother\t7\t\n"
		"memory\t4096\tweb\t5\t\n");
}

static void who_may_be_hidden_is_not_said_to_be_gone(void **state)
{
	(void)state;
	struct tally t = { .boot_s = 1000, .has_hidden = true };
	const struct tally_asked asked[] = { { .name = span("web") }, { .name = span("none") },
		{ .name = span("db"), .by_pid = true, .pid = 7 },
		{ .name = span("gone"), .by_pid = true, .pid = 99 },
		{ .name = span("nobody"), .by_pid = true },
		{ .name = span("closed"), .by_pid = true, .is_unreadable = true } };
	for (size_t i = 0; i < ARRAY_LEN(asked); i++)
		assert_true(tally_ask(&t, &asked[i]));
	add(&t, "web", (struct process){ .pid = 5 });
	add(&t, "x", (struct process){ .pid = 7 });
	assert_string_equal(asked_lines(&t),
		"asked\t1\t1\t1000\t0\t0\tweb\nasked\t-\t1\t-\t-\t-\tnone\n"
		"asked\t1\t0\t1000\t0\t0\tdb\nasked\t-\t1\t-\t-\t-\tgone\n"
		"asked\t0\t0\t-\t-\t-\tnobody\nasked\t-\t1\t-\t-\t-\tclosed\n");
}

/* What is asked of process 7, started 500 s after a boot at 1000. */
static const struct {
	int64_t boot_s, stepped_s, written_s;
	bool is_meant;
} writers[] = {
	{ 1000, 0, 1500, true },
	{ 1000, 0, 2000, true },
	{ 1000, 0, 1440, true }, /* by a clock that was set since */
	{ 1000, 0, 1439, false },
	{ 1000, 0, 900, false }, /* before the boot */
	{ 1000, 300, 1140, true },
	{ 1000, 300, 1139, false },
	{ 1000, -300, 1440, true },
	{ 1000, -300, 1439, false },
	{ 0, 0, 900, true },  /* nobody knows when it was started, */
	{ 1000, 0, 0, true }, /* or when the file was written */
	{ 1000, 0, INT64_MIN, false },
	{ 1000, 1000, -1, false }, /* mounted by no clock at all */
	{ 1000, 1000, 440, true },
	{ 1000, 0, INT64_MAX, true },
};

/* Its number was given to somebody else: nobody who runs wrote it. */
static void who_is_younger_than_the_file_did_not_write_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(writers); i++) {
		struct tally t = { .boot_s = writers[i].boot_s,
			.stepped_s = writers[i].stepped_s,
			.has_hidden = true };
		assert_true(tally_ask(&t, &(struct tally_asked){ .name = span("db"),
						  .by_pid = true,
						  .pid = 7,
						  .written_s = writers[i].written_s }));
		add(&t, "x", (struct process){ .pid = 6, .start_ticks = 5 });
		add(&t, "other", (struct process){ .pid = 7, .start_ticks = 50000 });
		bool runs = strncmp(asked_lines(&t), "asked\t1\t0\t", 10) == 0;
		assert_int_equal(runs, writers[i].is_meant);
		if (!runs) /* and that is certain, whoever is hidden */
			assert_string_equal(asked_lines(&t), "asked\t0\t0\t-\t-\t-\tdb\n");
	}
}

static void a_command_is_wanted_where_a_name_may_be_cut(void **state)
{
	(void)state;
	struct tally t = { .pids = 0 };
	struct process p = { .name = span("systemd-journal") };
	assert_false(tally_wants_command(&t, &p));
	assert_true(tally_ask(&t, &(struct tally_asked){ .name = span("systemd-journal") }));
	assert_false(tally_wants_command(&t, &p));
	assert_true(tally_ask(
		&t, &(struct tally_asked){ .name = span("systemd-journalx"), .by_pid = true }));
	assert_false(tally_wants_command(&t, &p));
	assert_true(tally_ask(&t, &(struct tally_asked){ .name = span("systemd-journald") }));
	assert_true(tally_wants_command(&t, &p));
}

static size_t count_lines(const char *s, size_t len)
{
	size_t count = 0;
	while (len-- > 0)
		count += *s++ == '\n';
	return count;
}

static void too_much_is_counted(void **state)
{
	(void)state;
	static char names[TALLY_ASKED_MAX + 1][8], whole[1 << 16], cut[sizeof whole];
	static struct tally t;
	size_t missing;
	for (size_t i = 0; i <= TALLY_ASKED_MAX; i++) {
		(void)snprintf(names[i], sizeof names[i], "%zu", i);
		assert_int_equal(tally_ask(&t, &(struct tally_asked){ .name = span(names[i]) }),
			i < TALLY_ASKED_MAX);
	}
	size_t len = tally_write(&t, 4096, whole, sizeof whole, &missing);
	assert_int_equal(missing, 0);
	for (size_t size = 1; size <= len; size += 7) {
		size_t n = tally_write(&t, 4096, cut, size, &missing);
		assert_true(n < size && (n == 0 || cut[n - 1] == '\n'));
		assert_int_equal(missing, count_lines(whole + n, len - n));
		assert_memory_equal(cut, whole, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_counted_yet),
		cmocka_unit_test(those_that_take_most_come_first),
		cmocka_unit_test(names_may_hold_anything),
		cmocka_unit_test(what_was_asked_for_is_summed_up),
		cmocka_unit_test(who_may_be_hidden_is_not_said_to_be_gone),
		cmocka_unit_test(who_is_younger_than_the_file_did_not_write_it),
		cmocka_unit_test(a_command_is_wanted_where_a_name_may_be_cut),
		cmocka_unit_test(too_much_is_counted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
