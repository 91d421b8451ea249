#include "tests/unit/unit.h"

#include <string.h>

#include "console/alerts/history_text.h"

/* 2026-11-22 10:00:00 UTC */
#define TEN INT64_C(1795341600000)

static const struct client *const nobody[] = { NULL };
static const struct config config = { .file = "config.xml", .clients_by_name = nobody };

static const struct event event = {
	.id = 7,
	.kind = EVENT_FIRING,
	.at = TEN,
	.since = TEN,
	.client = "web1",
	.rule = "disk/warning/*",
	.instance = "/",
	.value = 0.93,
	.limit = 0.9,
	.text = "",
	.recipients = "ops@example.com",
	.held = "",
};

static void assert_says(
	const struct event *e, const struct delivery *d, size_t count, const char *expected)
{
	struct buffer out = { 0 };
	assert_int_equal(history_event(&out, e, d, count, &config), 0);
	assert_string_equal(out.data, expected);
	buffer_finish(&out);
}

#define HEAD "2026-11-22 10:00:00 UTC  WARNING web1: disk / 93.0 % (limit 90.0 %)\n"

static void each_fate_has_its_words(void **state)
{
	(void)state;
	/* clang-format off */
	static const struct {
		struct delivery delivery;
		const char *says;
	} rows[] = {
		{ { .channel = "mail", .message_id = "1@x", .state = NOTIFICATION_SENT,
			.done_at = TEN + 5000 },
			"    ops by mail: sent 2026-11-22 10:00:05 UTC, <1@x>\n" },
		{ { .channel = "webhook", .message_id = "1@x", .state = NOTIFICATION_FAILED,
			.done_at = TEN, .last_error = "the answer is 404" },
			"    ops by webhook: failed for good 2026-11-22 10:00:00 UTC, <1@x>: the answer is"
			" 404\n" },
		{ { .channel = "mail", .message_id = "1@x", .state = NOTIFICATION_WAITING },
			"    ops by mail: waits to be sent, <1@x>\n" },
		{ { .channel = "mail", .message_id = "1@x", .state = NOTIFICATION_WAITING, .tries = 1,
			.next_try_at = TEN + 60000, .last_error = "450 \x1b[2J" },
			"    ops by mail: waits after 1 try, the next at 2026-11-22 10:01:00 UTC, <1@x>:"
			" 450 \\x1b[2J\n" },
		{ { .channel = "mail", .message_id = "1@x", .state = NOTIFICATION_WAITING, .tries = 2,
			.next_try_at = TEN + 60000 },
			"    ops by mail: waits after 2 tries, the next at 2026-11-22 10:01:00 UTC,"
			" <1@x>\n" },
		{ { .channel = "", .message_id = "", .state = NOTIFICATION_WAITING,
			.next_try_at = TEN + 3600000 },
			"    ops: kept back until 2026-11-22 11:00:00 UTC\n" },
	};
	/* clang-format on */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct delivery d = rows[i].delivery;
		char expected[512] = HEAD;
		d.event_id = event.id;
		d.recipient = "ops";
		d.last_error = d.last_error ? d.last_error : "";
		assert_says(&event, &d, 1, strcat(expected, rows[i].says));
	}
}

static void what_is_told_to_nobody_says_why(void **state)
{
	(void)state;
	const struct delivery others = { .event_id = 8, .recipient = "ops" };
	struct event e = event;
	assert_says(&e, &others, 1, HEAD "    nobody was told yet\n");
	e.held = "silence 3 of ann";
	assert_says(&e, &others, 1, HEAD "    nobody was told: silence 3 of ann\n");
	e.text = "a reason";
	assert_says(&e, NULL, 0, HEAD "    a reason\n    nobody was told: silence 3 of ann\n");
}

static void standard_output_has_no_name(void **state)
{
	(void)state;
	const struct delivery d = { .event_id = 7,
		.channel = "stdout",
		.recipient = "",
		.message_id = "",
		.state = NOTIFICATION_SENT,
		.done_at = TEN,
		.last_error = "" };
	assert_says(&event, &d, 1, HEAD "    standard output: sent 2026-11-22 10:00:00 UTC\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fate_has_its_words),
		cmocka_unit_test(what_is_told_to_nobody_says_why),
		cmocka_unit_test(standard_output_has_no_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
