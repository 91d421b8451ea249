#ifndef FLEET_TESTS_EVALUATE_RIG_H
#define FLEET_TESTS_EVALUATE_RIG_H

#include "lib/alerts/book.h"

/*
 * Three clients of a group with rules of every kind, and samples through the book: what moves and
 * what is told.
 */
enum { MINUTE = 60000 };
#define DISK "filesystem_used_ratio"

extern const struct rule rig_disk;
extern const struct rule_group rig_many;

struct evaluating {
	struct book book;
	uint64_t last_id;
	int64_t now;   /* of the last sample */
	size_t asked;  /* for a history */
	double growth; /* of it, in an hour */
};

/* Goes on from these rows; NULL: all is well. */
void rig_begin(struct evaluating *f, const struct alert_set *rows);

int rig_history(void *arg, const char *client, const char *metric, const char *instance,
	int64_t from, int64_t to, size_t most, struct history_point *ret_points, size_t *ret_count,
	struct error *err);

/* One more sample of a client, a minute after the last one. */
void rig_add(struct evaluating *f, const char *client, const struct stored_reading *readings,
	size_t count);

void rig_add_one(struct evaluating *f, const char *client, uint64_t series, const char *metric,
	const char *instance, double value);

void rig_end(struct evaluating *f);

/* What was told since the last time, kind, client, rule and instance: a line each, "held" before
 * what is history. */
const char *rig_told(struct evaluating *f);

#endif
