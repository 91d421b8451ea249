/* Metrics of the machine's owner: what is taken of their files, and what is not. */
#include "tests/unit/readers_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/metrics/promtext.h"
#include "remote/bytes/bundle.h"
#include "remote/bytes/prom_line.h"

#define BAD(name) OUR_TYPE("textfile_error", "gauge") "fleet_textfile_error{file=\"" name "\"} 1\n"
#define END(error, refused) \
	ONE("textfile_scrape_error", "gauge", error) OUR("textfile_lines_refused", "gauge", refused)
#define MTIME		TYPE("textfile_mtime_seconds", "gauge")
#define MTIME_OF(name)	"node_textfile_mtime_seconds{file=\"" name "\"} 1.500000000\n"
#define GOOD(refused)	MTIME MTIME_OF("/t/a.prom") END("0", refused)
#define FLAWED(refused) MTIME MTIME_OF("/t/a.prom") END("1", refused)

enum { FILES_MAX = 3 };

/* clang-format off */
static const struct {
	const char *files[FILES_MAX]; /* a.prom, b.prom, c.prom; NULL: not there, "-": unreadable */
	const char *out;
} rows[] = {
	{ { "# HELP room_celsius how warm\n# TYPE room_celsius gauge\nroom_celsius{room=\"a\"} 21.5\nroom_celsius{room=\"b\"} -3e1\n" },
	  "# TYPE room_celsius gauge\nroom_celsius{room=\"a\"} 21.5\nroom_celsius{room=\"b\"} -3e1\n" GOOD("0") },
	{ { "\n  x   7\t\ny{} 8\n# EOF\nz{ a = \"1\" , b=\"\\\"\\n\\\\\", } +.5\n" },
	  "# TYPE x untyped\nx 7\n# TYPE y untyped\ny{} 8\n# TYPE z untyped\nz{ a = \"1\" , b=\"\\\"\\n\\\\\", } +.5\n" GOOD("0") },
	{ { "" }, GOOD("0") },
	/* types are told before the first sample, and only where there is one */
	{ { "# TYPE a Counter\n# TYPE b summary\nb{quantile=\"0.5\"} 1\nb_sum 2\nb_count 3\nb_bucket 4\n"
	    "# TYPE h HISTOGRAM\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n" },
	  "# TYPE b summary\nb{quantile=\"0.5\"} 1\nb_sum 2\nb_count 3\n# TYPE b_bucket untyped\nb_bucket 4\n"
	  "# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n" GOOD("0") },
	/* no numbers */
	{ { "a NaN\nb +Inf\nc -inf\nd infinity\ne 1\nf 1e309\ng 1e307\nh 0.0001e311\ni 0e999999999\nj 1e-999999999\n" },
	  "# TYPE e untyped\ne 1\n# TYPE g untyped\ng 1e307\n# TYPE h untyped\nh 0.0001e311\n# TYPE i untyped\ni 0e999999999\n"
	  "# TYPE j untyped\nj 1e-999999999\n" GOOD("5") },
	/* what is not well-formed gives nothing at all */
	{ { "a 1\nb\n" }, BAD("/t/a.prom") END("1", "0") },
	{ { "a 1" }, BAD("/t/a.prom") END("1", "0") },
	{ { "a 1 1441205977284\n" }, BAD("/t/a.prom") END("1", "0") },
	{ { "-" }, BAD("/t/a.prom") END("1", "0") },
	{ { "a 1\n", "b{\n", "c 3\n" },
	  "# TYPE a untyped\na 1\n# TYPE c untyped\nc 3\n" MTIME MTIME_OF("/t/a.prom") MTIME_OF("/t/c.prom")
	  BAD("/t/b.prom") END("1", "0") },
	/* what is the probe's own, whether it was told or not, and what only looks so */
	{ { "# TYPE node_load1 gauge\nnode_load1 0\nnode_load1{x=\"y\"} 0\nnode_textfile_scrape_error 0\n"
	    "node_textfile_mtime_seconds{file=\"x\"} 1\nfleet_anything 1\nnode_load 1\nnode_x_md_info 1\n"
	    "node_md_degraded{device=\"md0\"} 3\nnode_reboot_required 1\nnode_reboot_required_x 1\nnode 1\nnode_ipmi_fan{x=\"1\"} 2\n" },
	  "# TYPE node_reboot_required untyped\nnode_reboot_required 1\n# TYPE node untyped\nnode 1\n"
	  "# TYPE node_ipmi_fan untyped\nnode_ipmi_fan{x=\"1\"} 2\n" FLAWED("9") },
	{ { "# TYPE fleet_x counter\nfleet_x 1\n" }, FLAWED("1") },
	{ { "# TYPE fleet summary\nfleet_sum 7\nfleet_count 9\nfleet 8\n# TYPE node_ipmi_x histogram\nnode_ipmi_x_sum 1\n" },
	  "# TYPE fleet summary\nfleet 8\n# TYPE node_ipmi_x histogram\nnode_ipmi_x_sum 1\n" FLAWED("2") },
	/* what a terminal would obey */
	{ { "a{a=\"\x1b]0;x\x07\"} 1\nb{a=\"\x7f\"} 1\nc{a=\"\xc2\x9b\"} 1\nd{a=\"\xe2\x80\xae\"} 1\ne{a=\"x\",b=\"\t\"} 1\nf{a=\"\xc3\xa9\\n\"} 1\n" },
	  "# TYPE f untyped\nf{a=\"\xc3\xa9\\n\"} 1\n" FLAWED("5") },
	/* one series once, in whatever order its labels are */
	{ { "a{x=\"1\",y=\"2\"} 1\na{y=\"2\",x=\"1\"} 2\na{y=\"1\",x=\"2\"} 3\na{x=\"1\"} 4\n", "a{x=\"1\"} 5\n" },
	  "# TYPE a untyped\na{x=\"1\",y=\"2\"} 1\na{y=\"1\",x=\"2\"} 3\na{x=\"1\"} 4\n"
	  MTIME MTIME_OF("/t/a.prom") MTIME_OF("/t/b.prom") END("1", "2") },
	/* one type for a family, whoever it is of */
	{ { "# TYPE a counter\na{f=\"a\"} 1\n", "# TYPE a counter\na{f=\"b\"} 2\n", "# TYPE a gauge\na{f=\"c\"} 3\n" },
	  "# TYPE a counter\na{f=\"a\"} 1\na{f=\"b\"} 2\n"
	  MTIME MTIME_OF("/t/a.prom") MTIME_OF("/t/b.prom") MTIME_OF("/t/c.prom") END("1", "1") },
	{ { "# TYPE a counter\na{f=\"a\"} 1\n", "a{f=\"b\"} 2\n" },
	  "# TYPE a counter\na{f=\"a\"} 1\n" MTIME MTIME_OF("/t/a.prom") MTIME_OF("/t/b.prom") END("1", "1") },
	{ { "a{f=\"a\"} 1\n", "a{f=\"b\"} 2\n# TYPE a gauge\na{f=\"c\"} 3\n" },
	  "# TYPE a untyped\na{f=\"a\"} 1\na{f=\"b\"} 2\n" MTIME MTIME_OF("/t/a.prom") MTIME_OF("/t/b.prom") END("1", "1") },
};
/* clang-format on */

