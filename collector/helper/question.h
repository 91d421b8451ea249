#ifndef FLEET_COLLECTOR_HELPER_QUESTION_H
#define FLEET_COLLECTOR_HELPER_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/compiler.h"

/*
 * What pollers ask an agent, which answers one question at a time. Pure.
 */
struct asker;

struct question {
	struct asker *asker; /* NULL when it is gone */
	uint32_t serial;     /* the asker's */
	uint8_t *signature;  /* heap: the answer; NULL: refused */
	size_t signature_len;
	struct question *next;		/* of this asker */
	struct question *beside, *last; /* of its line's first: the next line, and this one's end */
	size_t len;
	uint8_t data[]; /* to be signed */
};

/* On the heap; NULL without memory. Destroying accepts NULL. */
struct question *question_create(
	struct asker *asker, uint32_t serial, const uint8_t *data, size_t len) MUST_CHECK;
void question_destroy(struct question *q);

/* Those that wait for one agent: a line for each asker, and the lines take turns, so that nobody
 * waits for more than one question of each other. Zeroed, it is empty. */
struct question_lines {
	struct question *first;
};

/* Takes the question. */
void question_lines_put(struct question_lines *lines, struct question *q);

/* The next one, for the caller; NULL when there is none. */
struct question *question_lines_take(struct question_lines *lines);

/* Throws away what this one asked; or what anybody did. */
void question_lines_forget(struct question_lines *lines, const struct asker *asker);
void question_lines_finish(struct question_lines *lines);

#endif
