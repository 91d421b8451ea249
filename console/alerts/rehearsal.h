#ifndef FLEET_CONSOLE_ALERTS_REHEARSAL_H
#define FLEET_CONSOLE_ALERTS_REHEARSAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/alerts/book.h"
#include "lib/arena.h"
#include "lib/config/config.h"
#include "lib/error.h"
#include "lib/storage/storage.h"

/*
 * An alerter whose tables are in memory and which sends nothing: what it is shown is judged and
 * composed by what the alerter uses, at a time that is said. It begins with every alert ok. What
 * it keeps grows with the alerts that are open, not with the samples.
 */
typedef void rehearsal_teller(void *arg, int64_t now, const struct notification *n);

struct rehearsal {
	const struct config *config;
	rehearsal_teller *tell;
	void *tell_arg;
	struct book book;
	struct arena pool; /* of the events since the last run, and of what is made of them */
	struct event *events;
	size_t event_count, event_size;
	uint64_t last_event;
	void *threads; /* tsearch(3): who was first told of what by which message */
	struct rehearsed_delay *delays; /* events that somebody is told later */
	size_t delay_count, delay_size;
	struct rehearsed_message *messages; /* of the last hour */
	size_t message_count, message_size;
};

/* The book's silences and history may be set afterwards. All must outlive it. */
int rehearsal_init(struct rehearsal *r, const struct config *config, rehearsal_teller *tell,
	void *tell_arg, struct error *err) MUST_CHECK;
void rehearsal_finish(struct rehearsal *r);

/* One sample, as evaluate_sample(). */
int rehearsal_sample(struct rehearsal *r, const struct stored_sample *sample, int64_t now,
	struct error *err) MUST_CHECK;

/* The end of one run: what no single sample decides, and telling. */
int rehearsal_run(struct rehearsal *r, int64_t now, struct error *err) MUST_CHECK;

#endif