static void put(struct bundle *b, const char *kind, const char *path, const char *bytes, size_t len,
	int64_t size)
{
	struct bundle_file f = { span_of(kind), span_of(path), { bytes, len }, 1500000000, size };
	assert_true(bundle_add(b, &f));
}

static void put_files(struct bundle *b, const char *const files[FILES_MAX])
{
	static const char *const paths[FILES_MAX] = { "/t/a.prom", "/t/b.prom", "/t/c.prom" };
	put(b, "folder", "/t", "", 0, 4096);
	for (size_t i = 0; i < FILES_MAX && files[i]; i++) {
		size_t len = strlen(files[i]);
		if (strcmp(files[i], "-") == 0)
			put(b, "textfile", paths[i], "", 0, -1);
		else
			put(b, "textfile", paths[i], files[i], len, (int64_t)len);
	}
}

/* Behind what a report has said of the machine. */
static const char *run(struct span bundle, size_t size)
{
	static const char before[] = ONE("load1", "gauge", "0.21");
	static char out[1 << 20];
	struct text text = { .data = out, .size = size < sizeof out ? size : sizeof out - 1 };
	struct promtext parsed;
	memcpy(out, before, sizeof before);
	text.len = sizeof before - 1;
	char *copy = malloc(bundle.len + 1);
	assert_non_null(copy);
	memcpy(copy + 1, bundle.at, bundle.len);
	read_textfile((struct span){ copy + 1, bundle.len }, &text);
	free(copy);
	out[text.len] = 0;
	assert_int_equal(promtext_parse(out, text.len, &parsed, NULL), 0);
	assert_int_equal(parsed.rejected, 0);
	promtext_finish(&parsed);
	return out + sizeof before - 1;
}

