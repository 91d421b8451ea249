#include "console/test_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/send/channel.h"
#include "lib/send/payload.h"

static const char subject[] = "[fleet] TEST: this is only a test";

struct test {
	char message_id[400], text[2048];
	struct buffer payload;
};

static void test_finish(struct test *t)
{
	buffer_finish(&t->payload);
}

static void write_text(
	struct test *t, const struct config *config, const char *command, int64_t now)
{
	char host[128] = "this machine", at[CLOCK_TEXT_SIZE];
	const char *domain = config->mail.list_id;
	(void)gethostname(host, sizeof host - 1);
	(void)snprintf(t->message_id, sizeof t->message_id, "test-%" PRId64 "-%d@%s", now,
		(int)getpid(), domain[0] ? domain : "localhost");
	(void)snprintf(t->text, sizeof t->text,
		"Nothing is wrong: somebody ran `%s` on %s at %s.\n\n"
		"Alerts of %s take the same way.\n",
		command, host, clock_format_utc(now, at), config->file);
}

/* What a webhook or a command is given: an alert that nothing else is called as. */
static int write_payload(struct test *t, const struct recipient *to, int64_t now, struct error *err)
{
	const struct event event = {
		.id = 1,
		.kind = EVENT_FIRING,
		.at = now,
		.since = now,
		.client = "",
		.rule = "test",
		.instance = "",
		.severity = SEVERITY_WARNING,
		.text = "only a test",
		.recipients = to->name,
		.held = "",
	};
	const struct payload_event one = { &event, "TEST: this is only a test", "" };
	const struct payload_message m = { t->message_id, "", subject, t->text, &one, 1 };
	return payload_render(to, &m, &t->payload, err);
}

int test_message_send(const struct config *config, const char *name, const char *command,
	enum send_result *ret_result, struct send_report *report, struct error *err)
{
	struct test t CLEANUP(test_finish) = { .message_id = "" };
	struct channels channels CLEANUP(channels_finish) = { .config = config };
	struct recipient to = config_recipient(config, name);
	int64_t now = clock_wall_ms();
	write_text(&t, config, command, now);
	if (write_payload(&t, &to, now, err) != 0)
		return -1;
	const struct notification n = {
		.channel = channel_name(to.channel),
		.recipient = name,
		.message_id = t.message_id,
		.references = "",
		.subject = subject,
		.text = t.text,
		.payload = t.payload.data ? t.payload.data : "",
		.created_at = now,
		.last_error = "",
	};
	const struct channel_way *way = channels_route(&channels, &n, &to);
	*ret_result = channels_send(&channels, way, &to, &n, report);
	return 0;
}
