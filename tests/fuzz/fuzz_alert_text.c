/*
 * Events whose every name is hostile, as mails with an HTML part. An input holds events, each of
 * a byte that says what happened (bits 0 to 2 the kind, 3 critical, 4 acknowledged) and four
 * texts that each end in NUL: client, rule, instance, reason.
 */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "lib/alerts/compose.h"
#include "lib/escape.h"

enum { EVENTS_MAX = 16, NOW = 1000000 };

/* ---- a configuration that knows some of what seeds say ----------------------------------- */

static const char *const nobody[] = { NULL };

#define RULE(key_text, kind_of, ...)                                               \
	{                                                                          \
		.key = key_text, .kind = kind_of, .instance = "*", .mail = nobody, \
		.file = "c.xml", .line = 1, __VA_ARGS__                            \
	}
static const struct rule disk_rules[] = {
	RULE("disk/warning/*", RULE_LEVEL, .type = "filesystem_used_ratio", .label = "disk",
		.limit = 0.9, .has_critical = true, .critical = 0.97),
	RULE("memory/warning/*", RULE_LEVEL, .type = "memory_used_ratio", .label = "memory",
		.limit = 0.1, .below = true),
	RULE("disk/warning/*/full", RULE_FULL_WITHIN, .type = "filesystem_used_ratio",
		.label = "disk", .limit = 3600, .below = true, .within_ms = 3600000),
	RULE("cpu/warning/*/change", RULE_CHANGE, .type = "cpu_used_ratio", .label = "cpu",
		.limit = 0.5, .within_ms = 3600000),
	RULE("disk/warning/*/absent", RULE_ABSENT, .type = "filesystem_used_ratio", .label = "disk",
		.limit = 600),
	RULE("sample-age/warning", RULE_SAMPLE_AGE, .type = "", .label = "sample-age",
		.limit = 600),
};
static const struct rule *const rules[] = { &disk_rules[0], &disk_rules[1], &disk_rules[2],
	&disk_rules[3], &disk_rules[4], &disk_rules[5], NULL };

static const struct client gate = {
	.name = "gate", .ip = "fd00::1", .port = 22, .username = "fleet"
};
static const struct client web1 = {
	.name = "web1",
	.ip = "192.0.2.1",
	.port = 22,
	.username = "monitor",
	.jump = &gate,
	.rules = rules,
	.mail = nobody,
	.group = "web",
	.file = "c.xml",
	.line = 2,
};
static const struct client *const by_name[] = { &web1 };

static const struct rule_group web = {
	.group = "web",
	.counts = &disk_rules[0],
	.rule = RULE("disk/warning/*/count", RULE_COUNT, .type = "filesystem_used_ratio",
		.label = "disk", .limit = 3),
	.mail = nobody,
	.client_count = 10,
};
static const struct rule_group *const groups[] = { &web };

static const struct config config = {
	.file = "/etc/c.xml",
	.dir = "/etc",
	.mail = { .enabled = true, .list_id = "example.com" },
	.alerter = { .mail = nobody },
	.clients = &web1,
	.clients_by_name = by_name,
	.client_count = 1,
	.rule_groups = groups,
	.rule_group_count = 1,
};

/* ---- what compose() asks ----------------------------------------------------------------- */

struct input {
	const char *at, *end;
	struct arena pool;
	struct alert row;
};

static int first_message(void *arg, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err)
{
	(void)arg, (void)opened_event, (void)recipient, (void)err;
	return buffer_append_text(out, "first@example.com");
}

static int history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err)
{
	(void)arg, (void)client, (void)metric, (void)instance, (void)to, (void)err;
	assert(most >= 2);
	for (size_t i = 0; i < 2; i++)
		ret_points[i] = (struct history_point){ from + (int64_t)i, (double)i };
	*ret_count = 2;
	return 0;
}

static const struct alert *find_alert(void *arg, const struct event *e)
{
	struct input *in = arg;
	in->row = (struct alert){
		.acked_at = 1, .acked_by = e->instance, .acked_why = e->text, .held = e->instance
	};
	return e->limit > 0 ? &in->row : NULL;
}

/* ---- an input ---------------------------------------------------------------------------- */

/* Up to the next NUL. */
static const char *next(struct input *in)
{
	size_t len = strnlen(in->at, (size_t)(in->end - in->at));
	const char *text = arena_copy(&in->pool, in->at, len);
	in->at += len + (in->at + len < in->end);
	return text;
}

static void read_event(struct input *in, uint64_t id, struct event *e)
{
	unsigned char what = (unsigned char)*in->at++;
	*e = (struct event){ .id = id,
		.kind = (enum event_kind)(what & 7),
		.severity = what & 8 ? SEVERITY_CRITICAL : SEVERITY_WARNING,
		.limit = what & 16 ? 1 : 0,
		.value = (double)what,
		.at = NOW - 1000 * (int64_t)what,
		.since = NOW - 100000,
		.last_good_at = what & 1 ? NOW : 0,
		.opened_event = 1,
		.recipients = "ops@example.com",
		.held = "" };
	e->client = next(in);
	e->rule = next(in);
	e->instance = next(in);
	e->text = next(in);
	assert(e->client && e->rule && e->instance && e->text);
}

/* ---- what must hold ---------------------------------------------------------------------- */

/* The tags that an HTML part may have. */
static void check_tag(const char *at)
{
	static const char *const tags[] = { "<!DOCTYPE html>", "<html lang=\"en\">", "</html>",
		"<head>", "</head>", "<meta charset=\"utf-8\">", "<title>", "</title>",
		"<body style=\"", "</body>", "<p>", "<p style=\"", "</p>", "<b>", "</b>",
		"<table style=\"", "</table>", "<tr>", "</tr>", "<th style=\"", "</th>",
		"<td style=\"", "</td>", "<pre style=\"", "</pre>" };
	size_t i = 0;
	while (i < sizeof tags / sizeof *tags && strncmp(at, tags[i], strlen(tags[i])) != 0)
		i++;
	assert(i < sizeof tags / sizeof *tags);
}

static void check_plain(const char *text)
{
	assert(utf8_valid(text, strlen(text)));
	for (const char *c = text; *c; c++)
		assert((unsigned char)*c >= ' ' || *c == '\n');
}

static void check(const struct notification *n)
{
	check_plain(n->subject);
	check_plain(n->text);
	check_plain(n->payload);
	assert(!strchr(n->subject, '\n') && strlen(n->subject) < 1000);
	for (const char *c = strchr(n->payload, '<'); c; c = strchr(c + 1, '<'))
		check_tag(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { .at = (const char *)data, .end = (const char *)data + size };
	struct event events[EVENTS_MAX];
	size_t count = 0, told = 0;
	while (in.at < in.end && count < EVENTS_MAX) {
		read_event(&in, count + 1, &events[count]);
		count++;
	}
	const struct compose_input input = {
		.events = events,
		.count = count,
		.config = &config,
		.now = NOW,
		.ask = { first_message, NULL, history, find_alert, &in },
	};
	struct composed composed;
	assert(compose(&input, &in.pool, &composed, NULL) == 0);
	for (size_t i = 0; i < composed.count; i++) {
		check(&composed.items[i]);
		told += composed.items[i].event_count;
	}
	assert(told == count);
	arena_finish(&in.pool);
	return 0;
}