static void every_row(void **state)
{
	char data[4096];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct bundle b = { .data = data, .size = sizeof data };
		put_files(&b, rows[i].files);
		assert_string_equal(run((struct span){ data, b.len }, SIZE_MAX), rows[i].out);
		for (size_t len = 0; len < b.len; len++)
			(void)run((struct span){ data, len }, SIZE_MAX);
	}
}

/* What is taken here the server's parser takes, and what is refused it refuses, but for
 * timestamps and types, of which it knows nothing. */
static void lines_are_taken_that_the_server_takes(void **state)
{
	/* clang-format off */
	static const struct {
		const char *line;
		enum prom_kind kind;
	} lines[] = {
		{ "", PROM_NOTHING }, { " \t", PROM_NOTHING }, { "#", PROM_NOTHING }, { "# a", PROM_NOTHING },
		{ "# HELP a \x01", PROM_NOTHING }, { "# TYPE a gauge", PROM_TYPE }, { "#TYPE a:b gauge ", PROM_TYPE },
		{ "# TYPE a:b\tgauge ", PROM_TYPE }, { "# TYPES", PROM_NOTHING },
		{ "a 1", PROM_SAMPLE }, { "a\t1 ", PROM_SAMPLE }, { "a:b_C9 1.", PROM_SAMPLE }, { "a .5", PROM_SAMPLE },
		{ "a 1E+5", PROM_SAMPLE }, { "a -0.0e-0", PROM_SAMPLE }, { "a{}1", PROM_SAMPLE }, { "a{b=\"c\"}1", PROM_SAMPLE },
		{ "a {b=\"c\"} 1", PROM_SAMPLE }, { "a{b=\"c\",} 1", PROM_SAMPLE }, { "a{b=\"\xc3\xa9\x01\"} 1", PROM_SAMPLE },
		{ "a", PROM_BAD }, { "a ", PROM_BAD }, { "a{", PROM_BAD }, { "a{}", PROM_BAD }, { "9 1", PROM_BAD }, { "a1", PROM_BAD },
		{ "a-b 1", PROM_BAD }, { "a{b} 1", PROM_BAD }, { "a{b=c} 1", PROM_BAD }, { "a{b=\"c} 1", PROM_BAD }, { "a{b=\"c\" 1", PROM_BAD },
		{ "a{b=\"c\"d=\"e\"} 1", PROM_BAD }, { "a{,} 1", PROM_BAD }, { "a{b:c=\"d\"} 1", PROM_BAD }, { "a{9=\"d\"} 1", PROM_BAD },
		{ "a{b=\"\\t\"} 1", PROM_BAD }, { "a{b=\"\\", PROM_BAD }, { "a{b=\"\xff\"} 1", PROM_BAD }, { "a{b=\"1\",b=\"2\"} 1", PROM_BAD },
		{ "a 0x1", PROM_BAD }, { "a 1_000", PROM_BAD }, { "a .", PROM_BAD }, { "a 1e", PROM_BAD }, { "a 1e+", PROM_BAD }, { "a --1", PROM_BAD },
		{ "a 1..2", PROM_BAD }, { "a 1x", PROM_BAD }, { "a 1 x", PROM_BAD }, { "a 1\r", PROM_BAD }, { "a{b=\"1\"}\x01 1", PROM_BAD },
	};
	/* clang-format on */
	struct prom_line line;
	struct promtext parsed;
	char text[128];
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lines); i++) {
		assert_int_equal(prom_parse(span_of(lines[i].line), &line), lines[i].kind);
		int len = snprintf(text, sizeof text, "%s\n", lines[i].line);
		assert_int_equal(promtext_parse(text, (size_t)len, &parsed, NULL), 0);
		assert_int_equal(parsed.rejected, lines[i].kind == PROM_BAD);
		assert_int_equal(parsed.count, lines[i].kind == PROM_SAMPLE);
		promtext_finish(&parsed);
	}
	static const char *const ours[] = { "a 1 2", "# TYPE a", "# TYPE a b", "# TYPE a gauge c",
		"# TYPE 9 gauge", "# TYPE a-b gauge" };
	for (size_t i = 0; i < ARRAY_LEN(ours); i++)
		assert_int_equal(prom_parse(span_of(ours[i]), &line), PROM_BAD);
	assert_int_equal(prom_parse((struct span){ "a\0 1", 4 }, &line), PROM_BAD);
}

