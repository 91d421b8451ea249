/*
 * The stream is tested as two lists of strings: what a client says, and the events it makes.
 * Each conversation is fed whole and byte by byte, and must read the same.
 */
#include "tests/unit/unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buffer.h"
#include "lib/wire/wire.h"

#define KEY_ID			 "00112233aabbccdd"
#define DIGEST			 "0123456789abcdef0123456789abcdef"
#define FILE_LINE(index, length) "fleet1 file " index " " KEY_ID " " length " spooled\n"
#define END_LINE(index)		 "fleet1 end " index " " DIGEST "\n"
#define ONE_FILE		 FILE_LINE("0", "5") "he\nlo\n" END_LINE("0")
#define ONE_FILE_EVENTS		 "file 0 " KEY_ID " 5 spooled|data he\nlo|end 0 " DIGEST "|"

/* clang-format off */
static const struct {
	const char *says, *events;
} conversations[] = {
	{ "", "" },
	{ "fleet1 done 0\n", "done 0|" },
	{ ONE_FILE "fleet1 done 1\n", ONE_FILE_EVENTS "done 1|" },
	{ FILE_LINE("0", "1") "x\n" END_LINE("0")
	  "fleet1 file 1 " KEY_ID " 2 unspooled\nyz\n" END_LINE("1") "fleet1 done 2\n",
	  "file 0 " KEY_ID " 1 spooled|data x|end 0 " DIGEST "|"
	  "file 1 " KEY_ID " 2 unspooled|data yz|end 1 " DIGEST "|done 2|" },
	{ "fleet1 need x86_64\nfleet1 ready\nfleet1 ready\n", "need x86_64|ready|ready|" },
	/* noise */
	{ "Welcome!\n\n f\nflee\nfleet1\nfleet2 x\n fleet1 ready\nfleet1 ready\nbye\nfleet1 done 0\n",
	  "ready|done 0|" },
	{ "no newline, fleet1 ready\n", "" },
	{ "no newline\nfleet1 ready\n", "ready|" },
	{ "\xff\x80\n\r\nfleet1 ready\n", "ready|" },
	{ ONE_FILE "noise\n" "fleet1 done 1\nlogout\n\nfleet1 done 1\n",
	  ONE_FILE_EVENTS "done 1|" },
	/* a file that looks like the protocol */
	{ FILE_LINE("0", "13") "\nfleet1 ready\n" END_LINE("0"),
	  "file 0 " KEY_ID " 13 spooled|data \nfleet1 ready|end 0 " DIGEST "|" },
	/* errors of the far side */
	{ "fleet1 error no-exec-directory tried 3 folders\n",
	  "failed no-exec-directory: tried 3 folders|" },
	{ "fleet1 error internal\nx\n", "failed internal: |" },
	{ "fleet1 error internal \x1b[31m\n", "failed internal: \x1b[31m|" },
	/* cut */
	{ "fleet1 done 0", "" },
	{ FILE_LINE("0", "5") "he", "file 0 " KEY_ID " 5 spooled|data he|" },
	/* malformed or misplaced */
	{ "fleet1 \n", "bad|" },
	{ "fleet1 hello\n", "bad|" },
	{ "fleet1  ready\n", "bad|" },
	{ "fleet1 ready now\n", "bad|" },
	{ "fleet1 need\n", "bad|" },
	{ "fleet1 need a b\n", "bad|" },
	{ "fleet1 need ../x\n", "bad|" },
	{ "fleet1 error\n", "bad|" },
	{ "fleet1 error ../x y\n", "bad|" },
	{ "fleet1 done\n", "bad|" },
	{ "fleet1 done 0 0\n", "bad|" },
	{ "fleet1 done 1\n", "bad|" },
	{ "fleet1 done -1\n", "bad|" },
	{ "fleet1 done 4294967296\n", "bad|" },
	{ "fleet1 end 0 " DIGEST "\n", "bad|" },
	{ FILE_LINE("1", "5"), "bad|" },
	{ FILE_LINE("0", "0"), "bad|" },
	{ FILE_LINE("0", "+5"), "bad|" },
	{ FILE_LINE("0", ""), "bad|" },
	{ "fleet1 file 0 " KEY_ID " 5 spool\n", "bad|" },
	{ "fleet1 file 0 ../../etc/passwd 5 spooled\n", "bad|" },
	{ "fleet1 file 0 00112233AABBCCDD 5 spooled\n", "bad|" },
	{ "fleet1 file 0 " KEY_ID "0 5 spooled\n", "bad|" },
	{ FILE_LINE("0", "1") "xy\n", "file 0 " KEY_ID " 1 spooled|data x|bad|" },
	{ FILE_LINE("0", "1") "x\nnoise\n", "file 0 " KEY_ID " 1 spooled|data x|bad|" },
	{ FILE_LINE("0", "1") "x\n\n", "file 0 " KEY_ID " 1 spooled|data x|bad|" },
	{ FILE_LINE("0", "1") "x\n" END_LINE("1"), "file 0 " KEY_ID " 1 spooled|data x|bad|" },
	{ FILE_LINE("0", "1") "x\nfleet1 end 0 xyz\n", "file 0 " KEY_ID " 1 spooled|data x|bad|" },
	{ FILE_LINE("0", "1") "x\nfleet1 done 1\n", "file 0 " KEY_ID " 1 spooled|data x|bad|" },
	{ ONE_FILE "fleet1 ready\n", ONE_FILE_EVENTS "bad|" },
	{ ONE_FILE FILE_LINE("0", "5"), ONE_FILE_EVENTS "bad|" },
	/* caps: 3 files, 100 bytes */
	{ FILE_LINE("0", "101"), "too large|" },
	{ FILE_LINE("0", "4294967295"), "too large|" },
	{ FILE_LINE("0", "1") "x\n" END_LINE("0") FILE_LINE("1", "100"),
	  "file 0 " KEY_ID " 1 spooled|data x|end 0 " DIGEST "|too large|" },
	{ FILE_LINE("0", "1") "x\n" END_LINE("0") FILE_LINE("1", "1") "x\n" END_LINE("1")
	  FILE_LINE("2", "1") "x\n" END_LINE("2") FILE_LINE("3", "1"),
	  "file 0 " KEY_ID " 1 spooled|data x|end 0 " DIGEST "|"
	  "file 1 " KEY_ID " 1 spooled|data x|end 1 " DIGEST "|"
	  "file 2 " KEY_ID " 1 spooled|data x|end 2 " DIGEST "|too large|" },
};
/* clang-format on */

