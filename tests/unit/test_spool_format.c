/* Heads, lines and names in the spool: there and back, and what is none is refused. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/spool/spool.h"

static const struct spool_head head = {
	.attempt_id = 0x0123456789abcdef,
	.cycle_id = 0x0123456789abcd00,
	.received_at = 1763785952123,
	.length = 5,
	.client = "web 1%/\xc3\xa9",
	.asked_at = 1763785952007,
	.has_digest = true,
	.digest = { 0x00, 0x1f, [15] = 0xff },
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
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web%201%25/%c3%a9 "
	"1763785952007 001f00000000000000000000000000ff\n";
static const char *const older_heads[] = {
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\nhello",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1 0\nhello",
};

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
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1 1 1\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1 1 "
	"001f0000000000000000000000000ff\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1 1 "
	"001F00000000000000000000000000ff\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1 1 "
	"001f00000000000000000000000000ff00\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1 1 "
	"001f00000000000000000000000000ff 1\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web%00\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web%2\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web%zz\n12345",
	"fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web\x80\n12345",
	"fleet1  spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n12345",
};

/* Their heads are well-formed. */
static const struct {
	const char *data, *why;
} bad_lengths[] = {
	{ "fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n", "0 of 5" },
	{ "fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n1234", "4 of 5" },
	{ "fleet1 spool 0123456789abcdef 0123456789abcd00 1763785952123 5 web1\n123456", "6 of 5" },
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
	{ "0123456789abcdef-01.frames", SPOOL_FRAMES, 0x0123456789abcdef, 1 },
	{ "0123456789abcdef-1234.frames", SPOOL_FRAMES, 0x0123456789abcdef, 1234 },
	{ "0123456789abcdef-02.outcomes", SPOOL_OUTCOMES, 0x0123456789abcdef, 2 },
	{ "0123456789abcdef-00.cycle", SPOOL_CYCLE, 0x0123456789abcdef, 0 },
	{ "tmp-0123456789abcdef-00", SPOOL_TEMPORARY, 0, 0 },
	{ "0123456789abcdef-1.frames", SPOOL_OTHER, 0, 0 },
	{ "0123456789abcdef-01.frame", SPOOL_OTHER, 0, 0 },
	{ "0123456789abcdef-01.frames1", SPOOL_OTHER, 0, 0 },
	{ "0000000000000000-01.frames", SPOOL_OTHER, 0, 0 },
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
	assert_int_equal(spool_parse_frame(out, strlen(out), &back, &body, &err), 0);
	assert_int_equal(body, len);
	assert_int_equal(back.attempt_id, head.attempt_id);
	assert_int_equal(back.cycle_id, head.cycle_id);
	assert_int_equal(back.received_at, head.received_at);
	assert_int_equal(back.length, 5);
	assert_string_equal(back.client, head.client);
	assert_int_equal(back.asked_at, head.asked_at);
	assert_true(back.has_digest);
	assert_memory_equal(back.digest, head.digest, sizeof head.digest);
	for (size_t n = 0; n < strlen(out); n++) {
		assert_int_equal(spool_parse_frame(out, n, &back, &body, &err), -1);
		assert_int_equal(
			spool_parse_head(out, n, &back, &body, &err), n < (size_t)len ? -1 : 0);
	}
}

static void older_heads_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(older_heads); i++) {
		const char *text = older_heads[i];
		struct spool_head back;
		size_t body;
		assert_int_equal(spool_parse_frame(text, strlen(text), &back, &body, NULL), 0);
		assert_string_equal(back.client, "web1");
		assert_int_equal(back.asked_at, 0);
		assert_false(back.has_digest);
	}
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
		assert_int_equal(
			spool_parse_frame(bad_heads[i], strlen(bad_heads[i]), &h, &body, &err), -1);
	}
}

static void frames_are_as_long_as_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad_lengths); i++) {
		const char *data = bad_lengths[i].data;
		struct spool_head h = { 0 };
		size_t body = 0;
		struct error err = { "" };
		assert_int_equal(spool_parse_frame(data, strlen(data), &h, &body, &err), -1);
		assert_non_null(strstr(err.text, bad_lengths[i].why));
		assert_int_equal(spool_parse_head(data, strlen(data), &h, &body, NULL), 0);
		assert_int_equal(h.length, 5);
		assert_int_equal(data[body - 1], '\n');
	}
}

/* A reader gives it no more than a line's bytes. */
static void the_longest_head_is_a_line(void **state)
{
	(void)state;
	struct spool_head h = head, back;
	char out[SPOOL_LINE_MAX + 8] = "";
	size_t body;
	memset(h.client, '\x01', sizeof h.client - 1);
	int len = spool_format_head(&h, out, SPOOL_LINE_MAX);
	assert_true(len > 512);
	assert_int_equal(spool_parse_head(out, (size_t)len, &back, &body, NULL), 0);
	assert_string_equal(back.client, h.client);
	memset(out, ' ', SPOOL_LINE_MAX);
	out[SPOOL_LINE_MAX] = '\n';
	struct error err = { "" };
	assert_int_equal(spool_parse_head(out, SPOOL_LINE_MAX + 1, &back, &body, &err), -1);
	assert_non_null(strstr(err.text, "no head line"));
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(heads_go_there_and_back),
		cmocka_unit_test(older_heads_are_read),
		cmocka_unit_test(bad_heads_are_refused),
		cmocka_unit_test(frames_are_as_long_as_they_say),
		cmocka_unit_test(the_longest_head_is_a_line),
		cmocka_unit_test(outcomes_go_there_and_back),
		cmocka_unit_test(longest_outcome_fits),
		cmocka_unit_test(bad_outcomes_are_refused),
		cmocka_unit_test(outcome_texts_are_escaped_again),
		cmocka_unit_test(cycles_go_there_and_back),
		cmocka_unit_test(names_are_recognised),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
