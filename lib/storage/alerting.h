#ifndef FLEET_STORAGE_ALERTING_H
#define FLEET_STORAGE_ALERTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/storage/collecting.h"
#include "lib/storage/open.h"

/* What the alerter does with storage. */

/* Becomes the one alerter until now + ttl, or finds another at work (*ret_epoch = 0). A
 * holder that extends its own lease in time keeps its epoch; `holder` names one process, not a
 * machine. Compare-and-set on one row. */
int storage_take_lease(struct storage *s, const char *holder, int64_t now, int64_t ttl_ms,
	uint64_t *ret_epoch, struct error *err) MUST_CHECK;
/* Gives it up; nothing happens when it is another's already. */
int storage_drop_lease(struct storage *s, uint64_t epoch, struct error *err) MUST_CHECK;

/* The id of a series is always the same, and never another's, so what is to be done with its
 * readings needs to be found by their names only once; 0 where it is not given. The names that
 * samples bring along (client, metric, instance) belong to the handle, as long as it is open. */
struct stored_reading {
	uint64_t series;
	const char *metric, *instance;
	double value;
};

struct stored_sample {
	uint64_t id, cycle_id;
	const char *client;
	int64_t taken_at;
	enum outcome outcome, first_outcome;
	enum stage stage;
	const char *error;
	const struct stored_reading *readings;
	size_t reading_count;
};

struct sample_batch {
	struct stored_sample *items;
	size_t count;
	void *memory;
};

/* Of which metrics (catalogue names, NULL-terminated, copied) the samples below have their
 * readings; of all of them when this was not called. Series that come to be later are among them.
 */
int storage_watch_metrics(
	struct storage *s, const char *const *metrics, struct error *err) MUST_CHECK;

/* The oldest unprocessed samples, at most `limit`, by id (so by time), with their readings by
 * series id. */
int storage_unprocessed(struct storage *s, size_t limit, struct sample_batch *ret_batch,
	struct error *err) MUST_CHECK;

/* The same of samples processed or not, for evaluating them once more: those with greater ids than
 * `after_id` (attempt_floor() of a time for the first) and of attempts before `until`. */
int storage_samples_between(struct storage *s, uint64_t after_id, int64_t until, size_t limit,
	struct sample_batch *ret_batch, struct error *err) MUST_CHECK;
void sample_batch_finish(struct sample_batch *b);

/* One value of a series. */
struct history_point {
	int64_t at;
	double value;
};

/* Values of one series from `from` to `to`, oldest first: at most `most` of them (2 at least), each
 * the first that is stored an equal part of the time after the one before. A series that is not
 * known has none. */
int storage_get_history(struct storage *s, const char *client, const char *metric,
	const char *instance, int64_t from, int64_t to, size_t most,
	struct history_point *ret_points, size_t *ret_count, struct error *err) MUST_CHECK;

enum alert_state { ALERT_OK, ALERT_PENDING, ALERT_FIRING };

/* The state of one (client, rule, instance). Only what is not plainly ok has a row; one that is
 * ok stays while its openings are counted (verdict.h), or while it tells when a series' past was
 * looked at last. Some rules keep something of their own:
 *   value         client-unreachable: failures in a row, also those that `count` leaves out as they
 *                 say nothing about the client
 *   limit         delivery: for how many ms the channel rests
 *   last_good_at  full-within and change: when the past was looked at
 *   level_since   collector-isolated: since when other clients answer all the same
 *   breaches      late breaches: how many the present run had
 */
struct alert {
	uint64_t id;	    /* 0 = not stored yet */
	const char *client; /* "" for what concerns no client */
	const char *rule;   /* struct rule.key, or "client-unreachable", … */
	const char *instance;
	enum alert_state state;
	enum severity severity;
	double value, limit; /* at the last sample that moved or confirmed it */
	int64_t since;	     /* of the state; of the first breach when pending or firing */
	int64_t as_of;	     /* taken_at of the newest sample that was evaluated */
	uint64_t as_of_id;
	int64_t clear_since;   /* when firing and already below: since when; else 0 */
	uint32_t count;	       /* consecutive: failures, or samples without the instance */
	int64_t last_good_at;  /* the last ok sample, of a metric's rule with this instance */
	int64_t told_at;       /* when the last event was made (for `repeat`); 0: nobody was told */
	uint64_t opened_event; /* event that opened the alert: threads hang on it */
	const char *recipients; /* of the event that opened it, as in struct event: what follows
				   goes to whom the problem went */
	const char *text;    /* reason for people, as in struct event: why it cannot be reached */
	const char *held;    /* why nobody is told of it now, for people: "silence 3"; "" or NULL =
				somebody is */
	uint32_t breaches;   /* consecutive samples that broke the limit */
	int64_t level_since; /* since when the value asks for another severity; else 0 */
	uint32_t flaps;	     /* how often it opened since flaps_since */
	int64_t flaps_since;
	enum severity worst;	     /* since flaps_since */
	enum severity told_severity; /* at the last event that people were told */
	int64_t escalated_at;	     /* 0: not yet */
	/* Who has taken it on, from storage_acknowledge(); not written with the row, but that an
	 * event FIRING of a row with acked_at, which was held until then, leaves it so. An alert
	 * that got worse than acked_severity is nobody's again. */
	int64_t acked_at; /* 0: nobody has */
	enum severity acked_severity;
	const char *acked_by, *acked_why;
	int64_t opened_at; /* not written either: when the event that opened it was composed for
			      the first of its recipients; 0 = it was not yet, or waits for the
			      end of their quiet hours, or the alert was escalated */
};