/* Appends the event as the table writes it. Data of one file that comes in pieces is joined,
 * so that the pieces do not show. */
static void print_event(struct buffer *out, const struct wire_event *e, bool joins)
{
	int rc = 0;
	switch (e->type) {
	case WIRE_MORE:
		return;
	case WIRE_NEED:
		rc = buffer_printf(out, "need %s|", e->text);
		break;
	case WIRE_READY:
		rc = buffer_append_text(out, "ready|");
		break;
	case WIRE_FILE:
		rc = buffer_printf(out, "file %" PRIu32 " %s %" PRIu32 " %s|", e->index,
			e->key_id.hex, e->length, e->unspooled ? "unspooled" : "spooled");
		break;
	case WIRE_DATA:
		assert_true(e->length > 0);
		if (joins)
			out->len--;
		rc = buffer_printf(out, "%s%.*s|", joins ? "" : "data ", (int)e->length, e->data);
		break;
	case WIRE_END:
		rc = buffer_printf(out, "end %" PRIu32 " %s|", e->index, e->text);
		break;
	case WIRE_FAILED:
		rc = buffer_printf(out, "failed %s: %s|", e->text, e->detail);
		break;
	case WIRE_DONE:
		rc = buffer_printf(out, "done %" PRIu32 "|", e->files);
		break;
	case WIRE_BAD:
		rc = buffer_append_text(out, e->too_large ? "too large|" : "bad|");
		break;
	}
	assert_int_equal(rc, 0);
}

/* Feeds `len` bytes in pieces of at most `step`; returns false once the stream is bad. */
static bool feed(struct wire_parser *p, const char *in, size_t len, size_t step, struct buffer *out)
{
	enum wire_event_type last = WIRE_MORE;
	for (size_t at = 0; at < len;) {
		struct wire_event e;
		size_t piece = step < len - at ? step : len - at;
		size_t used = wire_parse(p, in + at, piece, &e);
		assert_true(used <= piece);
		assert_true(used == piece || e.type != WIRE_MORE);
		print_event(out, &e, last == WIRE_DATA);
		if (e.type == WIRE_BAD)
			return false;
		last = e.type == WIRE_MORE ? last : e.type;
		at += used;
	}
	return true;
}

