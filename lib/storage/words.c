#include "lib/storage/words.h"

#include <string.h>

static const char *const states[] = {
	[ALERT_OK] = "ok",
	[ALERT_PENDING] = "pending",
	[ALERT_FIRING] = "firing",
};

static const char *const severities[] = {
	[SEVERITY_WARNING] = "warning",
	[SEVERITY_CRITICAL] = "critical",
};

static const char *const kinds[] = {
	[EVENT_FIRING] = "firing",
	[EVENT_RESOLVED] = "resolved",
	[EVENT_CLOSED] = "closed",
	[EVENT_REPEAT] = "repeat",
	[EVENT_LATE] = "late",
	[EVENT_WORSE] = "worse",
	[EVENT_FLAPPING] = "flapping",
	[EVENT_ESCALATED] = "escalated",
};

static const char *const deliveries[] = {
	[NOTIFICATION_WAITING] = "waiting",
	[NOTIFICATION_SENT] = "sent",
	[NOTIFICATION_FAILED] = "failed",
};

static unsigned find(const char *const *names, size_t count, const char *name)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return i;
	return 0;
}

const char *state_name(enum alert_state s)
{
	return states[s];
}

const char *severity_name(enum severity s)
{
	return severities[s];
}

const char *kind_name(enum event_kind k)
{
	return kinds[k];
}

const char *delivery_name(enum notification_state s)
{
	return deliveries[s];
}

enum alert_state state_of(const char *name)
{
	return (enum alert_state)find(states, ARRAY_LEN(states), name);
}

enum severity severity_of(const char *name)
{
	return (enum severity)find(severities, ARRAY_LEN(severities), name);
}

enum event_kind kind_of(const char *name)
{
	return (enum event_kind)find(kinds, ARRAY_LEN(kinds), name);
}

enum notification_state delivery_of(const char *name)
{
	return (enum notification_state)find(deliveries, ARRAY_LEN(deliveries), name);
}

enum outcome outcome_of(const char *name)
{
	enum outcome o;
	return outcome_parse(name, &o) ? OUTCOME_INTERNAL : o;
}

enum stage stage_of(const char *name)
{
	enum stage s;
	return stage_parse(name, &s) ? STAGE_NONE : s;
}
