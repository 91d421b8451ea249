#ifndef FLEET_SEND_PAYLOAD_H
#define FLEET_SEND_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * What a webhook or a command is given beside subject and text, frozen in notification.payload
 * when the notification is composed. Pure.
 *
 * A webhook gets JSON, made of a template (template.h): one of the ready forms below, or the
 * administrator's own. A command gets fields, one line each ("client=web1"), which become
 * environment variables (FLEET_CLIENT) and parts of its arguments ({{client}}); see command.h.
 *
 * Names a template may use. Those of the message as a whole:
 *
 *   subject text      as a mail would have them
 *   recipient         the name that mail="…" in config.xml says
 *   message_id        the notification's; the same each time it is sent
 *   thread            Message-ID of the message that first told the alert; its own at first
 *   count             how many events it tells
 *   truncated         how many of them {{#events}} leaves out, since they are too many
 *   status            firing while any of its events is about an alert that fires, or resolved
 *   action            the same in PagerDuty's words: trigger, resolve
 *   severity          the worst: critical, warning
 *   priority          of ntfy: 5 critical, 4 warning, 3 resolved
 *   tag               of ntfy: rotating_light, warning, white_check_mark
 *   topic             the last part of the path of the webhook's url
 *   token             the webhook's; put in when it is sent, so that no secret is stored
 *
 * Those of an event, between {{#events}} and {{/events}}; outside, what all events have in
 * common, or nothing ("" or null):
 *
 *   event             firing, resolved, closed, repeat, late, worse, flapping, escalated
 *   headline          "CRITICAL web1: disk /var 93.1 % (limit 90.0 %)"
 *   client group      "" when it concerns no client
 *   source            the client, or "fleet-health"
 *   alert rule        "disk", and the whole key: "disk/critical/…"
 *   instance          "/var"
 *   reason            why, where there is more to say: "no answer in time"
 *   value limit       numbers, or null
 *   at since          times, "2026-11-22T04:33:34.123Z": of the event; of the first breach
 *   ended             as `at` once it is over, else 0001-01-01T00:00:00Z, as Alertmanager has it
 *   key               the same for the whole life of an alert: BLAKE2b-128 of client, rule and
 *                     instance as 32 hex digits; outside, of several events, the message_id
 *
 * count, truncated, priority, value and limit are numbers and stand without quotes; all else is
 * text, put inside quotes that are the template's own.
 *
 * The ready forms, by the names that form="…" has:
 *
 *   json              all of the above (the default)
 *   slack             Mattermost's too, {"text": …}: https://api.slack.com/messaging/webhooks,
 *                     https://developers.mattermost.com/integrate/webhooks/incoming/
 *   ntfy              https://docs.ntfy.sh/publish/#publish-as-json; url is the topic's
 *   pagerduty         Events API v2, the routing key in token-file:
 *                     https://developer.pagerduty.com/docs/send-alert-event
 *   alertmanager      what receivers of Alertmanager's webhooks take, version 4 of its payload:
 *                     https://prometheus.io/docs/alerting/latest/configuration/#webhook_config.
 *                     Not what Alertmanager takes itself, which forgets an alert that is not
 *                     told again every few minutes.
 */
struct payload_event {
	const struct event *event;
	const char *headline; /* text_headline() */
	const char *group;    /* of its client; "" */
};

struct payload_message {
	const char *message_id, *references, *subject, *text; /* as in struct notification */
	const struct payload_event *events;
	size_t count; /* at least 1 */
};

/* What one message may hold; less than receivers and databases take. */
enum { PAYLOAD_MAX = 1000 * 1000 };

/* Appends the payload for this recipient; nothing when its channel has none (mail, stdout).
 * Bytes that came from clients may be anything: they are escaped here, once more than in
 * subject and text. Fails for want of memory, for a message that is too large with one event, and
 * for a template that payload_check() refuses. */
int payload_render(const struct recipient *to, const struct payload_message *m, struct buffer *out,
	struct error *err) MUST_CHECK;

/* Whether it takes one event a message only, so that no digest may be made for it: PagerDuty,
 * where every alert is an incident with a key of its own. */
bool payload_is_single(const struct recipient *to);

/* What stands in a payload where the webhook's token is to be put, as the inside of a JSON string,
 * when it is sent. No text that came from anywhere can make it. */
#define PAYLOAD_TOKEN "{{token}}"

/* The last part of the path of its url, which is ntfy's topic; not terminated. */
const char *payload_topic(const struct recipient *to, size_t *ret_len);

/* Refuses a template that names what is not there, is not closed, or does not make JSON. */
int payload_check(const char *template_text, struct error *err) MUST_CHECK;

/* The same of an argument of a command: it can name what stands once, {{#events}} and text aside.
 */
int payload_check_argument(const char *word, struct error *err) MUST_CHECK;

#endif
