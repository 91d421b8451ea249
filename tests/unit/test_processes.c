/* Processes, whose names are their own choice. */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#include "remote/bytes/process.h"

#define NUMBERS(utime, stime, threads, start, rss)                                              \
	"1 9 9 0 -1 4194560 9061 9416027 94 2620 " utime " " stime " 54406 13885 20 0 " threads \
	" 0 " start " 109604864 " rss " 18446744073709551615 1 1 0 0"
#define SPAN(s)                 \
	{                       \
		s, sizeof s - 1 \
	}

/* A copy of exactly these bytes, so that a read beyond them is seen. */
static struct span copy(struct span s)
{
	char *data = malloc(s.len + 1);
	assert_non_null(data);
	memcpy(data + 1, s.at, s.len);
	return (struct span){ data + 1, s.len };
}

static void release(struct span s)
{
	free((char *)s.at - 1);
}

/* clang-format off */
static const struct {
	const char *stat;
	const char *name; /* NULL: it is no process */
	struct process p;
} rows[] = {
	{ "1 (systemd) S 0 1 1 0 -1 4194560 9061 9416027 94 2620 36 98 54406 13885 20 0 1 0 29 109604864 2507 1\n",
	  "systemd", { .state = 'S', .threads = 1, .cpu_ticks = 134, .start_ticks = 29, .rss_pages = 2507 } },
	{ "7 (a) R " NUMBERS("1", "2", "3", "4", "5"),
	  "a", { .state = 'R', .threads = 3, .cpu_ticks = 3, .start_ticks = 4, .rss_pages = 5 } },
	/* what a name may hold */
	{ "7 () Z " NUMBERS("0", "0", "1", "0", "0"), "", { .state = 'Z', .threads = 1 } },
	{ "7 (a b) D " NUMBERS("0", "0", "1", "0", "0"), "a b", { .state = 'D', .threads = 1 } },
	{ "7 ()) T (0) R " NUMBERS("0", "0", "1", "0", "0"), ")) T (0", { .state = 'R', .threads = 1 } },
	{ "7 (() S " NUMBERS("0", "0", "1", "0", "0"), "(", { .state = 'S', .threads = 1 } },
	{ "7 ()) S " NUMBERS("0", "0", "1", "0", "0"), ")", { .state = 'S', .threads = 1 } },
	{ "7 (a\nb\t\"\\) S " NUMBERS("0", "0", "1", "0", "0"), "a\nb\t\"\\", { .state = 'S', .threads = 1 } },
	{ "7 (\xf0\x9f\xa6\x84\xff\x1b) S " NUMBERS("0", "0", "1", "0", "0"), "\xf0\x9f\xa6\x84\xff\x1b",
	  { .state = 'S', .threads = 1 } },
	{ "7 (kworker/u8:2-events_unbound) I " NUMBERS("0", "3", "1", "24", "0"), "kworker/u8:2-events_unbound",
	  { .state = 'I', .threads = 1, .cpu_ticks = 3, .start_ticks = 24 } },
	/* what is none */
	{ "7 (a) S 1 2", NULL, { 0 } },
	{ "7 (a) S " NUMBERS("x", "0", "1", "0", "0"), NULL, { 0 } },
	{ "7 (a) S " NUMBERS("0", "-1", "1", "0", "0"), NULL, { 0 } },
	{ "7 (a) S " NUMBERS("0", "0", "1", "0", "18446744073709551616"), NULL, { 0 } },
	{ "7 a S 1", NULL, { 0 } },
	{ ") (", NULL, { 0 } },
	{ "(", NULL, { 0 } },
	{ ")", NULL, { 0 } },
	{ "", NULL, { 0 } },
};
/* clang-format on */

static void the_name_ends_at_the_last_parenthesis(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct process *want = &rows[i].p;
		struct span stat = copy((struct span){ rows[i].stat, strlen(rows[i].stat) });
		struct process p;
		bool is = process_parse(stat, &p);
		assert_int_equal(is, rows[i].name != NULL);
		if (is) {
			assert_true(span_is(p.name, rows[i].name));
			assert_int_equal(p.state, want->state);
			assert_int_equal(p.threads, want->threads);
			assert_int_equal(p.cpu_ticks, want->cpu_ticks);
			assert_int_equal(p.start_ticks, want->start_ticks);
			assert_int_equal(p.rss_pages, want->rss_pages);
		}
		release(stat);
	}
}

