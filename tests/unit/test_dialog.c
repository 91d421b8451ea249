#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "collector/poller/dialog.h"

#define REQUEST "fleet1 request id=1\n"
#define HASH	"00112233445566778899aabbccddeeff"
#define UPLOAD	"fleet1 upload 5 " HASH "\n"
#define KEY_ID	"0123456789abcdef"
/* BLAKE2b-128 of "abc" */
#define ABC \
	"fleet1 file 0 " KEY_ID " 3 spooled\nabc\nfleet1 end 0 cf4ab791c62b8d2b2109c90275287816\n"
#define ACK "fleet1 ack 0\n"

static const struct probes probes = {
	.items = { { .machine = "x86_64", .hash = HASH, .fd = -1, .data = "probe", .size = 5 } },
	.count = 1,
};

/* A conversation: what the client says, until it is over or ends; then what was written and
 * what came of it. Frames are acknowledged as they come. */
/* clang-format off */
static const struct {
	const char *says, *written;
	enum outcome outcome;
	enum stage stage;
	const char *reason;
} rows[] = {
	{ ABC "fleet1 done 1\n", REQUEST ACK, OUTCOME_OK, STAGE_NONE, "" },
	{ "Welcome!\n\n" ABC "fleet1 done 1\n", REQUEST ACK, OUTCOME_OK, STAGE_NONE, "" },
	{ "fleet1 ready\n" ABC "fleet1 done 1\n", REQUEST ACK, OUTCOME_OK, STAGE_NONE, "" },
	{ "motd\nfleet1 need x86_64\nfleet1 ready\nfleet1 ready\n" ABC "fleet1 done 1\n",
		REQUEST UPLOAD "probe" REQUEST ACK, OUTCOME_OK, STAGE_NONE, "" },
	{ "fleet1 need riscv64\n", REQUEST, OUTCOME_ARCHITECTURE, STAGE_UPLOAD,
		"there is no probe for riscv64 here" },
	{ "fleet1 need x86_64\nfleet1 ready\nfleet1 ready\nfleet1 need x86_64\n",
		REQUEST UPLOAD "probe" REQUEST, OUTCOME_PROBE_FAILED, STAGE_RUN,
		"it asks for the probe a second time" },
	{ "fleet1 need x86_64\nfleet1 need x86_64\n", REQUEST UPLOAD, OUTCOME_PROBE_FAILED,
		STAGE_UPLOAD, "it asks for the probe a second time" },
	{ "fleet1 need x86_64\n" ABC, REQUEST UPLOAD, OUTCOME_PROBE_FAILED, STAGE_UPLOAD,
		"it sends a report before it has the probe" },
	{ "fleet1 need x86_64\nfleet1 ready\n", REQUEST UPLOAD "probe", OUTCOME_PROBE_FAILED,
		STAGE_UPLOAD, "the upload was cut: no space" },
	{ "fleet1 need x86_64\nfleet1 ready\nfleet1 ready\n", REQUEST UPLOAD "probe" REQUEST,
		OUTCOME_PROBE_FAILED, STAGE_RUN, "the probe ended without a word: no space" },
	{ "fleet1 error no-exec-directory all are noexec\n", REQUEST, OUTCOME_NO_EXEC_DIRECTORY,
		STAGE_EXEC, "all are noexec" },
	{ "fleet1 error ok I am fine\n", REQUEST, OUTCOME_PROBE_FAILED, STAGE_EXEC, "I am fine" },
	{ "fleet1 error host-key-changed \x1b[31m\n", REQUEST, OUTCOME_PROBE_FAILED, STAGE_EXEC,
		"\\x1b[31m" },
	{ "fleet1 done 0\n", REQUEST, OUTCOME_PROBE_FAILED, STAGE_EXEC,
		"the probe sent no report" },
	{ "This account is\x07 not available.\r\nfoo", REQUEST, OUTCOME_NO_SHELL, STAGE_EXEC,
		"it answered: This account is\\x07 not available." },
	{ "", REQUEST, OUTCOME_NO_SHELL, STAGE_EXEC, "it answered: no space" },
	{ ABC, REQUEST ACK, OUTCOME_TRUNCATED, STAGE_TRANSFER, "it ended inside a report" },
	{ "fleet1 file 0 " KEY_ID " 3 spooled\nab", REQUEST, OUTCOME_TRUNCATED, STAGE_TRANSFER,
		"it ended inside a report" },
	{ "fleet1 file 0 " KEY_ID " 3 spooled\nabd\nfleet1 end 0 cf4ab791c62b8d2b2109c90275287816\n",
		REQUEST, OUTCOME_TRUNCATED, STAGE_TRANSFER, "file 0 does not have its digest" },
	{ "fleet1 file 0 " KEY_ID " 101 spooled\n", REQUEST, OUTCOME_TOO_LARGE, STAGE_EXEC,
		"more files or bytes than allowed" },
	{ "fleet1 file 0 " KEY_ID " 3 spooled\nabc fleet1", REQUEST, OUTCOME_TRUNCATED,
		STAGE_TRANSFER, "a file longer than announced" },
};
/* clang-format on */

