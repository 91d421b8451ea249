#ifndef FLEET_ALERTS_ABOUT_H
#define FLEET_ALERTS_ABOUT_H

#include "lib/alerts/pen.h"
#include "lib/alerts/story.h"
#include "lib/config/config.h"
#include "lib/metrics/metrics.h"
#include "lib/storage/storage.h"

/*
 * A story with what the configuration knows about it, and its words. Part of text.c and
 * details.c.
 */

/* What alerts of one kind say. %l is the rule's label, %i its instance with a blank before it,
 * %v the value, %m the limit, %s the limit's side, %w the time over which, %n of how many. */
struct phrase {
	const char *firing, *over;
	const char *was;  /* of a time that is over */
	const char *rule; /* what its rule asks for */
};

enum { ABOUT_NAME_SIZE = 160 };

struct about {
	const struct story *story;
	const struct config *config;
	const struct client *client;	/* NULL when gone, or it concerns none */
	const struct rule *rule;	/* NULL when gone or built in */
	const struct rule_group *group; /* of a rule that counts clients, otherwise NULL */
	struct metric metric;		/* its name is NULL when unknown, or it is about none */
	const struct phrase *phrase;
	bool built_in;
	enum metric_unit unit; /* of value and limit */
	/* Shortened: a mail's subject must not grow with a mount's name. */
	char instance[ABOUT_NAME_SIZE], where[ABOUT_NAME_SIZE];
	char label_text[64];
	char value[64], limit[64], within[64];
};

struct about about_story(const struct story *s, const struct config *config);

/* Appends a phrase with all put in. */
void about_say(const struct about *a, const char *phrase, struct pen *out);

enum { ABOUT_TIME_SIZE = 32, ABOUT_SPAN_SIZE = 64 };

/* "2026-11-22 04:33:34 UTC", and "10 min 0 s". They return `out`. */
const char *about_time(int64_t ms, char out[static ABOUT_TIME_SIZE]);
const char *about_span(int64_t ms, char out[static ABOUT_SPAN_SIZE]);

#endif