enum event_kind {
	EVENT_FIRING,
	EVENT_RESOLVED,
	EVENT_CLOSED,
	EVENT_REPEAT,
	EVENT_LATE,
	EVENT_WORSE,	 /* severity rose */
	EVENT_FLAPPING,	 /* it comes and goes; said once */
	EVENT_ESCALATED, /* nobody acknowledged in time */
};

struct event {
	uint64_t id;	   /* 0 = not stored yet */
	uint64_t alert_id; /* set by storage for new alerts too */
	enum event_kind kind;
	int64_t at; /* taken_at of the sample, or the alerter's now */
	const char *client, *rule, *instance;
	enum severity severity;
	double value, limit;
	int64_t since, last_good_at;
	uint64_t opened_event;	/* 0 = this one opens */
	const char *text;	/* reason for people: "changed from SHA256:… to SHA256:…" */
	const char *recipients; /* addresses with newlines between; "" = stdout only */
	const char *held;	/* as in struct alert; what is held is history and never told */
};

/* Every row there is; all of them fit in memory. One a client has the rule `last-good` and is
 * always ok: as_of, as_of_id and last_good_at are those of the newest good sample that was
 * evaluated, `since` is as much before it as is usual between two (struct pace), and nothing else
 * is kept of it. The view open_alerts shows only what is firing. */
struct alert_set {
	struct alert *items;
	size_t count;
	void *memory;
};
int storage_get_alerts(
	struct storage *s, struct alert_set *ret_alerts, struct error *err) MUST_CHECK;
void alert_set_finish(struct alert_set *a);

/*
 * What one sample, or one look at the fleet, moved. Transitions are applied in their order and
 * the row is found by (client, rule, instance), never by `alert.id`: several may move the same
 * alert in one call. So ids need not be known here either: an event's alert_id is its row's
 * (0 when it has none); an event of kind FIRING or LATE opens a thread (opened_event becomes
 * its own id, FIRING also writes it into the row), every other kind takes the opened_event of
 * the row as it stood before.
 */
struct transition {
	struct alert alert;	   /* the new state: inserted or updated by its key; id and
				      opened_event are not read */
	bool remove;		   /* the row, when there is one, goes: closed, or plainly ok */
	const struct event *event; /* NULL when nothing is to be told */
};

/* One transaction: alert rows, their events, which are left out when their client is not known
 * (storage_forget() was faster), and processed_at of the samples, of which only id
 * and outcome are read: one that was completed since it was read stays unprocessed. Fails with
 * *ret_lost = true when the lease of this epoch is gone (taken or dropped; one that only ran
 * out still holds); then nothing was changed. An event is known by its alert, kind, `at` and
 * the alert's as_of_id: the same one again is not made twice. */
int storage_apply(struct storage *s, uint64_t epoch, const struct stored_sample *samples,
	size_t sample_count, const struct transition *transitions, size_t transition_count,
	int64_t now, bool *ret_lost, struct error *err) MUST_CHECK;

/* The outbox. A notification is frozen when it is composed: recipient, subject, text,
 * Message-ID, and which events it tells. Every resend uses that row. */
enum notification_state { NOTIFICATION_WAITING, NOTIFICATION_SENT, NOTIFICATION_FAILED };

struct notification {
	uint64_t id;
	const char *channel; /* "mail", "stdout", "webhook", "command" */
	const char *recipient;
	const char *message_id; /* without the angle brackets */
	const char *references; /* message id of the mail that first told it; "" */
	const char *subject, *text;
	const char *payload; /* what the channel sends beside or for the text: HTML, JSON; "" */
	enum notification_state state;
	uint32_t tries;
	int64_t created_at, next_try_at, done_at;
	const char *last_error;
	const uint64_t *events; /* when composing: the events it tells */
	size_t event_count;
	size_t done_count; /* when composing: so many deferred ones of `done` go with it */
	bool is_end;	   /* when due: all it tells is that something is over */
};

