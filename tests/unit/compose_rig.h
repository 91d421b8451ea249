#ifndef FLEET_TESTS_COMPOSE_RIG_H
#define FLEET_TESTS_COMPOSE_RIG_H

#include "lib/alerts/compose.h"

/*
 * Three clients with a rule on disks, an event of one of them, and an outbox that answers what
 * compose() asks.
 */
extern const struct client rig_clients[3];
extern const struct rule rig_disk;
extern const struct event rig_firing; /* event 1: disk /var of web1, critical, to ops */

/* With <mail>, or without. */
struct config rig_config(bool mail);

struct composing {
	struct config config;
	int64_t now;
	struct deferred_event deferred[16];
	size_t deferred_count;
	/* What the outbox answers. */
	uint64_t told_hour, told_lately, told_ahead; /* ahead: later than now */
	const struct alert *alert;
	const struct history_point *points;
	size_t point_count;
	size_t asked_history;
	/* What came of it. */
	struct arena pool;
	struct composed composed;
};

struct composing rig_composing(void);
void rig_finish(struct composing *c);

/* Fails the test when compose() does. */
void rig_compose(struct composing *c, const struct event *events, size_t count);

/* The deferred events of what was composed wait now, in place of those that did. */
void rig_wait(struct composing *c, const struct event *events, size_t count);

#endif
