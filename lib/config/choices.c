/*
 * <metrics>: which metrics of a client are stored. The words add up from <config> over the groups
 * to the client, and the last that meets a metric decides; those of its alerts come last of all.
 * On the way they are one text, "+sensors -network_* !load1", so that clients for which it is the
 * same are easily found: they share one choice.
 */
#include <string.h>

#include "lib/buffer.h"
#include "lib/config/load.h"
#include "lib/metrics/choice.h"
#include "lib/metrics/suggest.h"

int parse_metrics(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)field;
	return read_words(load, text, choice_check, target, err);
}

static int append_word(struct buffer *text, char sign, const char *word)
{
	return buffer_printf(text, "%s%c%s", text->len ? " " : "", sign, word);
}

static int append_words(struct buffer *text, char sign, const char *const *words)
{
	int result = 0;
	for (; *words && result == 0; words++)
		result = append_word(text, sign, *words);
	return result;
}

static bool is_custom_group(const char *word)
{
	return strcmp(word, metric_group_name(METRIC_GROUP_CUSTOM)) == 0;
}

/* What is likely a typing mistake, and yet can be meant. */
static void warn_of_words(struct load *load, const struct xml_node *node, const char *attribute,
	const char *const *words, bool has_include)
{
	for (; *words; words++) {
		if (choice_is_known(*words) || is_custom_group(*words))
			continue;
		const char *near = metric_misspelt(*words);
		if (near)
			warn_at(load, load->document->file, node->line,
				"%s=\"%s\" is no metric of the catalogue; did you mean %s?",
				attribute, *words, near);
		else if (!has_include)
			warn_at(load, load->document->file, node->line,
				"%s=\"%s\" meets nothing that is stored; leave it out, or see "
				"fleet metrics",
				attribute, *words);
	}
}

static bool is_metrics(const struct xml_node *node)
{
	return node->element == ELEMENT_METRICS;
}

/* ---- from words to a choice --------------------------------------------------------------- */

static enum choice_verdict verdict_of(char sign)
{
	return sign == '+' ? CHOICE_STORED : sign == '!' ? CHOICE_NEEDED : CHOICE_LEFT;
}

static int make_choice(struct arena *arena, const char *text, struct metric_choice *ret_choice)
{
	size_t count = 0, most = strlen(text) / 2 + 1;
	struct choice_word *words = arena_alloc(arena, most * sizeof *words);
	char *copy = arena_copy(arena, text, strlen(text));
	if (!words || !copy)
		return -1;
	char *rest = copy;
	for (char *word; (word = strsep(&rest, " ")) != NULL;)
		if (*word)
			words[count++] = (struct choice_word){ word + 1, verdict_of(word[0]) };
	choice_init(ret_choice, words, count);
	return 0;
}

/* The one of these words. NULL without memory. */
static const struct metric_choice *find_choice(struct load *load, const char *text)
{
	struct shared *shared = find_shared(load, &load->choices, text);
	if (shared && !shared->choice) {
		struct metric_choice *new = arena_alloc(load->result, sizeof *new);
		if (!new || make_choice(load->result, text, new) < 0)
			return NULL;
		shared->choice = new;
	}
	return shared ? shared->choice : NULL;
}

bool is_custom_metric(const struct load *load, const char *name)
{
	return choice_check_type(load->choice, name, NULL) == 0;
}

/* ---- elements ----------------------------------------------------------------------------- */

static int read_metrics(struct load *load, const struct xml_node *node, struct buffer *text)
{
	struct ask_source s = { 0 };
	if (fields_default(load, ELEMENT_METRICS, &s) < 0)
		return -1;
	if (node->attribute_count == 0)
		complain(load, node, "<metrics> says nothing; write include or exclude");
	fields_apply(load, node, ELEMENT_METRICS, &s);
	if (append_words(text, '+', s.include) < 0)
		return -1;
	warn_of_words(load, node, "include", s.include, true);
	warn_of_words(load, node, "exclude", s.exclude, text->data && strchr(text->data, '+'));
	return append_words(text, '-', s.exclude);
}

int load_metrics(struct load *load, const struct xml_node *node, struct client_source *client)
{
	CLEANUP(buffer_finish) struct buffer text = { 0 };
	const struct xml_node *n = node->first;
	while (n && !is_metrics(n))
		n = n->next;
	if (n && buffer_append_text(&text, client->words) < 0)
		return -1;
	for (; n; n = n->next)
		if (is_metrics(n) && read_metrics(load, n, &text) < 0)
			return -1;
	if (text.data)
		client->words = arena_copy(&load->scratch, text.data, text.len);
	load->choice = client->words ? find_choice(load, client->words) : NULL;
	return load->choice ? 0 : -1;
}

/* ---- the choice of a client --------------------------------------------------------------- */

/* What its alerts compare has to be there. */
static int put_all_words(const struct client_source *s, struct buffer *text)
{
	int result = buffer_append_text(text, s->words);
	for (const struct rule *const *r = s->client.rules; *r && result == 0; r++)
		if ((*r)->type[0])
			result = append_word(text, '!', (*r)->type);
	return result;
}

int share_choice(struct load *load, struct client_source *s)
{
	CLEANUP(buffer_finish) struct buffer text = { 0 };
	if (put_all_words(s, &text) < 0)
		return -1;
	s->client.metrics = find_choice(load, text.data);
	return s->client.metrics ? 0 : -1;
}