static void conversations_read_the_same_in_any_pieces(void **state)
{
	(void)state;
	static const size_t steps[] = { SIZE_MAX, 1, 2, 7 };
	for (size_t i = 0; i < ARRAY_LEN(conversations); i++)
		for (size_t k = 0; k < ARRAY_LEN(steps); k++) {
			struct buffer out = { 0 };
			struct wire_parser p;
			assert_int_equal(buffer_append_text(&out, ""), 0);
			wire_parser_init(&p, 3, 100);
			(void)feed(&p, conversations[i].says, strlen(conversations[i].says),
				steps[k], &out);
			assert_string_equal(out.data, conversations[i].events);
			buffer_finish(&out);
		}
}

static void bad_is_final(void **state)
{
	(void)state;
	struct wire_parser p;
	struct wire_event e;
	wire_parser_init(&p, 3, 100);
	(void)wire_parse(&p, "fleet1 x\n", 9, &e);
	assert_int_equal(e.type, WIRE_BAD);
	assert_int_equal(wire_parse(&p, "fleet1 ready\n", 13, &e), 13);
	assert_int_equal(e.type, WIRE_BAD);
	assert_string_equal(e.text, "a malformed or misplaced line");
	assert_int_equal(p.state, WIRE_BROKEN);
}

static void noise_and_lines_are_capped(void **state)
{
	(void)state;
	struct buffer out = { 0 };
	struct wire_parser p;
	char *noise = malloc(WIRE_NOISE_MAX + 1);
	assert_non_null(noise);
	memset(noise, 'x', WIRE_NOISE_MAX + 1);

	wire_parser_init(&p, 3, 100);
	assert_true(feed(&p, noise, WIRE_NOISE_MAX, 1000, &out));
	assert_false(feed(&p, "\n", 1, 1, &out));
	assert_string_equal(out.data, "too large|");

	buffer_clear(&out);
	wire_parser_init(&p, 3, 100);
	assert_true(feed(&p, "fleet1 done 0\n", 14, 14, &out));
	assert_int_equal(p.state, WIRE_OVER);
	assert_false(feed(&p, noise, WIRE_NOISE_MAX + 1, 1000, &out));
	assert_string_equal(out.data, "done 0|too large|");

	buffer_clear(&out);
	wire_parser_init(&p, 3, 100);
	assert_true(feed(&p, "fleet1 error x ", 15, 15, &out));
	assert_false(feed(&p, noise, WIRE_LINE_MAX, 10, &out));
	assert_string_equal(out.data, "too large|");
	free(noise);
	buffer_finish(&out);
}

static void a_zero_byte_is_no_line(void **state)
{
	(void)state;
	struct wire_parser p;
	struct wire_event e;
	wire_parser_init(&p, 3, 100);
	(void)wire_parse(&p, "fleet1 ready\0\n", 14, &e);
	assert_int_equal(e.type, WIRE_BAD);
}

static const struct wire_request request = {
	.attempt_id = 0x0123456789abcdef,
	.nonce = { 1, 2, 0xff },
	.public_key = { 9, [31] = 0xee },
	.key_id = { "00112233aabbccdd" },
	.open = { { "00112233aabbccdd" }, { "ffffffffffffffff" } },
	.open_count = 2,
	.probe_hash = DIGEST,
	.keep = 3,
	.files_max = 64,
	.bytes_max = 4 << 20,
	.asks = " ask=process:nginx ask=later:%2g",
};

#define REQUEST_HEAD                                                        \
	"fleet1 request id=0123456789abcdef nonce=0102ff" ZERO_13 " key=09" \
	"00000000000000000000000000000000000000000000000000000000"          \
	"0000ee"
#define ZERO_13 "00000000000000000000000000"
#define REQUEST_TAIL                                                     \
	" keyid=00112233aabbccdd open=00112233aabbccdd,ffffffffffffffff" \
	" probe=" DIGEST " keep=3 files=64 bytes=4194304"
