/*
 * Arrays of Linux's software RAID, of /proc/mdstat: Documentation/admin-guide/md.rst and
 * md_seq_show() of drivers/md/md.c. An array takes a line of its own and indented ones below it:
 *
 *   md6 : active raid1 sdb2[2](F) sdc[1](S) sda2[0]
 *         195310144 blocks [2/1] [U_]
 *         [=>...................]  recovery =  8.5% (16775552/195310144) finish=17.0min
 */
#include "remote/readers/readers.h"

#include <string.h>

#include "lib/compiler.h"

enum {
	STATE_ACTIVE,
	STATE_INACTIVE,
	STATE_RECOVERING,
	STATE_RESYNC,
	STATE_CHECK,
	DISKS_ACTIVE,
	DISKS_FAILED,
	DISKS_SPARE,
	DISKS_REQUIRED,
	BLOCKS,
	BLOCKS_SYNCED,
	VALUE_COUNT,
};

/* What is told of an array, a family's rows together. */
/* clang-format off */
static const struct {
	const char *name, *state;
} rows[VALUE_COUNT] = {
	[STATE_ACTIVE]     = { "node_md_state",          "active" },
	[STATE_INACTIVE]   = { "node_md_state",          "inactive" },
	[STATE_RECOVERING] = { "node_md_state",          "recovering" },
	[STATE_RESYNC]     = { "node_md_state",          "resync" },
	[STATE_CHECK]      = { "node_md_state",          "check" },
	[DISKS_ACTIVE]     = { "node_md_disks",          "active" },
	[DISKS_FAILED]     = { "node_md_disks",          "failed" },
	[DISKS_SPARE]      = { "node_md_disks",          "spare" },
	[DISKS_REQUIRED]   = { "node_md_disks_required", NULL },
	[BLOCKS]           = { "node_md_blocks",         NULL },
	[BLOCKS_SYNCED]    = { "node_md_blocks_synced",  NULL },
};

/* What a third line may say, the first that it does. A reshape is none of the states above. */
static const struct {
	const char *word;
	int state;
} works[] = {
	{ "recovery", STATE_RECOVERING },
	{ "reshape",  VALUE_COUNT },
	{ "check",    STATE_CHECK },
	{ "resync",   STATE_RESYNC },
};
/* clang-format on */

struct array {
	struct span name;
	uint64_t values[VALUE_COUNT];
};

static const char *find(struct span line, const char *text)
{
	return line.len ? memmem(line.at, line.len, text, strlen(text)) : NULL;
}

static uint64_t count(struct span line, const char *text)
{
	uint64_t found = 0;
	const char *at;
	while ((at = find(line, text)) != NULL) {
		size_t done = (size_t)(at - line.at) + strlen(text);
		line = (struct span){ line.at + done, line.len - done };
		found++;
	}
	return found;
}

/* "[2/1]" or "(16775552/195310144)": two numbers between `open` and `close`. */
static bool take_pair(struct span line, char open, char close, uint64_t ret[static 2])
{
	struct span word;
	while (span_word(&line, &word)) {
		const char *slash = memchr(word.at, '/', word.len), *end = word.at + word.len - 1;
		if (!slash || *word.at != open || *end != close)
			continue;
		struct span first = { word.at + 1, (size_t)(slash - word.at) - 1 };
		struct span second = { slash + 1, (size_t)(end - slash) - 1 };
		return span_u64(first, &ret[0]) && span_u64(second, &ret[1]);
	}
	return false;
}

/* How many disks an array has, and wants. One without redundancy has all of them or is none. */
static bool take_disks(struct span title, struct span status, struct array *a)
{
	uint64_t pair[2] = { 0 }; /* wanted, there */
	if (find(title, " raid0 ") || find(title, " linear "))
		pair[0] = pair[1] = count(title, "[");
	else if (!a->values[STATE_INACTIVE] && !take_pair(status, '[', ']', pair))
		return false;
	a->values[DISKS_REQUIRED] = pair[0];
	a->values[DISKS_ACTIVE] = pair[1];
	return true;
}

/* What it is busy with, in any of the lines that follow; how far it is, or not at all yet. */
static void take_work(struct span line, struct array *a)
{
	uint64_t pair[2];
	for (size_t i = 0; i < ARRAY_LEN(works); i++) {
		if (!find(line, works[i].word))
			continue;
		memset(a->values, 0, (STATE_CHECK + 1) * sizeof *a->values);
		if (works[i].state < VALUE_COUNT)
			a->values[works[i].state] = 1;
		a->values[BLOCKS_SYNCED] = take_pair(line, '(', ')', pair) ? pair[0] : 0;
		return;
	}
}

/* "md6 : active raid1 …" */
static bool take_title(struct span title, struct array *a)
{
	struct span colon, state;
	*a = (struct array){ .name.len = 0 };
	if (!span_word(&title, &a->name) || !span_word(&title, &colon) || !span_is(colon, ":") ||
		!span_word(&title, &state) || span_is(a->name, "Personalities"))
		return false;
	for (size_t i = STATE_ACTIVE; i <= STATE_INACTIVE; i++)
		a->values[i] = span_is(state, rows[i].state);
	a->values[DISKS_FAILED] = count(title, "(F)");
	a->values[DISKS_SPARE] = count(title, "(S)");
	return true;
}

static bool is_below(struct span line)
{
	return line.len > 0 && *line.at == ' ';
}

static bool next_array(struct span *rest, struct array *ret)
{
	struct span title, status, line;
	while (span_line(rest, &title)) {
		bool is_array = take_title(title, ret) && is_below(*rest) &&
				span_line(rest, &status) &&
				span_column(status, 0, &ret->values[BLOCKS]) &&
				take_disks(title, status, ret);
		ret->values[BLOCKS_SYNCED] = ret->values[BLOCKS];
		while (is_array && is_below(*rest) && span_line(rest, &line))
			take_work(line, ret);
		if (is_array)
			return true;
	}
	return false;
}

static void write_row(struct span file, size_t row, struct family *family, struct text *out)
{
	const char *state = rows[row].state;
	struct label labels[] = { { .name = "device" }, text_label("state", state ? state : "") };
	struct array a;
	while (next_array(&file, &a)) {
		labels[0].value = a.name;
		if (a.values[row] <= INT64_MAX)
			text_member(out, family, labels, state ? 2 : 1, (int64_t)a.values[row], 0);
	}
}

void read_mdstat(struct span file, struct text *out)
{
	struct family family = { .name = NULL };
	for (size_t i = 0; i < VALUE_COUNT; i++) {
		if (!family.name || strcmp(rows[i].name, family.name) != 0)
			family = (struct family){ rows[i].name, "gauge", false };
		write_row(file, i, &family, out);
	}
}
