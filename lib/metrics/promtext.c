/*
 * One allocation holds everything: the samples, the labels and a copy of the text, in which
 * names and values are cut and unescaped where they stand. So a report costs no allocation a
 * sample, and what a hostile text can claim is bounded by its length.
 */
#include "lib/metrics/promtext.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/compiler.h"
#include "lib/escape.h"

enum { BLANK = 1, DIGIT = 2, LETTER = 4, COLON = 8, NAME = LETTER | DIGIT | COLON };

/* clang-format off */
static const unsigned char classes_of[256] = {
	[' '] = BLANK, ['\t'] = BLANK, [':'] = COLON, ['_'] = LETTER,
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT,
	['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
	['a'] = LETTER, ['b'] = LETTER, ['c'] = LETTER, ['d'] = LETTER, ['e'] = LETTER, ['f'] = LETTER,
	['g'] = LETTER, ['h'] = LETTER, ['i'] = LETTER, ['j'] = LETTER, ['k'] = LETTER, ['l'] = LETTER,
	['m'] = LETTER, ['n'] = LETTER, ['o'] = LETTER, ['p'] = LETTER, ['q'] = LETTER, ['r'] = LETTER,
	['s'] = LETTER, ['t'] = LETTER, ['u'] = LETTER, ['v'] = LETTER, ['w'] = LETTER, ['x'] = LETTER,
	['y'] = LETTER, ['z'] = LETTER,
	['A'] = LETTER, ['B'] = LETTER, ['C'] = LETTER, ['D'] = LETTER, ['E'] = LETTER, ['F'] = LETTER,
	['G'] = LETTER, ['H'] = LETTER, ['I'] = LETTER, ['J'] = LETTER, ['K'] = LETTER, ['L'] = LETTER,
	['M'] = LETTER, ['N'] = LETTER, ['O'] = LETTER, ['P'] = LETTER, ['Q'] = LETTER, ['R'] = LETTER,
	['S'] = LETTER, ['T'] = LETTER, ['U'] = LETTER, ['V'] = LETTER, ['W'] = LETTER, ['X'] = LETTER,
	['Y'] = LETTER, ['Z'] = LETTER,
};
/* clang-format on */

static unsigned class_of(char c)
{
	return classes_of[(unsigned char)c];
}

/* As strspn(3), which for sets of this size first fills a table on every call. */
static char *skip(char *s, unsigned classes)
{
	while (class_of(*s) & classes)
		s++;
	return s;
}

/* The end of the name that begins at `s`; NULL when there is none. */
static char *name_end(char *s, unsigned classes)
{
	char *end = skip(s, classes);
	return end == s || class_of(*s) == DIGIT ? NULL : end;
}

/* ---- numbers ---------------------------------------------------------------------------- */

/* strtod(3) also takes hexadecimal, names and blanks: what it gets to see is checked first. */
static bool is_decimal(char *s)
{
	s += *s == '+' || *s == '-';
	char *point = skip(s, DIGIT);
	char *end = *point == '.' ? skip(point + 1, DIGIT) : point;
	if (end - s - (*point == '.') < 1)
		return false;
	if (*end == 'e' || *end == 'E') {
		s = end + 1;
		s += *s == '+' || *s == '-';
		end = skip(s, DIGIT);
		if (end == s)
			return false;
	}
	return !*end;
}

static int parse_number(char *s, double *ret_value)
{
	if (!is_decimal(s))
		return -1;
	char *end;
	double value = strtod(s, &end); /* stops early in a locale with another decimal point */
	if (*end || !isfinite(value))
		return -1;
	*ret_value = value;
	return 0;
}

static bool is_timestamp(char *s)
{
	s += *s == '-';
	char *end = skip(s, DIGIT);
	return end > s && !*skip(end, BLANK);
}

static char *take_digits(char *s, uint64_t *number)
{
	for (; class_of(*s) == DIGIT; s++)
		*number = 10 * *number + (uint64_t)(*s - '0');
	return s;
}

/* Nearly all: digits that a double holds exactly, by a power of ten that it holds, too, so that one
 * division rounds as it has to (Clinger, "How to read floating point numbers accurately"). Returns
 * what follows the number; NULL when it is another, or none. */
static char *parse_short(char *s, double *ret_value)
{
	enum { DIGITS_MAX = 15 };
	static const double powers[DIGITS_MAX + 1] = { 1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
		1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	uint64_t number = 0;
	char *point = take_digits(s, &number);
	char *end = *point == '.' ? take_digits(point + 1, &number) : point;
	size_t decimals = end > point ? (size_t)(end - point - 1) : 0;
	if (point == s || end - s > DIGITS_MAX || (*end && class_of(*end) != BLANK))
		return NULL;
	*ret_value = (double)number / powers[decimals];
	return end;
}

static char *parse_any(char *s, double *ret_value)
{
	char *end = s + strcspn(s, " \t");
	char blank = *end;
	*end = 0;
	int rc = parse_number(s, ret_value);
	*end = blank;
	return rc < 0 ? NULL : end;
}

/* "VALUE" or "VALUE TIMESTAMP" */
static int parse_value(char *s, double *ret_value)
{
	char *end = parse_short(s, ret_value);
	if (!end && !(end = parse_any(s, ret_value)))
		return -1;
	char *rest = skip(end, BLANK);
	return *rest && !is_timestamp(rest) ? -1 : 0;
}

/* ---- labels ----------------------------------------------------------------------------- */

/* What stands behind a backslash; 0 when it may not. */
static char unescaped(char c)
{
	return c == 'n' ? '\n' : c == '"' || c == '\\' ? c : 0;
}

/* Unescapes the quoted string at `s` where it stands; returns what follows it, or NULL. */
static char *parse_quoted(char *s, const char **ret_value)
{
	if (*s++ != '"')
		return NULL;
	char *start = s, *to = s;
	for (; *s && *s != '"'; s++) {
		char c = *s;
		if (c == '\\' && !(c = unescaped(*++s)))
			return NULL;
		*to++ = c;
	}
	if (!*s || !utf8_valid(start, (size_t)(to - start)))
		return NULL;
	*to = 0;
	*ret_value = start;
	return s + 1;
}

/* `name="value"` at `s`; returns what follows it, or NULL. */
static char *parse_label(char *s, struct prom_label *ret_label)
{
	char *end = name_end(s, LETTER | DIGIT);
	char *equals = end ? skip(end, BLANK) : NULL;
	if (!equals || *equals != '=')
		return NULL;
	ret_label->name = s;
	s = parse_quoted(skip(equals + 1, BLANK), &ret_label->value);
	*end = 0;
	return s;
}

/* Keeps them sorted by name. Returns -1 when the name is there already. */
static int insert_label(
	struct prom_sample *sample, struct prom_label *labels, const struct prom_label *label)
{
	size_t i = sample->label_count;
	int order = 1;
	while (i > 0 && (order = strcmp(label->name, labels[i - 1].name)) < 0)
		i--;
	if (order == 0)
		return -1;
	for (size_t k = sample->label_count; k > i; k--)
		labels[k] = labels[k - 1];
	labels[i] = *label;
	sample->label_count++;
	return 0;
}

/* What stands between braces, the opening one taken already; returns what follows, or NULL. */
static char *parse_labels(char *s, struct prom_sample *sample, struct prom_label *labels)
{
	for (s = skip(s, BLANK); *s != '}'; s = skip(s, BLANK)) {
		struct prom_label label;
		if (sample->label_count == PROMTEXT_LABELS_MAX || !(s = parse_label(s, &label)) ||
			insert_label(sample, labels, &label) < 0)
			return NULL;
		s = skip(s, BLANK);
		if (*s == ',')
			s++;
		else if (*s != '}')
			return NULL;
	}
	return s + 1;
}

const char *prom_label_n(const struct prom_sample *s, const char *name, size_t len)
{
	for (size_t i = 0; i < s->label_count; i++)
		if (strncmp(s->labels[i].name, name, len) == 0 && !s->labels[i].name[len])
			return s->labels[i].value;
	return NULL;
}

const char *prom_label(const struct prom_sample *s, const char *name)
{
	return prom_label_n(s, name, strlen(name));
}

/* ---- lines ------------------------------------------------------------------------------ */

/* What stood in the text before the line at hand. */
struct name {
	const char *text;
	size_t len;
	enum prom_type type;
};

struct room {
	struct prom_sample *samples;
	struct prom_label *labels;
	size_t sample_count, label_count; /* used */
	struct name family;		  /* of the last TYPE line */
	struct name last;		  /* of the last sample or TYPE line */
	bool has_nul;
};

/* "# TYPE name counter"; what is not understood says nothing. */
static void parse_type(char *s, struct room *room)
{
	static const struct {
		const char *word;
		enum prom_type type;
	} types[] = { { "gauge", PROM_GAUGE }, { "counter", PROM_COUNTER },
		{ "histogram", PROM_PART }, { "summary", PROM_PART } };
	char *end = name_end(s, NAME);
	if (!end || class_of(*end) != BLANK)
		return;
	char *word = skip(end, BLANK), *word_end = word + strcspn(word, " \t");
	if (!*skip(word_end, BLANK))
		*word_end = 0;
	*end = 0;
	room->family = (struct name){ s, (size_t)(end - s), PROM_UNTYPED };
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (strcmp(types[i].word, word) == 0) {
			room->family.type = types[i].type;
			break;
		}
	room->last = room->family;
}

static bool is_end_of_part(const char *end, size_t len)
{
	static const char *const ends[] = { "_bucket", "_sum", "_count" };
	for (size_t i = 0; i < ARRAY_LEN(ends); i++)
		if (strlen(ends[i]) == len && memcmp(ends[i], end, len) == 0)
			return true;
	return false;
}

/* Those of a histogram or summary add an end to its name. */
static enum prom_type type_of(const char *name, size_t len, const struct name *family)
{
	if (strncmp(name, family->text, family->len) != 0)
		return PROM_UNTYPED;
	bool is_it = len == family->len ||
		     (family->type == PROM_PART &&
			     is_end_of_part(name + family->len, len - family->len));
	return is_it ? family->type : PROM_UNTYPED;
}

/* The name at `s`, which mostly is that before it, and then shares its text; else it has no NUL
 * yet. Returns what follows it, or NULL. */
static char *parse_name(char *s, const struct room *room, struct name *ret_name)
{
	const struct name *last = &room->last;
	if (strncmp(s, last->text, last->len) == 0 && !(class_of(s[last->len]) & NAME) &&
		last->len) {
		*ret_name = *last;
		return s + last->len;
	}
	char *end = name_end(s, NAME);
	if (end)
		*ret_name = (struct name){ s, (size_t)(end - s),
			type_of(s, (size_t)(end - s), &room->family) };
	return end;
}

/* Behind the used labels there is room for PROMTEXT_LABELS_MAX. */
static int parse_sample(char *s, struct room *room)
{
	struct name name;
	struct prom_label *labels = room->labels + room->label_count;
	struct prom_sample sample = { .labels = labels };
	char *end = parse_name(s, room, &name);
	char *rest = end ? skip(end, BLANK) : NULL;
	if (!rest || (rest == end && *rest != '{'))
		return -1;
	if (*rest == '{' && !(rest = parse_labels(rest + 1, &sample, labels)))
		return -1;
	if (parse_value(skip(rest, BLANK), &sample.value) < 0)
		return -1;
	*end = 0;
	sample.name = name.text;
	sample.type = name.type;
	room->last = name;
	room->samples[room->sample_count++] = sample;
	room->label_count += sample.label_count;
	return 0;
}

static int parse_line(char *line, struct room *room, struct promtext *text)
{
	line = skip(line, BLANK);
	if (!*line)
		return 0;
	if (text->complete)
		return -1;
	if (*line == '#') {
		static const char type[] = "# TYPE ";
		if (strncmp(line, type, sizeof type - 1) == 0)
			parse_type(line + sizeof type - 1, room);
		else
			text->complete = strcmp(line, "# EOF") == 0;
		return 0;
	}
	return room->sample_count == PROMTEXT_SAMPLES_MAX ? -1 : parse_sample(line, room);
}

static void parse_lines(char *s, const char *end, struct room *room, struct promtext *text)
{
	while (s < end) {
		size_t left = (size_t)(end - s);
		char *newline = memchr(s, '\n', left);
		size_t len = newline ? (size_t)(newline - s) : left;
		s[len] = 0; /* there is one byte more than `end` */
		if (!newline || len > PROMTEXT_LINE_MAX || (room->has_nul && strlen(s) != len) ||
			parse_line(s, room, text) < 0)
			text->rejected++;
		s += len + 1;
	}
}

/* ---- the whole -------------------------------------------------------------------------- */

/* As many at a time as a byte can count, so that the compiler compares sixteen at once. */
static size_t count_byte(const char *s, size_t len, char c)
{
	size_t count = 0;
	for (size_t part; len > 0; s += part, len -= part) {
		part = smaller(len, UINT8_MAX);
		uint8_t found = 0;
		for (size_t i = 0; i < part; i++)
			found = (uint8_t)(found + (s[i] == c));
		count += found;
	}
	return count;
}

int promtext_parse(const char *text, size_t len, struct promtext *ret_text, struct error *err)
{
	/* no more samples than lines, no more labels than equal signs */
	size_t samples = smaller(count_byte(text, len, '\n'), PROMTEXT_SAMPLES_MAX);
	size_t labels =
		smaller(count_byte(text, len, '='), PROMTEXT_SAMPLES_MAX * PROMTEXT_LABELS_MAX);
	size_t samples_size = samples * sizeof(struct prom_sample);
	size_t labels_size = labels * sizeof(struct prom_label);
	char *memory = malloc(samples_size + labels_size + len + 1);
	if (!memory)
		return error_set(err, "out of memory for a report of %zu bytes", len);
	struct promtext t = { .memory = memory, .samples = (struct prom_sample *)(void *)memory };
	struct room room = {
		.samples = t.samples,
		.labels = (struct prom_label *)(void *)(memory + samples_size),
		.family.text = "",
		.last.text = "",
	};
	char *copy = memory + samples_size + labels_size;
	if (len) {
		memcpy(copy, text, len);
		room.has_nul = memchr(copy, 0, len) != NULL;
	}
	parse_lines(copy, copy + len, &room, &t);
	t.count = room.sample_count;
	*ret_text = t;
	return 0;
}

void promtext_finish(struct promtext *t)
{
	free(t->memory);
	*t = (struct promtext){ 0 };
}