#define REQUEST_ASKS " ask=process:nginx ask=later:%2g"

static void a_request_comes_back_as_it_went(void **state)
{
	(void)state;
	char line[WIRE_LINE_MAX];
	struct wire_request r;
	int len = wire_format_request(&request, line, sizeof line);
	assert_string_equal(line, REQUEST_HEAD REQUEST_TAIL REQUEST_ASKS "\n");
	assert_int_equal(len, strlen(line));
	line[len - 1] = 0;
	assert_int_equal(wire_parse_request(line, &r, NULL), 0);
	assert_string_equal(r.asks, request.asks);
	r.asks = request.asks;
	assert_memory_equal(&r, &request, sizeof r);
	assert_int_equal(wire_format_request(&request, line, (size_t)len), -1);

	struct wire_request any = request;
	any.probe_hash[0] = 0;
	any.asks = NULL;
	any.open_count = WIRE_KEY_IDS_MAX;
	for (size_t i = 0; i < WIRE_KEY_IDS_MAX; i++)
		any.open[i] = any.key_id;
	len = wire_format_request(&any, line, sizeof line);
	assert_true(len > 0);
	line[len - 1] = 0;
	assert_int_equal(wire_parse_request(line, &r, NULL), 0);
	assert_string_equal(r.probe_hash, "");
	assert_string_equal(r.asks, "");
	assert_int_equal(r.open_count, WIRE_KEY_IDS_MAX);

	any.open_count = 0;
	assert_int_equal(wire_format_request(&any, line, sizeof line), -1);
}

static void a_request_with_many_asks_has_its_limit(void **state)
{
	(void)state;
	static char asks[2 * WIRE_REQUEST_MAX], line[2 * WIRE_REQUEST_MAX];
	struct wire_request full = request, r;
	full.asks = asks;
	size_t most = 0;
	for (size_t len = 0; len + 12 < WIRE_REQUEST_MAX; len += 6) {
		(void)strcpy(asks + len, " ask=x");
		if (wire_format_request(&full, line, sizeof line) > 0)
			most = strlen(line);
	}
	assert_in_range(most, WIRE_REQUEST_MAX - 6, WIRE_REQUEST_MAX - 1);
	memset(line, 0, sizeof line);
	(void)strcpy(line, REQUEST_HEAD REQUEST_TAIL " ask=");
	assert_int_equal(wire_parse_request(line, &r, NULL), 0);
	memset(line + strlen(line), 'x', WIRE_REQUEST_MAX - strlen(line) - 1);
	assert_int_equal(wire_parse_request(line, &r, NULL), 0);
	line[strlen(line)] = 'x';
	assert_int_equal(wire_parse_request(line, &r, NULL), -1);
}

