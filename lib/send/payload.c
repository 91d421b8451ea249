#include "lib/send/payload.h"

#include <errno.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/crypto/hash.h"
#include "lib/escape.h"
#include "lib/hex.h"
#include "lib/send/json.h"
#include "lib/send/payload_forms.h"
#include "lib/send/template.h"
#include "lib/storage/words.h"

struct source {
	const struct recipient *to;
	const struct payload_message *m;
	size_t shown; /* events that {{#events}} gives */
};

static bool is_over(const struct event *e)
{
	return e->kind == EVENT_RESOLVED || e->kind == EVENT_CLOSED || e->kind == EVENT_LATE;
}

static bool is_firing(const struct source *s)
{
	for (size_t i = 0; i < s->m->count; i++)
		if (!is_over(s->m->events[i].event))
			return true;
	return false;
}

/* Of what fires, if anything does. */
static bool is_critical(const struct source *s)
{
	bool firing = is_firing(s);
	for (size_t i = 0; i < s->m->count; i++) {
		const struct event *e = s->m->events[i].event;
		if (e->severity == SEVERITY_CRITICAL && !(firing && is_over(e)))
			return true;
	}
	return false;
}

static int put_time(int64_t ms, struct buffer *out)
{
	char text[CLOCK_TEXT_SIZE];
	return buffer_append_text(out, clock_format_utc(ms, text));
}

/* ---- values of the message ---------------------------------------------------------------- */

typedef int put_message(const struct source *s, struct buffer *out);
typedef int put_event(const struct payload_event *e, struct buffer *out);

static int put_subject(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, s->m->subject);
}

static int put_text(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, s->m->text);
}

static int put_recipient(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, s->to->name);
}

static int put_message_id(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, s->m->message_id);
}

static int put_thread(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, s->m->references[0] ? s->m->references : s->m->message_id);
}

static int put_count(const struct source *s, struct buffer *out)
{
	return buffer_printf(out, "%zu", s->m->count);
}

static int put_truncated(const struct source *s, struct buffer *out)
{
	return buffer_printf(out, "%zu", s->m->count - s->shown);
}

static int put_status(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, is_firing(s) ? "firing" : "resolved");
}

static int put_action(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, is_firing(s) ? "trigger" : "resolve");
}

static int put_severity(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, is_critical(s) ? "critical" : "warning");
}

static int put_priority(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, !is_firing(s) ? "3" : is_critical(s) ? "5" : "4");
}

static int put_tag(const struct source *s, struct buffer *out)
{
	return buffer_append_text(out, !is_firing(s)	? "white_check_mark"
				       : is_critical(s) ? "rotating_light"
							: "warning");
}

static int put_topic(const struct source *s, struct buffer *out)
{
	size_t len;
	const char *topic = payload_topic(s->to, &len);
	return buffer_append(out, topic, len);
}

/* It stays what it is until the message is sent: see payload.h. */
static int put_token(const struct source *s, struct buffer *out)
{
	(void)s;
	return buffer_append_text(out, PAYLOAD_TOKEN);
}

/* ---- values of an event ------------------------------------------------------------------- */

static int put_kind(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, kind_name(e->event->kind));
}

static int put_event_status(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, is_over(e->event) ? "resolved" : "firing");
}

static int put_event_severity(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, severity_name(e->event->severity));
}

static int put_headline(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, e->headline);
}

static int put_client(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, e->event->client);
}

static int put_group(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, e->group);
}

static int put_source(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, e->event->client[0] ? e->event->client : "fleet-health");
}

static int put_alert(const struct payload_event *e, struct buffer *out)
{
	return buffer_append(out, e->event->rule, strcspn(e->event->rule, "/"));
}

static int put_rule(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, e->event->rule);
}

static int put_instance(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, e->event->instance);
}

static int put_reason(const struct payload_event *e, struct buffer *out)
{
	return buffer_append_text(out, e->event->text);
}

static int put_value(const struct payload_event *e, struct buffer *out)
{
	return json_put_number(e->event->value, out);
}

static int put_limit(const struct payload_event *e, struct buffer *out)
{
	return json_put_number(e->event->limit, out);
}

static int put_at(const struct payload_event *e, struct buffer *out)
{
	return put_time(e->event->at, out);
}

static int put_since(const struct payload_event *e, struct buffer *out)
{
	return put_time(e->event->since ? e->event->since : e->event->at, out);
}

static int put_ended(const struct payload_event *e, struct buffer *out)
{
	return is_over(e->event) ? put_time(e->event->at, out)
				 : buffer_append_text(out, "0001-01-01T00:00:00Z");
}

static int put_key(const struct payload_event *e, struct buffer *out)
{
	struct buffer name CLEANUP(buffer_finish) = { 0 };
	uint8_t digest[HASH_DIGEST_SIZE];
	char hex[2 * HASH_DIGEST_SIZE + 1];
	const struct event *v = e->event;
	if (buffer_append(&name, v->client, strlen(v->client) + 1) < 0 ||
		buffer_append(&name, v->rule, strlen(v->rule) + 1) < 0 ||
		buffer_append_text(&name, v->instance) < 0)
		return -1;
	hash_digest(name.data, name.len, digest);
	return buffer_append_text(out, hex_encode(hex, digest, sizeof digest));
}

/* ---- names -------------------------------------------------------------------------------- */

