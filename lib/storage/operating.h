#ifndef FLEET_STORAGE_OPERATING_H
#define FLEET_STORAGE_OPERATING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/storage/alerting.h"
#include "lib/storage/open.h"

/* What the console does with storage, and the programs to say how they keep up. */

struct client_status {
	const char *client;
	bool has_sample;
	enum outcome outcome; /* of the newest attempt */
	const char *error;
	int64_t taken_at;		       /* of the newest attempt */
	int64_t last_good_at;		       /* of the newest ok sample; 0 = never */
	const struct stored_reading *readings; /* of that one */
	size_t reading_count;
	uint32_t open_alerts; /* without those that are held */
};
struct status_set {
	struct client_status *items;
	size_t count;
	void *memory;
};
/* One row per client known to storage, by name. */
int storage_get_status(struct storage *s, struct status_set *ret_set, struct error *err) MUST_CHECK;
/* The same of one client; none when it is not known. */
int storage_get_client_status(struct storage *s, const char *client, struct status_set *ret_set,
	struct error *err) MUST_CHECK;
void status_set_finish(struct status_set *s);

/* The whole report of a client that was kept last, header and all, as struct sample has it: at
 * most ten minutes older than the newest. Appends nothing and leaves *ret_taken_at 0 when none
 * is. */
int storage_get_report(struct storage *s, const char *client, struct buffer *out,
	int64_t *ret_taken_at, struct error *err) MUST_CHECK;

/* The newest events of a client, newest first, of one rule and instance or, with NULL, of any. */
int storage_get_events(struct storage *s, const char *client, const char *rule,
	const char *instance, size_t limit, struct event_set *ret_events,
	struct error *err) MUST_CHECK;

/* Those of one life of an alert, oldest first: what the event `opened_event` opened. */
int storage_get_thread(struct storage *s, uint64_t opened_event, size_t limit,
	struct event_set *ret_events, struct error *err) MUST_CHECK;

/* What became of telling one event to one recipient. */
struct delivery {
	uint64_t event_id;
	const char *channel; /* as in struct notification; "" while it is deferred */
	const char *recipient;
	const char *message_id; /* "" while it is deferred: until next_try_at */
	enum notification_state state;
	uint32_t tries;
	int64_t created_at, next_try_at, done_at;
	const char *last_error;
};
struct delivery_set {
	struct delivery *items;
	size_t count;
	void *memory;
};
/* Of these events, in their order. */
int storage_get_deliveries(struct storage *s, const uint64_t *events, size_t count,
	struct delivery_set *ret_set, struct error *err) MUST_CHECK;
void delivery_set_finish(struct delivery_set *d);

/* Somebody has taken on the alert that this event opened, as severe as it is now. Who does so later
 * takes the place of who did before. *ret_found tells whether such an alert is there. */
int storage_acknowledge(struct storage *s, uint64_t opened_event, const char *who, const char *why,
	int64_t now, bool *ret_found, struct error *err) MUST_CHECK;

/* Nobody is told of what it covers while it lasts: every alert whose client, group, metric and
 * instance match all four glob patterns ("*" = any). */
struct silence {
	uint64_t id;
	const char *client, *group, *metric, *instance;
	int64_t starts_at, ends_at; /* ends_at 0: until it is lifted */
	const char *weekly; /* "" = all the time between these; or only so: "sun 02:00-04:00", local
			       time of the alerter's machine */
	const char *who, *why;
	int64_t created_at;
	int64_t lifted_at; /* 0: it was not */
	const char *lifted_by, *lifted_why;
};
struct silence_set {
	struct silence *items;
	size_t count;
	void *memory;
};
/* id and lifted_… are not read. The same again makes no second one. */
int storage_add_silence(struct storage *s, const struct silence *silence, uint64_t *ret_id,
	struct error *err) MUST_CHECK;
/* Those that were neither over nor lifted at that time, later ones too, by id. */
int storage_get_silences(
	struct storage *s, int64_t at, struct silence_set *ret_set, struct error *err) MUST_CHECK;
void silence_set_finish(struct silence_set *s);
/* *ret_found tells whether there is one that was not lifted yet. */
int storage_lift_silence(struct storage *s, uint64_t id, const char *who, const char *why,
	int64_t now, bool *ret_found, struct error *err) MUST_CHECK;

/* Removes everything stored about a client. *ret_found tells whether it was known. */
int storage_forget(
	struct storage *s, const char *client, bool *ret_found, struct error *err) MUST_CHECK;

/* Counts for `fleet status` and for complaints on stderr. */
enum { BACKLOG_CHANNELS_MAX = 8 };
struct storage_backlog {
	uint64_t unprocessed;
	int64_t oldest_unprocessed_at;
	uint64_t deferred;	  /* events, each for one recipient */
	uint64_t waiting, failed; /* notifications */
	int64_t oldest_waiting_at;
	int64_t newest_failed_at;
	struct channel_backlog { /* of those that have any */
		char channel[16];
		uint64_t waiting, failed;
		int64_t oldest_waiting_at;
	} channels[BACKLOG_CHANNELS_MAX];
	size_t channel_count;
};
int storage_get_backlog(
	struct storage *s, struct storage_backlog *ret, struct error *err) MUST_CHECK;

#endif