/* clang-format off */
static const struct {
	const char *line, *error;
} requests[] = {
	{ REQUEST_HEAD REQUEST_TAIL, NULL },
	{ REQUEST_HEAD REQUEST_TAIL " later=thing", NULL },
	{ REQUEST_HEAD REQUEST_TAIL " open2=", NULL },
	{ REQUEST_HEAD REQUEST_TAIL REQUEST_ASKS, NULL },
	{ REQUEST_HEAD REQUEST_TAIL " ask=", NULL },
	{ REQUEST_HEAD REQUEST_TAIL " ask=file:x later=1", "request: only asks come after an ask" },
	{ REQUEST_HEAD REQUEST_TAIL " ask=file:x ", "request: only asks come after an ask" },
	{ REQUEST_HEAD " ask=file:x" REQUEST_TAIL, "request: only asks come after an ask" },
	{ "", "request: not a request" },
	{ "fleet1 request", "request: not a request" },
	{ "fleet1 request ", "request: id is missing" },
	{ "fleet2" REQUEST_HEAD REQUEST_TAIL, "request: not a request" },
	{ REQUEST_HEAD, "request: keyid is missing" },
	{ REQUEST_HEAD REQUEST_TAIL " keep=4", "request: keep is given twice" },
	{ REQUEST_HEAD REQUEST_TAIL " word", "request: not a field: word" },
	{ REQUEST_HEAD REQUEST_TAIL " =x", "request: not a field: =x" },
	{ REQUEST_HEAD " " REQUEST_TAIL, "request: not a field: " },
	{ "fleet1 request id=0123456789abcde", "request: id is malformed" },
	{ "fleet1 request id=0123456789abcdef0", "request: id is malformed" },
	{ "fleet1 request id=0123456789ABCDEF", "request: id is malformed" },
	{ "fleet1 request nonce=00", "request: nonce is malformed" },
	{ "fleet1 request nonce=" DIGEST DIGEST, "request: nonce is malformed" },
	{ "fleet1 request key=" DIGEST, "request: key is malformed" },
	{ "fleet1 request keyid=../../../../../x", "request: keyid is malformed" },
	{ "fleet1 request open=", "request: open is malformed" },
	{ "fleet1 request open=,", "request: open is malformed" },
	{ "fleet1 request open=00112233aabbccdd,", "request: open is malformed" },
	{ "fleet1 request open=00112233aabbccdd,../../../../../x", "request: open is malformed" },
	{ "fleet1 request open=00112233aabbccdd,00112233aabbccdd,00112233aabbccdd,00112233aabbccdd,"
	  "00112233aabbccdd,00112233aabbccdd,00112233aabbccdd,00112233aabbccdd,00112233aabbccdd",
	  "request: open is malformed" },
	{ "fleet1 request probe=", "request: probe is malformed" },
	{ "fleet1 request probe=" KEY_ID, "request: probe is malformed" },
	{ "fleet1 request keep=", "request: keep is malformed" },
	{ "fleet1 request keep=-1", "request: keep is malformed" },
	{ "fleet1 request keep=4294967296", "request: keep is malformed" },
	{ "fleet1 request keep=99999999999999999999999", "request: keep is malformed" },
	{ "fleet1 request files=1x", "request: files is malformed" },
};
/* clang-format on */

static void requests_are_understood_whole_or_not_at_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct error err = { "" };
		struct wire_request r, before;
		memset(&r, 0x5a, sizeof r);
		before = r;
		int rc = wire_parse_request(requests[i].line, &r, &err);
		assert_string_equal(err.text, requests[i].error ? requests[i].error : "");
		assert_int_equal(rc, requests[i].error ? -1 : 0);
		assert_int_equal(memcmp(&r, &before, sizeof r) == 0, rc < 0);
	}
	char line[WIRE_LINE_MAX + 400];
	memset(line, 'x', sizeof line - 1);
	line[sizeof line - 1] = 0;
	memcpy(line, "fleet1 request x=", 17);
	assert_int_equal(wire_parse_request(line, &(struct wire_request){ 0 }, NULL), -1);
	line[WIRE_LINE_MAX - 1] = 0;
	assert_int_equal(wire_parse_request(line, &(struct wire_request){ 0 }, NULL), -1);
}

static const struct wire_report_header header = {
	.attempt_id = 1,
	.nonce = { 0xab },
	.probe_hash = DIGEST,
	.boot_id = "01234567-89ab-cdef-0123-456789abcdef",
	.monotonic_ms = 123456,
	.wall_ms = -5,
};

#define HEADER_LINE                                                                         \
	"# fleet1 id=0000000000000001 nonce=ab000000000000000000000000000000 probe=" DIGEST \
	" boot=01234567-89ab-cdef-0123-456789abcdef mono=123456 wall=-5\n"

static void a_report_header_comes_back_as_it_went(void **state)
{
	(void)state;
	char text[WIRE_LINE_MAX + 10];
	struct wire_report_header h;
	size_t body;
	int len = wire_format_report_header(&header, text, WIRE_LINE_MAX);
	assert_string_equal(text, HEADER_LINE);
	(void)strcpy(text + len, "node_load1 0\n");
	assert_int_equal(wire_parse_report_header(text, strlen(text), &h, &body, NULL), 0);
	assert_int_equal(body, len);
	assert_memory_equal(&h, &header, sizeof h);
	for (size_t cut = 0; cut < body; cut++)
		assert_int_equal(wire_parse_report_header(text, cut, &h, &body, NULL), -1);
}

