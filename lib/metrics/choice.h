#ifndef FLEET_METRICS_CHOICE_H
#define FLEET_METRICS_CHOICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/metrics/metrics.h"

/*
 * Which readings of a client are stored: of the metrics in the catalogue, and of the names outside
 * of it, which come from *.prom files of the client (custom metrics).
 *
 * It is made of words, from outside in; of those that meet a metric the last one decides, and
 * where none does the catalogue's own `is_stored`. A word is
 *
 *   a group           cpu memory filesystem disk network sensors process system container custom
 *   a metric          its name, or its friendly name unless that is a group's, too
 *   a pattern         of names, with any number of `*`
 *   any other name    of a custom metric, as it is stored (see derive.h: a counter's is
 *                     NAME_per_second)
 *
 * Custom metrics are stored only where a word says so. Names that begin with node_ or fleet_ are
 * the probe's own, raw: only words that begin so as well meet them.
 */
enum choice_verdict {
	CHOICE_LEFT,   /* of exclude */
	CHOICE_STORED, /* of include */
	CHOICE_NEEDED, /* an alert compares it */
};

struct choice_word {
	const char *word;
	enum choice_verdict verdict;
};

struct metric_choice {
	uint64_t stored[METRIC_COUNT_MAX / 64]; /* private: by metric_index() */
	const struct choice_word *words;
	size_t word_count;
	bool has_custom;   /* there may be names outside the catalogue that are stored */
	bool needs_custom; /* and that alerts compare */
};

/* Whether a word can be one; the error says what to write instead. */
int choice_check(const char *word, struct error *err) MUST_CHECK;

/* Whether it meets a metric of the catalogue. */
bool choice_is_known(const char *word);

/* `words` must outlive the choice. Words that are "" meet nothing. That which the alerts of a
 * client compare is always stored: their types are its last words. */
void choice_init(
	struct metric_choice *ret_choice, const struct choice_word *words, size_t word_count);

/* Of the metric at that place of the catalogue. */
static inline bool choice_has(const struct metric_choice *c, size_t index)
{
	return c->stored[index / 64] >> index % 64 & 1;
}

/* Of a name outside the catalogue, as it would be stored. */
enum choice_verdict choice_of_custom(const struct metric_choice *c, const char *name);

/* Whether it can be the name of a custom metric that an alert compares: one is stored of that name,
 * which is no counter's, and which is none of the catalogue misspelt unless it stands there itself.
 * The error says what is wrong with it. */
int choice_check_type(
	const struct metric_choice *c, const char *name, struct error *err) MUST_CHECK;

#endif
