/*
 * The ready forms of webhooks, and what is asked of one that people write.
 */
#include "lib/send/payload_forms.h"

#include <string.h>

#include "lib/escape.h"
#include "lib/send/json.h"
#include "lib/send/payload.h"

static const char *const forms[] = {
	[WEBHOOK_JSON] =
		"{\"message_id\":\"{{message_id}}\",\"thread\":\"{{thread}}\","
		"\"recipient\":\"{{recipient}}\",\"status\":\"{{status}}\","
		"\"severity\":\"{{severity}}\",\"subject\":\"{{subject}}\","
		"\"text\":\"{{text|200000}}\",\"count\":{{count}},"
		"\"truncated\":{{truncated}},\"events\":[{{#events}}"
		"{\"event\":\"{{event}}\",\"status\":\"{{status}}\","
		"\"severity\":\"{{severity}}\",\"headline\":\"{{headline}}\","
		"\"client\":\"{{client}}\",\"group\":\"{{group}}\",\"alert\":\"{{alert}}\","
		"\"rule\":\"{{rule}}\",\"instance\":\"{{instance}}\","
		"\"reason\":\"{{reason}}\",\"value\":{{value}},\"limit\":{{limit}},"
		"\"at\":\"{{at}}\",\"since\":\"{{since}}\",\"key\":\"{{key}}\"}"
		"{{/events}}]}",
	/* Slack shows at most 40,000 characters, Mattermost 16,383 */
	[WEBHOOK_SLACK] = "{\"text\":\"```\\n{{subject|chat|400}}\\n\\n{{text|chat|8000}}\\n```\"}",
	/* a message of more than 4,096 bytes would become a file to fetch */
	[WEBHOOK_NTFY] = "{\"topic\":\"{{topic}}\",\"title\":\"{{subject|250}}\","
			 "\"message\":\"{{text|3500}}\",\"priority\":{{priority}},"
			 "\"tags\":[\"{{tag}}\"]}",
	/* summary: at most 1,024 characters; all of it: 512 KB */
	[WEBHOOK_PAGERDUTY] = "{\"routing_key\":\"{{token}}\",\"event_action\":\"{{action}}\","
			      "\"dedup_key\":\"{{key}}\",\"client\":\"Fleet Health\","
			      "\"payload\":{\"summary\":\"{{headline|1000}}\","
			      "\"source\":\"{{source}}\",\"severity\":\"{{severity}}\","
			      "\"timestamp\":\"{{at}}\",\"component\":\"{{instance|500}}\","
			      "\"group\":\"{{group}}\",\"class\":\"{{alert}}\",\"custom_details\":"
			      "{\"message_id\":\"{{message_id}}\",\"text\":\"{{text|100000}}\"}}}",
	[WEBHOOK_ALERTMANAGER] =
		"{\"version\":\"4\",\"groupKey\":\"{{thread}}\",\"truncatedAlerts\":{{truncated}},"
		"\"status\":\"{{status}}\",\"receiver\":\"{{recipient}}\",\"groupLabels\":{},"
		"\"commonLabels\":{},\"commonAnnotations\":{\"summary\":\"{{subject}}\"},"
		"\"externalURL\":\"\",\"alerts\":[{{#events}}{\"status\":\"{{status}}\","
		"\"labels\":{\"alertname\":\"{{alert}}\",\"severity\":\"{{severity}}\","
		"\"instance\":\"{{source}}\",\"name\":\"{{instance}}\",\"group\":\"{{group}}\"},"
		"\"annotations\":{\"summary\":\"{{headline}}\",\"description\":\"{{reason}}\"},"
		"\"startsAt\":\"{{since}}\",\"endsAt\":\"{{ended}}\",\"generatorURL\":\"\","
		"\"fingerprint\":\"{{key}}\"}{{/events}}]}",
};

const char *payload_topic(const struct recipient *to, size_t *ret_len)
{
	const char *authority = strstr(to->url, "://");
	const char *path = authority ? authority + 3 + strcspn(authority + 3, "/?#") : to->url;
	size_t end = strcspn(path, "?#");
	while (end > 0 && path[end - 1] == '/')
		end--;
	size_t from = end;
	while (from > 0 && path[from - 1] != '/')
		from--;
	*ret_len = end - from;
	return path + from;
}

bool payload_is_single(const struct recipient *to)
{
	return to->channel == CHANNEL_WEBHOOK && to->form == WEBHOOK_PAGERDUTY;
}

const char *payload_template(const struct recipient *to)
{
	return to->form == WEBHOOK_TEMPLATE ? to->template : forms[to->form];
}

/* By something that has everything in it. */
int payload_check(const char *template_text, struct error *err)
{
	static const struct event events[] = {
		{ .kind = EVENT_FIRING,
			.client = "web1",
			.rule = "disk/critical/*",
			.instance = "/var",
			.severity = SEVERITY_CRITICAL,
			.value = 0.9,
			.limit = 0.8,
			.text = "\"why\"" },
		{ .kind = EVENT_RESOLVED,
			.client = "web2",
			.rule = "cpu/warning/*",
			.instance = "",
			.value = 0.5,
			.limit = 0.9,
			.text = "" },
	};
	static const struct payload_event told[] = {
		{ &events[0], "CRITICAL web1", "web" },
		{ &events[1], "RESOLVED web2", "web" },
	};
	const struct recipient to = { .name = "ops",
		.channel = CHANNEL_WEBHOOK,
		.form = WEBHOOK_TEMPLATE,
		.url = "https://example.com/x",
		.template = template_text };
	for (size_t count = 1; count <= ARRAY_LEN(told); count++) {
		const struct payload_message m = { "id@example.com", "", "a \"subject\"",
			"one\ntwo\n", told, count };
		struct buffer out CLEANUP(buffer_finish) = { 0 };
		if (payload_render(&to, &m, &out, err) < 0)
			return -1;
		const char *text = out.data ? out.data : "";
		char shown[200];
		(void)escape_text(shown, sizeof shown, text, out.len);
		if (!json_valid(text, out.len))
			return error_set(err, "what comes of it with %zu event%s is no JSON: %s",
				count, count == 1 ? "" : "s", shown);
	}
	return 0;
}
