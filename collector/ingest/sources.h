#ifndef FLEET_COLLECTOR_INGEST_SOURCES_H
#define FLEET_COLLECTOR_INGEST_SOURCES_H

#include <stdbool.h>

#include "collector/spool/spool.h"

/*
 * The files that the frames of one cycle lie in. Each is opened when a frame of it is wanted; those
 * of pollers mostly stay open, since they hold many.
 */
struct source {
	const struct spool_entry *entry;
	int fd;	       /* -1 = not open */
	bool is_kept;  /* not all of it could be read */
	uint64_t lost; /* bytes behind damage */
};

struct sources {
	int spool_fd;
	struct source *items; /* by the `file` of a frame */
	size_t count;
	struct spool_frames frames; /* of all of them, by attempt */
	size_t unread;		    /* files in which none could be looked for: they are kept, */
	struct error first_unread;  /* and why */
};

/* The failure is for want of something of ours, and says nothing of a file. */
bool sources_is_want(int number);

/* Finds the frames in those of the entries that have any. The entries stay the caller's. */
int sources_open(struct sources *s, int spool_fd, const struct spool_entry *entries, size_t count,
	struct error *err) MUST_CHECK;

/* Both were written by one: in one file, or by a collector of before, which is believed. */
bool sources_have_one_writer(
	const struct sources *s, const struct spool_frame *a, const struct spool_frame *b);

/* As spool_read_frame(). */
int sources_read(const struct sources *s, const struct spool_frame *frame, struct buffer *out,
	struct error *err) MUST_CHECK;

/* For messages: the name of its file. */
const char *sources_name(const struct sources *s, const struct spool_frame *frame);

/* Removes the files but those that are to be kept; what is behind damage goes to bad/. */
int sources_remove(const struct sources *s, struct error *err) MUST_CHECK;

/* Accepts a zeroed one. */
void sources_finish(struct sources *s);

#endif