static void every_line_cut_anywhere(void **state)
{
	(void)state;
	struct process p;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (size_t len = 0; len < strlen(rows[i].stat); len++) {
			struct span stat = copy((struct span){ rows[i].stat, len });
			if (process_parse(stat, &p))
				assert_true(p.name.at + p.name.len < stat.at + len);
			release(stat);
		}
}

static void a_name_that_the_kernel_cut_is_that_of_the_program(void **state)
{
	(void)state;
	static const struct {
		struct span name, command; /* of the process */
		const char *asked;
		bool is;
	} cases[] = {
		{ SPAN("nginx"), SPAN(""), "nginx", true },
		{ SPAN("nginx"), SPAN(""), "ngin", false },
		{ SPAN("nginx"), SPAN(""), "nginx2", false },
		{ SPAN("a b"), SPAN(""), "a b", true },
		{ SPAN(""), SPAN(""), "", true },
		/* fifteen bytes are kept */
		{ SPAN("systemd-journal"), SPAN(""), "systemd-journal", true },
		{ SPAN("systemd-journal"), SPAN("/lib/systemd/systemd-journald\0-x\0"),
			"systemd-journald", true },
		{ SPAN("systemd-journal"), SPAN("/lib/systemd/systemd-journald"),
			"systemd-journald", true },
		{ SPAN("systemd-journal"), SPAN("/lib/systemd/systemd-journalx\0"),
			"systemd-journald", false },
		{ SPAN("systemd-journal"), SPAN(""), "systemd-journald", false },
		{ SPAN("systemd-networ"), SPAN("systemd-networkd"), "systemd-networkd", false },
		{ SPAN("systemd-network"), SPAN("systemd-networkd"), "systemd-journald", false },
		/* a script, and a program that says what it does */
		{ SPAN("my-longest-name"), SPAN("/usr/bin/python3\0./my-longest-name.py\0"),
			"my-longest-name.py", true },
		{ SPAN("my-longest-name"), SPAN("a\0b\0my-longest-name.py\0"), "my-longest-name.py",
			false },
		{ SPAN("my-longest-name"), SPAN("my-longest-name-too: worker 3"),
			"my-longest-name-too", true },
		{ SPAN("my-longest-name"), SPAN("x-my-longest-name-too"), "my-longest-name-too",
			false },
		{ SPAN("My long program"), SPAN("/opt/My long program too\0"),
			"My long program too", true },
	};
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span name = copy(cases[i].name), command = copy(cases[i].command);
		struct span asked = copy((struct span){ cases[i].asked, strlen(cases[i].asked) });
		struct process p = { .name = name, .command = command };
		assert_int_equal(process_is(&p, asked), cases[i].is);
		release(name);
		release(command);
		release(asked);
	}
}

static void who_has_ended_runs_no_more(void **state)
{
	(void)state;
	for (const char *s = "RSDTtIWPK"; *s; s++)
		assert_true(process_runs(&(struct process){ .state = *s }));
	for (const char *s = "ZXx"; *s; s++)
		assert_false(process_runs(&(struct process){ .state = *s }));
}

static void users_have_names(void **state)
{
	(void)state;
	struct span passwd = copy(
		(struct span)SPAN("root:x:0:0:root:/root:/bin/sh\n\n:x:5:5::/:\nno uid\na:x:x:1:\n"
				  "toor:x:0:0::/:\nhost\"ile b:x:7:7::/:/bin/sh\nlast:x:8:8"));
	static const struct {
		uint64_t uid;
		const char *name;
	} users[] = { { 0, "root" }, { 7, "host\"ile b" }, { 8, "last" }, { 5, NULL },
		{ 1, NULL } };
	struct span name;
	for (size_t i = 0; i < ARRAY_LEN(users); i++) {
		assert_int_equal(passwd_name(passwd, users[i].uid, &name), users[i].name != NULL);
		if (users[i].name)
			assert_true(span_is(name, users[i].name));
	}
	for (size_t len = 0; len < passwd.len; len++) {
		struct span cut = copy((struct span){ passwd.at, len });
		(void)passwd_name(cut, 8, &name);
		release(cut);
	}
	release(passwd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_name_ends_at_the_last_parenthesis),
		cmocka_unit_test(every_line_cut_anywhere),
		cmocka_unit_test(a_name_that_the_kernel_cut_is_that_of_the_program),
		cmocka_unit_test(who_has_ended_runs_no_more),
		cmocka_unit_test(users_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
