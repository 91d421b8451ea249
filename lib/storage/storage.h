#ifndef FLEET_STORAGE_STORAGE_H
#define FLEET_STORAGE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buffer.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/metrics/derive.h"
#include "lib/outcome.h"

/*
 * Storage in the domain's words. One contract, two engines below it (driver.h): SQLite and
 * MariaDB. All times are UTC milliseconds since 1970; in the tables they are readable
 * DATETIME(3) on MariaDB and ISO 8601 text on SQLite.
 *
 * Every function that writes is one transaction, retried whole (bounded) on deadlock, lock
 * wait and busy; when the commit's fate is unknown it is replayed by key. -1 means nothing
 * was changed, or it is unknown and calling again with the same arguments is safe. Errors
 * name the engine and the file or server; a handle goes on after one, on a new connection
 * when the old one is lost.
 *
 * Text is stored as UTF-8: what is not becomes '?', what is longer than its column is cut, and
 * a blank at the end of a name becomes "\x20" (MariaDB ignores it when it compares). Values
 * that are not finite are not stored as readings, and read back as NAN elsewhere. Times are
 * held to the years 1000 to 9999; 0 means "none" where a comment says so.
 *
 * A struct storage is one connection: open it after any fork, use it from one thread. What a
 * function gives out in a set lives until the set's finish(), independent of the handle.
 */
struct storage;

/* Opens and checks the schema version; `config` must outlive the handle. With `migrate`, creates or
 * upgrades the schema first; without, a missing or older schema is an error that names the command
 * (`fleet init`), and a newer one is refused with both versions named. */
int storage_open(const struct storage_config *config, bool migrate, struct storage **ret_storage,
	struct error *err) MUST_CHECK;
void storage_close(struct storage *s);

/* "SQLite 3.40.1, /etc/fleet-health/fleet.db" */
const char *storage_describe(const struct storage *s);

/* ---- what the collector does ------------------------------------------------------------ */

struct cycle {
	uint64_t id;	     /* an attempt id: attempt_next() */
	const char *program; /* "collector", "alerter" */
	const char *version;
	int64_t started_at, finished_at, deadline_at; /* finished_at 0 = still running */
	uint32_t clients, ok, failed;
	bool whole_fleet; /* false for a run over a few clients by name */
};

/* The number that stands in the ids of one collector's attempts (see lib/attempt.h), so that no
 * two collectors of a database give out the same id. `claim` is what tells the collector from
 * all others (63 bits, not 0): it gets the number that it was given before, however long ago, so
 * that asking again is safe after anything. A new claim gets `wanted` when that is free (0 = no
 * wish), else the lowest number that is; when none is left it is an error that says what to do.
 * `place` tells people where that collector is. */
int storage_claim_number(struct storage *s, uint64_t claim, uint8_t wanted, const char *place,
	int64_t now, uint8_t *ret_number, struct error *err) MUST_CHECK;

/* Inserts, or updates the row of that id. */
int storage_put_cycle(struct storage *s, const struct cycle *c, struct error *err) MUST_CHECK;

/* One attempt at one client. Strings and readings belong to the caller. */
struct sample {
	uint64_t id;	    /* attempt id */
	const char *client; /* name; the row of the client is made when missing */
	uint64_t cycle_id;  /* 0 when unknown: a leftover without its outcome line */
	int64_t taken_at, received_at;
	enum outcome outcome;
	enum outcome first_outcome; /* what the poller saw; differs when a late file completed it */
	enum stage stage;
	const char *error; /* "" when ok; hostile text is escaped already */
	uint32_t duration_ms;
	char probe_hash[33]; /* "" when unknown */
	bool has_report;     /* the fields below are set */
	uint8_t digest[16];  /* of the sealed file */
	const struct reading *readings;
	size_t reading_count;
	const void *counters; /* packed, see derive.h; length 0 = leave the stored ones */
	size_t counters_len;
	const char *text; /* the whole report; stored compressed when the stored one is older
			     than ten minutes, left out when the server takes no packet as large */
	size_t text_len;
};

enum put_result {
	PUT_NEW,       /* a new row */
	PUT_COMPLETED, /* an attempt known as failed got its late report: outcome ok,
			  first_outcome kept, readings stored, unprocessed again */
	PUT_REPLAY,    /* known already, same digest or a failure known already: nothing done.
			  Also what this very call stored, when it had to be replayed */
	PUT_STALE,     /* the id has a report with another digest, or is another client's:
			  nothing done */
};

/* One transaction for the whole batch: samples, readings, counters and reports together. A
 * hundred samples or more a batch make full use of it. The batch may name an id twice. A
 * reading of a metric and instance that the sample names twice is stored once; a client has at
 * most 10,000 series at a time, and readings of further ones are dropped. An id of 0 or beyond
 * 63 bits is an error. */
int storage_put_samples(struct storage *s, const struct sample *samples, size_t count,
	enum put_result *ret_results, struct error *err) MUST_CHECK;

/* The packed counters stored for a client; appends nothing when there are none. */
int storage_get_counters(
	struct storage *s, const char *client, struct buffer *out, struct error *err) MUST_CHECK;

/* Deletes samples of UTC days (by attempt id) before that of `before`, at most `limit` of them
 * or whole partitions, never what is unprocessed; then cycles and series to which nothing
 * belongs any more, metrics of no series once there are many, and, at most as many, sent
 * notifications and told events as old, but for those of open alerts and what waits or failed.
 * *ret_deleted counts samples. On MariaDB it also makes partitions ahead, so call it every cycle,
 * with `before` = 0 to keep everything; what would have to wait there for a long reader is left to
 * the next call. */
int storage_retain(struct storage *s, int64_t before, uint32_t limit, uint32_t *ret_deleted,
	struct error *err) MUST_CHECK;

/* ---- what the alerter does -------------------------------------------------------------- */

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

/* ---- what the console does -------------------------------------------------------------- */

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