/* Takes what there is to write, at most `step` bytes a time. */
static void write_some(struct dialog *d, struct buffer *written, size_t step)
{
	const void *data, *again;
	size_t len, same;
	while (dialog_chunk(d, &data, &len)) {
		assert_true(dialog_chunk(d, &again, &same));
		assert_ptr_equal(data, again); /* until it is written it stays where it is */
		assert_int_equal(len, same);
		if (len > step)
			len = step;
		assert_int_equal(buffer_append(written, data, len), 0);
		dialog_wrote(d, len);
	}
}

static void talk(struct dialog *d, const char *says, size_t step, struct buffer *written)
{
	enum dialog_status status = DIALOG_MORE;
	size_t len = strlen(says), at = 0;
	write_some(d, written, step);
	while (at < len && status != DIALOG_OVER) {
		size_t give = len - at < step ? len - at : step;
		at += dialog_take(d, says + at, give, &status);
		if (status == DIALOG_FRAME)
			assert_int_equal(dialog_ack(d), 0);
		write_some(d, written, step);
	}
	dialog_end(d, "no space");
	assert_int_equal(d->state, DIALOG_ENDED);
}

static void check_row(size_t i, size_t step)
{
	struct dialog d;
	struct buffer written = { 0 };
	dialog_init(&d, REQUEST, &probes, 4, 100);
	talk(&d, rows[i].says, step, &written);
	assert_string_equal(written.data, rows[i].written);
	assert_string_equal(outcome_name(d.verdict.outcome), outcome_name(rows[i].outcome));
	assert_string_equal(stage_name(d.verdict.stage), stage_name(rows[i].stage));
	assert_string_equal(d.verdict.reason, rows[i].reason);
	dialog_finish(&d);
	buffer_finish(&written);
}

static void every_row_byte_by_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		check_row(i, 1);
}

static void a_probe_that_starts_too_early(void **state)
{
	(void)state;
	static const char says[] = "fleet1 need x86_64\nfleet1 ready\nfleet1 ready\n";
	struct dialog d;
	enum dialog_status status;
	dialog_init(&d, REQUEST, &probes, 4, 100);
	dialog_take(&d, says, sizeof says - 1, &status);
	assert_int_equal(status, DIALOG_OVER);
	assert_string_equal(d.verdict.reason, "it starts the probe before it has it");
	dialog_finish(&d);
}

static void too_much_noise(void **state)
{
	(void)state;
	static const char noise[] = "All work and no play makes Jack a dull boy.\n";
	struct dialog d;
	enum dialog_status status = DIALOG_MORE;
	dialog_init(&d, REQUEST, &probes, 4, 100);
	for (int i = 0; i < WIRE_NOISE_MAX && status == DIALOG_MORE; i++)
		dialog_take(&d, noise, sizeof noise - 1, &status);
	assert_int_equal(status, DIALOG_OVER);
	assert_int_equal(d.verdict.outcome, OUTCOME_TOO_LARGE);
	dialog_finish(&d);
}

static void frames_come_whole(void **state)
{
	(void)state;
	struct dialog d;
	enum dialog_status status;
	size_t used;
	dialog_init(&d, REQUEST, &probes, 4, 100);
	used = dialog_take(&d, ABC "tail", sizeof ABC "tail" - 1, &status);
	assert_int_equal(status, DIALOG_FRAME);
	assert_int_equal(used, sizeof ABC - 1);
	assert_int_equal(d.frame.len, 3);
	assert_memory_equal(d.frame.data, "abc", 3);
	assert_int_equal(d.frames, 1);
	assert_int_equal(d.acked, 0);
	dialog_finish(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_byte_by_byte),
		cmocka_unit_test(a_probe_that_starts_too_early),
		cmocka_unit_test(too_much_noise),
		cmocka_unit_test(frames_come_whole),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
