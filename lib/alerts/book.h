#ifndef FLEET_ALERTS_BOOK_H
#define FLEET_ALERTS_BOOK_H

#include <stddef.h>
#include <stdint.h>

#include "lib/alerts/pool.h"
#include "lib/alerts/step.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * The alert rows in memory, by client, and what has been moved but is not stored yet.
 * Whoever moves an alert does it through book_move(), so that both stay in step.
 */
struct book_client {
	const char *name;	     /* "" for what concerns no client */
	const struct client *config; /* NULL when it is not in the configuration */
	struct alert **alerts;	     /* in no order; they live in the pool */
	size_t count, size;
	void *index; /* the same, as tsearch(3) keeps them: a hostile client can have
			thousands */
};

struct book {
	const struct config *config;
	struct arena *pool;
	struct book_client *clients; /* sorted by name */
	size_t count;
	struct transition *moves; /* since the last book_forget_moves() */
	size_t move_count, move_size;
};

/* Indexes configuration and rows, which must outlive the book. */
int book_init(struct book *b, const struct config *config, const struct alert_set *rows,
	struct arena *pool, struct error *err) MUST_CHECK;
void book_finish(struct book *b);

/* NULL when neither the configuration nor a row knows it. */
struct book_client *book_client(struct book *b, const char *name);

/* The row, or NULL. */
struct alert *book_find(const struct book_client *c, const char *rule, const char *instance);

/* Carries out a verdict. `rule` is the row's rule; `recipients` (NULL-terminated, may be NULL)
 * are those of an event that opens; `text` is the reason for people, safe to show, NULL to
 * leave the row's. */
int book_move(struct book *b, struct book_client *c, const char *rule, const struct verdict *v,
	const char *const *recipients, const char *text, struct error *err) MUST_CHECK;

void book_forget_moves(struct book *b);

#endif