struct event_set {
	struct event *items;
	size_t count;
	void *memory;
};
/* Events not yet composed into notifications, oldest first. */
int storage_untold_events(struct storage *s, size_t limit, struct event_set *ret_events,
	struct error *err) MUST_CHECK;
void event_set_finish(struct event_set *e);

/* That a recipient has a notification of an event. */
struct told {
	uint64_t event_id;
	const char *recipient;
};
struct told_set {
	struct told *items;
	size_t count;
	void *memory;
};
/* Of events that are still untold, by event: what a run that was cut off had composed. */
int storage_told_already(struct storage *s, struct told_set *ret_set, struct error *err) MUST_CHECK;
void told_set_finish(struct told_set *t);

/* That a recipient is told of an event later: in quiet hours, or who was told enough for now. */
struct deferral {
	uint64_t event_id;
	const char *recipient;
	int64_t due_at;
};

struct deferred_event {
	struct event event;
	const char *recipient;
	int64_t due_at;
};
/* Nothing is put off for longer than this: a time further ahead is that of a clock which was set
 * back since, and has come. */
enum {
	STORAGE_TRY_MAX_MS = 3 * 60 * 60 * 1000,   /* next_try_at */
	STORAGE_WAIT_MAX_MS = 26 * 60 * 60 * 1000, /* due_at: a day, and a changed clock */
};
bool storage_is_due(const struct deferred_event *d, int64_t now);

struct deferred_set {
	struct deferred_event *items;
	size_t count;
	void *memory;
};
/* All that waits, due or not, by recipient and event; first that of recipients to whom something
 * is due by `now`, so that a limit keeps no one from being told. */
int storage_get_deferred(struct storage *s, int64_t now, size_t limit, struct deferred_set *ret_set,
	struct error *err) MUST_CHECK;
void deferred_set_finish(struct deferred_set *d);

/* What was made of untold events and of deferred ones that were due, or a part of it. */
struct composed {
	const struct notification *items;
	size_t count;
	const uint64_t *events; /* all untold ones that were looked at: those told by no
				   notification are marked too (nobody to tell) */
	size_t event_count;
	const struct deferral *done; /* deferred ones that are told, with their due_at, in the
					order of the items */
	size_t done_count;
	const struct deferral *deferred; /* new ones, or once more to a later time */
	size_t deferred_count;
};

/* One transaction: the notification rows, the mark on the events, and what is deferred. When all
 * of the events are marked already, and `done` is, or, without these, the first notification is
 * there, nothing is done: an earlier try was committed. Notifications may be put before the mark
 * on their events, but each whole, with its `done`: storage_told_already(). The lease as in
 * storage_apply(). */
int storage_put_composed(struct storage *s, uint64_t epoch, const struct composed *c,
	bool *ret_lost, struct error *err) MUST_CHECK;

/* How many notifications were made for a recipient between these, both included. */
int storage_count_notifications(struct storage *s, const char *recipient, int64_t since,
	int64_t until, uint64_t *ret_count, struct error *err) MUST_CHECK;

struct notification_set {
	struct notification *items;
	size_t count;
	void *memory;
};
/* Waiting ones whose next_try_at has come, with greater ids than `after_id`, oldest first. */
int storage_due_notifications(struct storage *s, int64_t now, uint64_t after_id, size_t limit,
	struct notification_set *ret_set, struct error *err) MUST_CHECK;
void notification_set_finish(struct notification_set *n);

/* What became of the messages to the same recipient, made before this one, that told of the same
 * alerts' lives. */
struct earlier_messages {
	uint32_t waiting, sent, failed;
};
int storage_earlier_messages(struct storage *s, const struct notification *n,
	struct earlier_messages *ret_earlier, struct error *err) MUST_CHECK;

/* Records the fate of one try: state, tries, next_try_at, done_at, last_error. What is sent or
 * failed already stays so: an alerter that was overtaken cannot have it sent again. */
int storage_put_delivery(
	struct storage *s, const struct notification *n, struct error *err) MUST_CHECK;

/* The same of several, in one transaction. */
int storage_put_deliveries(struct storage *s, const struct notification *n, size_t count,
	struct error *err) MUST_CHECK;

/* The Message-ID under which `recipient` was first told the alert opened by that event, or
 * what followed from it; mails that failed for good do not count. Appends nothing when never. */
int storage_first_message(struct storage *s, uint64_t opened_event, const char *recipient,
	struct buffer *out, struct error *err) MUST_CHECK;

/* The newest cycle of a program that covered the whole fleet. *ret_found tells whether; its
 * strings are `program` itself and "". */
int storage_last_cycle(struct storage *s, const char *program, bool finished_only,
	struct cycle *ret_cycle, bool *ret_found, struct error *err) MUST_CHECK;

#endif
