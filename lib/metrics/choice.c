#include "lib/metrics/choice.h"

#include <fnmatch.h>
#include <string.h>

#include "lib/compiler.h"
#include "lib/metrics/suggest.h"

/* What the probe says itself, rather than a file it found. */
static bool is_own(const char *name)
{
	return strncmp(name, "node_", 5) == 0 || strncmp(name, "fleet_", 6) == 0;
}

static bool is_pattern(const char *word)
{
	return strchr(word, '*') != NULL;
}

static bool is_group(const char *word)
{
	for (enum metric_group g = 0; g < METRIC_GROUP_COUNT; g++)
		if (strcmp(word, metric_group_name(g)) == 0)
			return true;
	return false;
}

static bool meets(const char *word, const struct metric *m)
{
	if (is_group(word))
		return strcmp(word, metric_group_name(m->group)) == 0;
	if (is_pattern(word))
		return fnmatch(word, m->name, 0) == 0;
	return *word && (strcmp(word, m->name) == 0 || strcmp(word, m->alert) == 0);
}

static bool meets_custom(const char *word, const char *name)
{
	if (strcmp(word, metric_group_name(METRIC_GROUP_CUSTOM)) == 0)
		return !is_own(name);
	return is_own(word) == is_own(name) && fnmatch(word, name, 0) == 0;
}

/* ---- a choice ----------------------------------------------------------------------------- */

static bool is_chosen(const struct metric_choice *c, const struct metric *m)
{
	for (size_t i = c->word_count; i > 0; i--)
		if (meets(c->words[i - 1].word, m))
			return c->words[i - 1].verdict != CHOICE_LEFT;
	return m->is_stored;
}

static bool may_be_custom(const struct choice_word *w)
{
	bool is_known = !*w->word || is_group(w->word) || metric_find(w->word);
	return w->verdict != CHOICE_LEFT &&
	       (!is_known || strcmp(w->word, metric_group_name(METRIC_GROUP_CUSTOM)) == 0);
}

void choice_init(
	struct metric_choice *ret_choice, const struct choice_word *words, size_t word_count)
{
	struct metric_choice c = { .words = words, .word_count = word_count };
	for (size_t i = 0; i < metric_count(); i++)
		c.stored[i / 64] |= (uint64_t)is_chosen(&c, metric_at(i)) << i % 64;
	for (size_t i = 0; i < word_count; i++) {
		bool is_custom = may_be_custom(&words[i]);
		c.has_custom |= is_custom;
		c.needs_custom |= is_custom && words[i].verdict == CHOICE_NEEDED;
	}
	*ret_choice = c;
}

enum choice_verdict choice_of_custom(const struct metric_choice *c, const char *name)
{
	for (size_t i = c->has_custom ? c->word_count : 0; i > 0; i--) {
		const struct choice_word *w = &c->words[i - 1];
		if (meets_custom(w->word, name))
			return w->verdict;
	}
	return CHOICE_LEFT;
}

bool choice_is_known(const char *word)
{
	for (size_t i = 0; i < metric_count(); i++)
		if (meets(word, metric_at(i)))
			return true;
	return false;
}

/* ---- words -------------------------------------------------------------------------------- */

enum { WORD_MAX = 128 };

static bool is_plain(const char *word)
{
	static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_:*";
	return strspn(word, characters) == strlen(word);
}

/* A group that the word begins, or a metric that it is nearly. */
static const char *suggest(const char *word)
{
	for (enum metric_group g = 0; *word && g < METRIC_GROUP_COUNT; g++)
		if (strncmp(word, metric_group_name(g), strlen(word)) == 0)
			return metric_group_name(g);
	return metric_suggest(word);
}

static int unknown(const char *word, struct error *err)
{
	const char *near = suggest(word);
	return error_set(err,
		"%.80s is neither a metric nor a group; write %s, or see fleet metrics", word,
		near ? near : "such as sensors or sensor_*");
}

int choice_check(const char *word, struct error *err)
{
	if (is_group(word) || metric_find(word))
		return 0;
	if (strlen(word) > WORD_MAX || !is_plain(word))
		return unknown(word, err);
	if (metric_counter_stem(word))
		return error_set(err,
			"%s is a counter, which is stored as a rate; write %.*s_per_second", word,
			(int)metric_counter_stem(word), word);
	/* a custom name has an underscore: a typing mistake could not be told otherwise */
	return is_pattern(word) || strchr(word, '_') ? 0 : unknown(word, err);
}

static bool is_listed(const struct metric_choice *c, const char *name)
{
	for (size_t i = 0; i < c->word_count; i++)
		if (c->words[i].verdict != CHOICE_LEFT && strcmp(c->words[i].word, name) == 0)
			return true;
	return false;
}

int choice_check_type(const struct metric_choice *c, const char *name, struct error *err)
{
	if (choice_check(name, err) < 0)
		return -1;
	const char *near = is_listed(c, name) ? NULL : metric_misspelt(name);
	if (near)
		return error_set(err, "%s is no metric; did you mean %s?", name, near);
	if (is_group(name) || is_pattern(name) || choice_of_custom(c, name) == CHOICE_LEFT)
		return error_set(err, "%s is no metric that is stored", name);
	return 0;
}
