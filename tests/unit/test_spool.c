#include "tests/unit/unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/spool/spool.h"

static const struct spool_head head = {
	.attempt_id = 0x0123456789abcdef,
	.cycle_id = 0x0123456789abcd00,
	.received_at = 1763785952123,
	.length = 5,
	.client = "web 1%/\xc3\xa9",
};

#define NONCE "00112233445566778899aabbccddeeff"

static const struct spool_outcome failed = {
	.attempt_id = 0x0123456789abcdef,
	.cycle_id = 0x0123456789abcd00,
	.nonce = NONCE,
	.outcome = OUTCOME_HOST_KEY_CHANGED,
	.stage = STAGE_HOST_KEY,
	.taken_at = 1763785952000,
	.received_at = 1763785952123,
	.duration_ms = 123,
	.client = "web 1",
	.text = "changed from SHA256:x to SHA256:y",
};

/* clang-format off */
static const char head_line[] =
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web%201%25/%c3%a9\n";

static const char *const bad_heads[] = {
	"",
	"fleet1 spool",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1",
	"fleet2 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n12345",
	"fleet1 spook 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n12345",
	"fleet1 spool 0123456789ABCDEF 0123456789abcd00 1763785952123 5 web1\n12345",
	"fleet1 spool 123456789abcdef 0123456789abcd00 1763785952123 5 web1\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 -1 5 web1\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 9223372036854775808 5 web1\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 2000000 web1\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 \n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1 \n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1 x\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web%00\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web%2\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web%zz\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web\x80\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n1234",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n123456",
	"fleet1  spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n12345",
};

static const char outcome_line[] =
	"0123456789abcdef 0123456789abcd00 " NONCE " host-key-changed host-key 1763785952000 "
	"1763785952123 123 web%201 changed%20from%20SHA256:x%20to%20SHA256:y\n";

static const char *const bad_outcomes[] = {
	"",
	"0123456789abcdef",
	"0000000000000000 0123456789abcd00 " NONCE " ok - 1 2 3 web1 ",
	"8000000000000000 0123456789abcd00 " NONCE " ok - 1 2 3 web1 ",
	"0123456789abcdef 0123456789abcd00 " NONCE "0 ok - 1 2 3 web1 ",
	"0123456789abcdef 0123456789abcd00 " NONCE " great - 1 2 3 web1 ",
	"0123456789abcdef 0123456789abcd00 " NONCE " ok nowhere 1 2 3 web1 ",
	"0123456789abcdef 0123456789abcd00 " NONCE " ok - 1 2 4294967296 web1 ",
	"0123456789abcdef 0123456789abcd00 " NONCE " ok - 1 2 3 web1",
	"0123456789abcdef 0123456789abcd00 " NONCE " ok - 1 2 3  text",
	"0123456789abcdef 0123456789abcd00 " NONCE " ok - 1 2 3 web1 text more",
	"0123456789abcdef 0123456789abcd00 " NONCE " ok - 1 2  web1 text",
	"0123456789abcdef 0123456789abcd00 " NONCE " an-outcome-that-is-much-too-long-to-fit - 1 2 3 web1 ",
};

static const char *const bad_cycles[] = {
	"",
	"fleet1 cycle 0123456789abcd00 1 2 3",
	"fleet1 cycle 0123456789abcd00 1 2 3 1",
	"fleet1 cycle 0123456789abcd00 1 2 3 2 4",
	"fleet1 cycle 0123456789abcd00 1 2 3 1 -4",
	"fleet1 cycle 0123456789abcd00 1 2 3 1 4 ",
	"fleet1 cycle x 1 2 3 1 4",
};