/* clang-format off */
static const struct {
	const char *text, *error;
} headers[] = {
	{ "\n", "report header: not a report" },
	{ "node_load1 1\n", "report header: not a report" },
	{ "# fleet1 \n", "report header: id is missing" },
	{ "# fleet1 id=1\n", "report header: id is malformed" },
	{ "# fleet1 boot=x\n", "report header: boot is malformed" },
	{ "# fleet1 boot=\n", "report header: boot is malformed" },
	{ "# fleet1 boot=01234567-89ab-cdef-0123-456789abcdef0\n", "report header: boot is malformed" },
	{ "# fleet1 mono=9223372036854775808\n", "report header: mono is malformed" },
	{ "# fleet1 mono=-\n", "report header: mono is malformed" },
	{ "# fleet1 wall=--1\n", "report header: wall is malformed" },
	{ "# fleet1 wall=x\n", "report header: wall is malformed" },
	{ "# fleet1 id=0000000000000001", "report header: no line of text" },
};
/* clang-format on */

static void hostile_headers_are_refused(void **state)
{
	(void)state;
	struct wire_report_header h;
	size_t body;
	struct error err;
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		assert_int_equal(wire_parse_report_header(
					 headers[i].text, strlen(headers[i].text), &h, &body, &err),
			-1);
		assert_string_equal(err.text, headers[i].error);
	}
	static const char zero[] = "# fleet1 \0\n";
	assert_int_equal(wire_parse_report_header(zero, sizeof zero - 1, &h, &body, &err), -1);
	assert_string_equal(err.text, "report header: no line of text");
}

static void lines_of_both_sides(void **state)
{
	(void)state;
	char line[WIRE_LINE_MAX], text[2000];
	uint32_t index;
	const struct wire_key_id id = { KEY_ID };
	int len = wire_format_upload(300000, DIGEST, line, sizeof line);
	assert_int_equal(len, strlen(line));
	assert_string_equal(line, "fleet1 upload 300000 " DIGEST "\n");
	assert_int_equal(wire_format_ack(63, line, sizeof line), 14);
	assert_string_equal(line, "fleet1 ack 63\n");
	assert_int_equal(wire_format_ack(63, line, 14), -1);
	line[13] = 0;
	assert_int_equal(wire_parse_ack(line, &index), 0);
	assert_int_equal(index, 63);
	assert_int_equal(wire_parse_ack("fleet1 ack", &index), -1);
	assert_int_equal(wire_parse_ack("fleet1 ack ", &index), -1);
	assert_int_equal(wire_parse_ack("fleet1 ack 1 ", &index), -1);
	assert_int_equal(wire_parse_ack("fleet1 ack -1", &index), -1);
	assert_true(wire_format_file(2, &id, 77, false, line, sizeof line) > 0);
	assert_string_equal(line, "fleet1 file 2 " KEY_ID " 77 spooled\n");
	assert_true(wire_format_file(2, &id, 77, true, line, sizeof line) > 0);
	assert_string_equal(line, "fleet1 file 2 " KEY_ID " 77 unspooled\n");
	assert_true(wire_format_end(2, DIGEST, line, sizeof line) > 0);
	assert_string_equal(line, "fleet1 end 2 " DIGEST "\n");
	assert_true(wire_format_done(1, line, sizeof line) > 0);
	assert_string_equal(line, "fleet1 done 1\n");
	assert_true(wire_format_error("internal", "two\nlines\x1b", line, sizeof line) > 0);
	assert_string_equal(line, "fleet1 error internal two lines \n");
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = 0;
	len = wire_format_error("internal", text, line, sizeof line);
	assert_in_range(len, 500, WIRE_LINE_MAX);
	assert_int_equal(wire_format_error("internal", text, line, (size_t)len), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conversations_read_the_same_in_any_pieces),
		cmocka_unit_test(bad_is_final),
		cmocka_unit_test(noise_and_lines_are_capped),
		cmocka_unit_test(a_zero_byte_is_no_line),
		cmocka_unit_test(a_request_comes_back_as_it_went),
		cmocka_unit_test(a_request_with_many_asks_has_its_limit),
		cmocka_unit_test(requests_are_understood_whole_or_not_at_all),
		cmocka_unit_test(a_report_header_comes_back_as_it_went),
		cmocka_unit_test(hostile_headers_are_refused),
		cmocka_unit_test(lines_of_both_sides),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
