#ifndef FLEET_ALERTS_BOOK_H
#define FLEET_ALERTS_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/alerts/pool.h"
#include "lib/alerts/verdict.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * The alert rows in memory, by client, and what has been moved but is not stored yet.
 * Whoever moves an alert does it through book_move(), so that both stay in step. What makes no
 * event is stored once, however often it moved since the last time. What grows with the samples
 * lives in the pool, which book_forget_moves() empties.
 */
struct book_row {
	struct alert alert;	 /* first: the index compares by it */
	const struct rule *rule; /* of the configuration; NULL: built in, late, or gone */
	uint64_t series;	 /* it belongs to; 0 = none is known */
	uint64_t seen_id;	 /* the newest good sample that had its instance */
	bool is_stored, is_dirty, is_gone;
	char *text, *recipients, *held; /* what the alert's point to, when it is ours */
	size_t place;			/* among the client's */
	struct book_row *next_gone;
	char names[]; /* rule and instance, when they are ours */
};

/* A series that samples have, and a rule that watches it (bind.h). */
struct watch {
	uint64_t series;
	const struct rule *rule; /* NULL: none does */
	uint32_t index;		 /* of the rule among the client's */
	uint32_t rank;		 /* rules of a higher one look at the alerts of lower ones */
	struct book_row *row;	 /* NULL while it is plainly ok */
};

struct book_client {
	const char *name;	     /* "" for what concerns no client */
	const struct client *config; /* NULL when it is not in the configuration */
	struct book_row **rows;	     /* in no order */
	size_t count, size;
	void *index; /* the same, as tsearch(3) keeps them: a hostile client can have
			thousands */
	struct book_row *good, *down, *host_key; /* rows every sample looks at, or NULL */

	struct watch *watches; /* by series */
	size_t watch_count, watch_size;
	uint64_t *seen; /* by rule: the newest good sample that had an instance of it */
	uint32_t *ranks;
	uint32_t max_rank;
	size_t *quieting; /* by rule: how many of its alerts can keep others quiet now */
	bool is_bound;
};

/* Values of a series, oldest first, at most `most` evenly over the time; as
 * storage_get_history(). */
typedef int book_history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err);

struct book {
	const struct config *config;
	struct arena pool;	     /* of the moves */
	struct book_client *clients; /* sorted by name */
	size_t count;
	struct transition *moves; /* since the last book_forget_moves() */
	size_t move_count, move_size;
	struct book_row **dirty;
	size_t dirty_count, dirty_size;
	struct book_row *gone;

	/* What its user may set: */
	const struct silence *silences;
	size_t silence_count;
	book_history *history; /* NULL: rules that need one are not judged */
	void *history_arg;

	uint64_t newest_id; /* of all samples that were evaluated */
};

/* Indexes configuration and rows, which must outlive the book. */
int book_init(struct book *b, const struct config *config, const struct alert_set *rows,
	struct error *err) MUST_CHECK;
void book_finish(struct book *b);

/* NULL when neither the configuration nor a row knows it. */
struct book_client *book_client(struct book *b, const char *name);

/* The row, or NULL. */
struct book_row *book_row(const struct book_client *c, const char *rule, const char *instance);
struct alert *book_find(const struct book_client *c, const char *rule, const char *instance);

/* Carries out a verdict that hold_apply() has seen. `rule` is the row's rule; `recipients`
 * (NULL-terminated, may be NULL) are those of an event that opens, and further ones of one that
 * is escalated or goes to them alone; `text` is the reason for people, safe to show, NULL to leave
 * the row's. */
int book_move(struct book *b, struct book_client *c, const char *rule, const struct verdict *v,
	const char *const *recipients, const char *text, struct error *err) MUST_CHECK;

/* A row of that key, if there is one, is this rule's. */
void book_set_rule(struct book_client *c, const struct rule *rule, const char *instance);

/* Makes moves of what made no event. */
int book_flush(struct book *b, struct error *err) MUST_CHECK;

/* They are stored. */
void book_forget_moves(struct book *b);

#endif