static const struct {
	const char *name;
	enum spool_kind kind;
	uint64_t id;
	uint32_t index;
} names[] = {
	{ "0123456789abcdef-00.sealed", SPOOL_SEALED, 0x0123456789abcdef, 0 },
	{ "0123456789abcdef-63.sealed", SPOOL_SEALED, 0x0123456789abcdef, 63 },
	{ "0123456789abcdef-1234.sealed", SPOOL_SEALED, 0x0123456789abcdef, 1234 },
	{ "0123456789abcdef-02.outcomes", SPOOL_OUTCOMES, 0x0123456789abcdef, 2 },
	{ "0123456789abcdef-00.cycle", SPOOL_CYCLE, 0x0123456789abcdef, 0 },
	{ "tmp-0123456789abcdef-00", SPOOL_TEMPORARY, 0, 0 },
	{ "0123456789abcdef-0.sealed", SPOOL_OTHER, 0, 0 },
	{ "0123456789abcdef-00000.sealed", SPOOL_OTHER, 0, 0 },
	{ "0123456789abcde-00.sealed", SPOOL_OTHER, 0, 0 },
	{ "0123456789abcdef-00.sealed.bak", SPOOL_OTHER, 0, 0 },
	{ "0123456789abcdef-00", SPOOL_OTHER, 0, 0 },
	{ "0123456789abcdef-xx.sealed", SPOOL_OTHER, 0, 0 },
	{ "0123456789abcdef-00.sealed-with-a-name-that-goes-on", SPOOL_OTHER, 0, 0 },
	{ "lock", SPOOL_OTHER, 0, 0 },
	{ "state", SPOOL_OTHER, 0, 0 },
	{ "bad", SPOOL_OTHER, 0, 0 },
	{ ".", SPOOL_OTHER, 0, 0 },
	{ ".cycle-00", SPOOL_OTHER, 0, 0 },
};
/* clang-format on */

static void heads_go_there_and_back(void **state)
{
	(void)state;
	char out[SPOOL_LINE_MAX];
	assert_int_equal(spool_format_head(&head, out, sizeof head_line - 1), -1);
	int len = spool_format_head(&head, out, sizeof out - 5);
	assert_int_equal(len, sizeof head_line - 1);
	assert_string_equal(out, head_line);

	strcat(out, "hello");
	struct spool_head back;
	size_t body;
	struct error err = { "" };
	assert_int_equal(spool_parse_head(out, strlen(out), &back, &body, &err), 0);
	assert_int_equal(body, len);
	assert_int_equal(back.attempt_id, head.attempt_id);
	assert_int_equal(back.cycle_id, head.cycle_id);
	assert_int_equal(back.received_at, head.received_at);
	assert_int_equal(back.length, 5);
	assert_string_equal(back.client, head.client);
	for (size_t n = 0; n < strlen(out); n++)
		assert_int_equal(spool_parse_head(out, n, &back, &body, &err), -1);
}

static void bad_heads_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_heads); i++) {
		struct spool_head h;
		size_t body;
		struct error err = { "" };
		assert_int_equal(
			spool_parse_head(bad_heads[i], strlen(bad_heads[i]), &h, &body, &err), -1);
		assert_true(err.text[0] != 0);
	}
}

static void outcomes_go_there_and_back(void **state)
{
	(void)state;
	char out[SPOOL_LINE_MAX];
	int len = spool_format_outcome(&failed, out, sizeof out);
	assert_int_equal(len, sizeof outcome_line - 1);
	assert_string_equal(out, outcome_line);

	struct spool_outcome back;
	struct error err = { "" };
	assert_int_equal(spool_parse_outcome(out, (size_t)len - 1, &back, &err), 0);
	assert_int_equal(back.attempt_id, failed.attempt_id);
	assert_string_equal(back.nonce, NONCE);
	assert_int_equal(back.outcome, OUTCOME_HOST_KEY_CHANGED);
	assert_int_equal(back.stage, STAGE_HOST_KEY);
	assert_int_equal(back.taken_at, failed.taken_at);
	assert_int_equal(back.received_at, failed.received_at);
	assert_int_equal(back.duration_ms, 123);
	assert_string_equal(back.client, failed.client);
	assert_string_equal(back.text, failed.text);
}

