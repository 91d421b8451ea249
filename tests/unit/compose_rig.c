#include "tests/unit/compose_rig.h"

#include "tests/unit/unit.h"

#include <string.h>

static const char *const nobody[] = { NULL };

const struct rule rig_disk = {
	.type = "filesystem_used_ratio",
	.label = "disk",
	.key = "disk/critical/*",
	.limit = 0.9,
	.clear = 0.9,
	.severity = SEVERITY_CRITICAL,
	.instance = "*",
	.mail = nobody,
	.file = "/etc/fleet-health/config.xml",
	.line = 12,
};
static const struct rule *const rules[] = { &rig_disk, NULL };

#define CLIENT(number, address, group_name)                                              \
	{                                                                                \
		.name = "web" #number, .ip = address, .port = 22, .username = "monitor", \
		.rules = rules, .mail = nobody, .group = group_name,                     \
		.file = "/etc/fleet-health/config.xml", .line = (number)*10              \
	}
const struct client rig_clients[3] = {
	CLIENT(1, "192.0.2.10", "dc1/web"),
	CLIENT(2, "192.0.2.11", ""),
	CLIENT(3, "192.0.2.12", ""),
};

static const struct client *const by_name[] = { &rig_clients[0], &rig_clients[1], &rig_clients[2] };

const struct event rig_firing = {
	.id = 1,
	.kind = EVENT_FIRING,
	.at = 1795322014123,
	.client = "web1",
	.rule = "disk/critical/*",
	.instance = "/var",
	.severity = SEVERITY_CRITICAL,
	.value = 0.931,
	.limit = 0.9,
	.since = 1795321414123,
	.last_good_at = 1795322014123,
	.opened_event = 1,
	.text = "",
	.recipients = "ops@example.com",
	.held = "",
};

struct config rig_config(bool mail)
{
	return (struct config){
		.file = "/etc/fleet-health/config.xml",
		.dir = "/etc/fleet-health",
		.mail = { .enabled = mail, .list_id = "example.com" },
		.alerter = { .mail = nobody },
		.clients = rig_clients,
		.clients_by_name = by_name,
		.client_count = ARRAY_LEN(rig_clients),
	};
}

struct composing rig_composing(void)
{
	return (struct composing){ .config = rig_config(true), .now = 1795322020000 };
}

void rig_finish(struct composing *c)
{
	arena_finish(&c->pool);
}

/* The alert that event 1 opened was told ops. */
static int first_message(void *arg, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err)
{
	(void)arg, (void)err;
	if (opened_event == 1 && strcmp(recipient, "ops@example.com") == 0)
		return buffer_append_text(out, "first@example.com");
	return 0;
}

static int count(void *arg, const char *recipient, int64_t since, int64_t until,
	uint64_t *ret_count, struct error *err)
{
	const struct composing *c = arg;
	(void)recipient, (void)err;
	*ret_count = c->now - since > 10 * 60 * 1000 ? c->told_hour : c->told_lately;
	*ret_count += until > c->now ? c->told_ahead : 0;
	return 0;
}

static int history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err)
{
	struct composing *c = arg;
	(void)client, (void)metric, (void)instance, (void)from, (void)to, (void)err;
	c->asked_history++;
	*ret_count = c->point_count < most ? c->point_count : most;
	if (*ret_count > 0)
		memcpy(ret_points, c->points, *ret_count * sizeof *ret_points);
	return 0;
}

static const struct alert *alert(void *arg, const struct event *e)
{
	const struct composing *c = arg;
	(void)e;
	return c->alert;
}

void rig_compose(struct composing *c, const struct event *events, size_t event_count)
{
	const struct compose_input in = {
		.events = events,
		.count = event_count,
		.deferred = c->deferred,
		.deferred_count = c->deferred_count,
		.config = &c->config,
		.now = c->now,
		.ask = { first_message, count, history, alert, c },
	};
	struct error err = { "" };
	if (compose(&in, &c->pool, &c->composed, &err) < 0)
		fail_msg("%s", err.text);
}

static bool is_done(const struct composed *composed, const struct deferred_event *d)
{
	for (size_t i = 0; i < composed->deferred_count; i++)
		if (composed->deferred[i].event_id == d->event.id &&
			strcmp(composed->deferred[i].recipient, d->recipient) == 0)
			return true; /* its row gets another time */
	for (size_t i = 0; i < composed->done_count; i++)
		if (composed->done[i].event_id == d->event.id &&
			strcmp(composed->done[i].recipient, d->recipient) == 0)
			return true;
	return false;
}

static const struct event *find_event(
	const struct composing *c, const struct event *events, size_t count_events, uint64_t id)
{
	for (size_t i = 0; i < count_events; i++)
		if (events[i].id == id)
			return &events[i];
	for (size_t i = 0; i < c->deferred_count; i++)
		if (c->deferred[i].event.id == id)
			return &c->deferred[i].event;
	fail_msg("event %d is not known", (int)id);
	return NULL;
}

void rig_wait(struct composing *c, const struct event *events, size_t event_count)
{
	struct deferred_event next[ARRAY_LEN(c->deferred)];
	size_t n = 0;
	for (size_t i = 0; i < c->deferred_count; i++)
		if (!is_done(&c->composed, &c->deferred[i]))
			next[n++] = c->deferred[i];
	for (size_t i = 0; i < c->composed.deferred_count; i++) {
		const struct deferral *d = &c->composed.deferred[i];
		assert_true(n < ARRAY_LEN(next));
		next[n++] =
			(struct deferred_event){ *find_event(c, events, event_count, d->event_id),
				d->recipient, d->due_at };
	}
	memcpy(c->deferred, next, n * sizeof *next);
	c->deferred_count = n;
}