static void a_line_has_its_caps(void **state)
{
	char text[PROM_LINE_MAX + 64];
	struct prom_line line;
	size_t len = 0;
	(void)state;
	for (int i = 0; i < PROM_LABELS_MAX + 1; i++)
		len += (size_t)sprintf(text + len, "%sl%d=\"x\"", i ? "," : "a{", i);
	len += (size_t)sprintf(text + len, "} 1");
	assert_int_equal(prom_parse((struct span){ text, len }, &line), PROM_BAD);
	memset(text, ' ', sizeof text);
	memcpy(text, "a 1", 3);
	assert_int_equal(prom_parse((struct span){ text, PROM_LINE_MAX }, &line), PROM_SAMPLE);
	assert_int_equal(prom_parse((struct span){ text, PROM_LINE_MAX + 1 }, &line), PROM_BAD);
	memset(text, '9', sizeof text);
	memcpy(text, "a ", 2);
	assert_int_equal(prom_parse((struct span){ text, 310 }, &line), PROM_SAMPLE);
	assert_true(line.is_finite);
	assert_int_equal(prom_parse((struct span){ text, 311 }, &line), PROM_SAMPLE);
	assert_false(line.is_finite);
}

/* Families and series have their most; names may be so long. */
static void all_files_together_have_their_caps(void **state)
{
	static char text[1 << 19], data[(1 << 19) + 256];
	struct bundle b = { .data = data, .size = sizeof data };
	size_t len = 0;
	(void)state;
	for (int i = 0; i < 2000; i++)
		len += (size_t)sprintf(text + len, "family%d 1\n", i);
	for (int i = 0; i < 5000; i++)
		len += (size_t)sprintf(text + len, "family1{i=\"%d\"} 1\n", i);
	memset(text + len, 'n', 256);
	len += 256;
	len += (size_t)sprintf(text + len, " 1\n");
	put(&b, "textfile", "/t/a.prom", text, len, (int64_t)len);
	const char *out = run((struct span){ data, b.len }, SIZE_MAX);
	assert_non_null(strstr(out, "\nfamily1023 1\n"));
	assert_null(strstr(out, "\nfamily1024 1\n"));
	assert_non_null(strstr(out, "\nfamily1{i=\"3000\"} 1\n"));
	assert_null(strstr(out, "\nfamily1{i=\"4999\"} 1\n"));
	assert_null(strstr(out, "nnn"));
	assert_non_null(strstr(out, "\nnode_textfile_scrape_error 1\n"));
}

static void a_folder_that_was_asked_for_and_is_not_there_is_an_error(void **state)
{
	char data[256];
	struct bundle b = { .data = data, .size = sizeof data };
	(void)state;
	put(&b, "folder", "/t", "", 0, -1);
	assert_string_equal(run((struct span){ data, b.len }, SIZE_MAX), BAD("/t") END("1", "0"));
}

static void what_does_not_fit_is_left_out_whole(void **state)
{
	char data[512];
	static const char *const files[FILES_MAX] = { "some_name{label=\"value\"} 12345\n" };
	struct bundle b = { .data = data, .size = sizeof data };
	(void)state;
	put_files(&b, files);
	for (size_t size = 100; size < 700; size++)
		(void)run((struct span){ data, b.len }, size);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row),
		cmocka_unit_test(lines_are_taken_that_the_server_takes),
		cmocka_unit_test(a_line_has_its_caps),
		cmocka_unit_test(all_files_together_have_their_caps),
		cmocka_unit_test(a_folder_that_was_asked_for_and_is_not_there_is_an_error),
		cmocka_unit_test(what_does_not_fit_is_left_out_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