/* One with both has the first outside of {{#events}}. */
static const struct field {
	const char *name;
	put_message *message;
	put_event *event;
	bool is_bare;	    /* a number or null: stands without quotes */
	bool for_command;   /* one of a command's, too */
	put_message *mixed; /* outside, when the events have several; NULL: nothing */
} fields[] = {
	/* clang-format off */
	{ "action",     put_action,     NULL,               false, false, NULL },
	{ "alert",      NULL,           put_alert,          false, true,  NULL },
	{ "at",         NULL,           put_at,             false, true,  NULL },
	{ "client",     NULL,           put_client,         false, true,  NULL },
	{ "count",      put_count,      NULL,               true,  true,  NULL },
	{ "ended",      NULL,           put_ended,          false, false, NULL },
	{ "event",      NULL,           put_kind,           false, true,  NULL },
	{ "group",      NULL,           put_group,          false, true,  NULL },
	{ "headline",   NULL,           put_headline,       false, true,  put_subject },
	{ "instance",   NULL,           put_instance,       false, true,  NULL },
	{ "key",        NULL,           put_key,            false, true,  put_message_id },
	{ "limit",      NULL,           put_limit,          true,  true,  NULL },
	{ "message_id", put_message_id, NULL,               false, true,  NULL },
	{ "priority",   put_priority,   NULL,               true,  false, NULL },
	{ "reason",     NULL,           put_reason,         false, true,  NULL },
	{ "recipient",  put_recipient,  NULL,               false, true,  NULL },
	{ "rule",       NULL,           put_rule,           false, true,  NULL },
	{ "severity",   put_severity,   put_event_severity, false, true,  NULL },
	{ "since",      NULL,           put_since,          false, true,  NULL },
	{ "source",     NULL,           put_source,         false, false, NULL },
	{ "status",     put_status,     put_event_status,   false, true,  NULL },
	{ "subject",    put_subject,    NULL,               false, true,  NULL },
	{ "tag",        put_tag,        NULL,               false, false, NULL },
	{ "text",       put_text,       NULL,               false, false, NULL },
	{ "thread",     put_thread,     NULL,               false, true,  NULL },
	{ "token",      put_token,      NULL,               true,  false, NULL },
	{ "topic",      put_topic,      NULL,               false, false, NULL },
	{ "truncated",  put_truncated,  NULL,               true,  false, NULL },
	{ "value",      NULL,           put_value,          true,  true,  NULL },
	/* clang-format on */
};

/* What all events have in common. */
static int put_common(const struct source *s, const struct field *f, struct buffer *out)
{
	struct buffer other CLEANUP(buffer_finish) = { 0 };
	size_t start = out->len;
	if (f->event(&s->m->events[0], out) < 0)
		return -1;
	for (size_t i = 1; i < s->m->count; i++) {
		buffer_clear(&other);
		if (f->event(&s->m->events[i], &other) < 0)
			return -1;
		size_t len = out->len - start;
		if (other.len == len &&
			(len == 0 || memcmp(other.data, out->data + start, len) == 0))
			continue;
		out->len = start;
		if (f->mixed)
			return f->mixed(s, out);
		return f->is_bare ? buffer_append_text(out, "null") : 0;
	}
	return 0;
}

static int put_field(
	const struct source *s, const struct field *f, size_t event, struct buffer *out)
{
	if (f->event && event != TEMPLATE_ALL)
		return f->event(&s->m->events[event], out);
	return f->message ? f->message(s, out) : put_common(s, f, out);
}

static int put_name(void *arg, const char *name, size_t event, struct buffer *out, bool *ret_bare,
	bool *ret_known)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		*ret_bare = fields[i].is_bare;
		return put_field(arg, &fields[i], event, out);
	}
	*ret_known = false;
	return 0;
}

/* ---- payloads ------------------------------------------------------------------------------ */

/* With as many events as there is room for. */
static int render_json(struct source *s, struct buffer *out, struct error *err)
{
	const char *template = payload_template(s->to);
	for (s->shown = s->m->count; s->shown > 0; s->shown /= 2) {
		const struct template_source names = { put_name, s->shown, s };
		buffer_clear(out);
		errno = 0;
		if (template_render(template, &names, json_put_text, out, err) == 0)
			return 0;
		if (errno != EFBIG)
			break;
	}
	return -1;
}

/* A line each, in which no value can begin another. */
static int render_fields(const struct source *s, struct buffer *out)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		struct buffer value CLEANUP(buffer_finish) = { 0 };
		char shown[4096];
		if (!fields[i].for_command)
			continue;
		if (put_field(s, &fields[i], TEMPLATE_ALL, &value) < 0)
			return -1;
		(void)escape_text(shown, sizeof shown, value.len ? value.data : "", value.len);
		if (buffer_printf(out, "%s=%s\n", fields[i].name, shown) < 0)
			return -1;
	}
	return 0;
}

static int put_argument(void *arg, const char *name, size_t event, struct buffer *out,
	bool *ret_bare, bool *ret_known)
{
	(void)arg, (void)event, (void)out, (void)ret_bare;
	*ret_known = false;
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fields[i].for_command && strcmp(fields[i].name, name) == 0)
			*ret_known = true;
	return 0;
}

int payload_check_argument(const char *word, struct error *err)
{
	const struct template_source names = { .put = put_argument };
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	if (strstr(word, "{{#"))
		return error_set(err, "there are no events in an argument");
	return template_render(word, &names, json_put_text, &out, err);
}

int payload_render(const struct recipient *to, const struct payload_message *m, struct buffer *out,
	struct error *err)
{
	struct buffer body CLEANUP(buffer_finish) = { .cap = PAYLOAD_MAX };
	struct source s = { to, m, m->count };
	if (to->channel == CHANNEL_WEBHOOK && render_json(&s, &body, err) < 0)
		return -1;
	if (to->channel == CHANNEL_COMMAND && render_fields(&s, &body) < 0)
		return error_no_memory(err);
	if (body.len > 0 && buffer_append(out, body.data, body.len) < 0)
		return error_no_memory(err);
	return 0;
}
