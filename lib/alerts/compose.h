#ifndef FLEET_ALERTS_COMPOSE_H
#define FLEET_ALERTS_COMPOSE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/alerts/pool.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * Who is told what, and when: from events to frozen notifications. Pure but for the questions
 * below and the time zone of quiet hours.
 *
 * Every name in an event's recipients gets messages of its own (config_recipient()), so that one
 * bad address costs nobody else anything; of names that mean one address only the first does.
 * Events of one alert that go out together are one story (story.h). What a recipient is not to be
 * told now is deferred, nothing is dropped: in quiet hours what is not critical; beyond so many
 * messages an hour what there is no room for (quiet.h). When something of an alert goes, all that
 * waits of it goes along.
 *
 * Up to COMPOSE_SINGLE_MAX alerts go to a recipient as a message each, which replies to the one
 * that first told its alert. What is more, or more than there is room for, goes as one digest,
 * worst first, in as many messages as its lines need, but for webhooks that take one alert at a
 * time only: there what is critical needs no room. Without <mail>, and for an event with no
 * recipient at all, the text goes to standard output under the recipient "".
 *
 * A Message-ID is made of nothing but the row's content, so composing the same events again
 * gives the same one. Held events are never told.
 */
enum {
	COMPOSE_SINGLE_MAX = 5,
	COMPOSE_LINES_MAX = 1000 * 1000, /* bytes of one mail's list; storage cuts at 1 MiB */
	COMPOSE_PAYLOAD_ROWS = 500,	 /* alerts in one message that has each as JSON */
};

/* What compose() asks; all but the first may be NULL. */
struct compose_ask {
	/* As storage_first_message(): the Message-ID under which `recipient` was first told the
	 * alert that this event opened, or nothing. */
	int (*first_message)(void *arg, uint64_t opened_event, const char *recipient,
		struct buffer *out, struct error *err);
	/* As storage_count_notifications(). */
	int (*count)(void *arg, const char *recipient, int64_t since, int64_t until,
		uint64_t *ret_count, struct error *err);
	/* As storage_get_history(): for the last day of what is told. */
	int (*history)(void *arg, const char *client, const char *metric, const char *instance,
		int64_t from, int64_t to, size_t most, struct history_point *ret_points,
		size_t *ret_count, struct error *err);
	/* The alert's present row, NULL when it has none: who acknowledged it, what holds it. */
	const struct alert *(*alert)(void *arg, const struct event *e);
	void *arg;
};

struct compose_input {
	const struct event *events; /* that nobody was told yet, by id */
	size_t count;
	const struct told *told; /* as storage_told_already() */
	size_t told_count;
	const struct deferred_event *deferred; /* all that waits, due or not */
	size_t deferred_count;
	const struct config *config;
	int64_t now;
	struct compose_ask ask;
};

/* *ret_composed and all that it points at live in the pool. */
int compose(const struct compose_input *in, struct arena *pool, struct composed *ret_composed,
	struct error *err) MUST_CHECK;

#endif