static void longest_outcome_fits(void **state)
{
	(void)state;
	struct spool_outcome o = failed, back;
	memset(o.client, '\x01', sizeof o.client - 1);
	memset(o.text, ' ', sizeof o.text - 1);
	char out[SPOOL_LINE_MAX];
	int len = spool_format_outcome(&o, out, sizeof out);
	assert_true(len > 0);
	assert_int_equal(spool_parse_outcome(out, (size_t)len - 1, &back, NULL), 0);
	assert_string_equal(back.client, o.client);
	assert_string_equal(back.text, o.text);
}

static void bad_outcomes_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_outcomes); i++) {
		struct spool_outcome o;
		struct error err = { "" };
		assert_int_equal(
			spool_parse_outcome(bad_outcomes[i], strlen(bad_outcomes[i]), &o, &err),
			-1);
		assert_true(err.text[0] != 0);
	}
}

static void outcome_texts_are_escaped_again(void **state)
{
	(void)state;
	static const char line[] =
		"0123456789abcdef 0123456789abcd00 " NONCE " ok - 1 2 3 web1 a%1b%5b31m";
	struct spool_outcome o;
	assert_int_equal(spool_parse_outcome(line, sizeof line - 1, &o, NULL), 0);
	assert_string_equal(o.text, "a\\x1b[31m");
	assert_int_equal(o.stage, STAGE_NONE);
}

static void cycles_go_there_and_back(void **state)
{
	(void)state;
	struct spool_cycle c = { 0x0123456789abcd00, 1763785952000, 1763786000000, 42, true,
		1763785990000 },
			   back;
	char out[SPOOL_LINE_MAX];
	int len = spool_format_cycle(&c, out, sizeof out);
	assert_true(len > 0);
	assert_int_equal(spool_parse_cycle(out, (size_t)len - 1, &back, NULL), 0);
	assert_int_equal(back.id, c.id);
	assert_int_equal(back.started_at, c.started_at);
	assert_int_equal(back.deadline_at, c.deadline_at);
	assert_int_equal(back.clients, 42);
	assert_true(back.whole_fleet);
	assert_int_equal(back.ended_at, c.ended_at);
	for (size_t i = 0; i < ARRAY_LEN(bad_cycles); i++)
		assert_int_equal(
			spool_parse_cycle(bad_cycles[i], strlen(bad_cycles[i]), &back, NULL), -1);
}

static void names_are_recognised(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct spool_entry e;
		spool_parse_name(names[i].name, &e);
		assert_int_equal(e.kind, names[i].kind);
		if (e.kind != SPOOL_OTHER && e.kind != SPOOL_TEMPORARY) {
			assert_int_equal(e.id, names[i].id);
			assert_int_equal(e.index, names[i].index);
		}
	}
}

/* ---- in a real folder ------------------------------------------------------------------- */

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

/* As a poller and then the run do it. */
static void put(const struct folder *f, const struct spool_head *h, uint32_t index, uint32_t spare,
	const char *body)
{
	int inbox;
	assert_int_equal(spool_open_inbox(f->fd, geteuid(), getegid(), &inbox, NULL), 0);
	assert_int_equal(spool_put(inbox, h, index, spare, body, NULL), 0);
	assert_int_equal(close(inbox), 0);
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
	int fd;
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
	assert_int_equal(b.len, 2 * (sizeof outcome_line - 1));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_go_there_and_back),
		cmocka_unit_test(bad_heads_are_refused),
		cmocka_unit_test(outcomes_go_there_and_back),
		cmocka_unit_test(longest_outcome_fits),
		cmocka_unit_test(bad_outcomes_are_refused),
		cmocka_unit_test(outcome_texts_are_escaped_again),
		cmocka_unit_test(cycles_go_there_and_back),
		cmocka_unit_test(names_are_recognised),
		cmocka_unit_test_setup_teardown(
			a_spare_is_written_over, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			what_no_poller_makes_is_removed, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			the_inbox_changes_hands, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			open_folders_are_refused, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_collision_loses_nothing, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			lines_are_appended_and_files_sorted, make_folder, remove_folder),
		cmocka_unit_test(a_full_disk_is_said),
		cmocka_unit_test_setup_teardown(
			bad_files_are_kept_up_to_a_cap, make_folder, remove_folder),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
