/*
 * Metrics of the machine's owner: *.prom files in a folder, node_exporter's convention. As there, a
 * file that is not well-formed gives nothing but node_textfile_scrape_error. What a single line
 * may not say costs that line: a value that is no number, a series twice, a type that another file
 * told otherwise, a control character, which would go to a terminal, and a name that could be the
 * probe's own. The last goes by the name alone, not by what this report says: what a reader of ours
 * had nothing to tell of no file may tell in its place.
 */
#include "remote/readers/readers.h"

#include <stdio.h>
#include <string.h>

#include "lib/compiler.h"
#include "lib/escape.h"
#include "remote/bytes/bundle.h"
#include "remote/bytes/prom_line.h"

enum {
	FAMILY_SLOTS = 2048, /* of all files together; the tables are never more than half full */
	SERIES_SLOTS = 8192,
	NAME_LENGTH_MAX = 255,
};

/* What well-known scripts for node_exporter's textfile collector write, and no reader of ours. What
 * ends in `_` is the beginning of many. */
static const char *const known_scripts[] = {
	"node_btrfs_",
	"node_directory_size_bytes",
	"node_dmpath_info",
	"node_fstab_mount_status",
	"node_infiniband_hca_temp_celsius",
	"node_ipmi_",
	"node_lvm_",
	"node_md_disk_info",
	"node_md_info",
	"node_physical_volume_",
	"node_processes_linking_deleted_libraries",
	"node_reboot_required",
	"node_volume_group_",
};

static const char UNTYPED[] = "untyped";
static const char MTIME[] = "node_textfile_mtime_seconds";
static const char ERROR[] = "node_textfile_scrape_error";
static const char BAD[] = "fleet_textfile_error";
static const char REFUSED[] = "fleet_textfile_lines_refused";

struct known {
	uint64_t hash; /* of the name; 0: a free slot */
	const char *type;
	unsigned file, refused; /* files that told this type last, and another; counted from 1 */
	bool is_written;
};

struct state {
	struct text *out;
	struct known families[FAMILY_SLOTS];
	uint64_t series[SERIES_SLOTS];
	size_t family_count, series_count;
	unsigned file;
	uint64_t refused; /* lines */
	bool has_error;
};

/* FNV-1a, which is never 0 here: that is a free slot. */
static uint64_t hash_of(struct span s)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ (unsigned char)s.at[i]) * UINT64_C(1099511628211);
	return hash ? hash : 1;
}

/* ---- families --------------------------------------------------------------------------- */

/* Where that family is or would be. */
static struct known *slot_of(struct state *s, uint64_t hash)
{
	size_t at = hash % FAMILY_SLOTS;
	while (s->families[at].hash != 0 && s->families[at].hash != hash)
		at = (at + 1) % FAMILY_SLOTS;
	return &s->families[at];
}

static void add_family(struct state *s, struct span name, const char *type)
{
	struct known *f = slot_of(s, hash_of(name));
	if (f->hash != 0 || s->family_count == FAMILY_SLOTS / 2)
		return;
	*f = (struct known){ .hash = hash_of(name), .type = type, .file = s->file };
	s->family_count++;
}

static void declare(struct state *s, const struct prom_line *line)
{
	struct known *f = slot_of(s, hash_of(line->name));
	if (f->hash == 0)
		add_family(s, line->name, line->type);
	else if (strcmp(f->type, line->type) != 0)
		f->refused = s->file;
	else
		f->file = s->file;
}

/* x of x_sum, where x is a summary or a histogram, which have such samples. */
static bool take_suffix(struct state *s, struct span *name)
{
	static const char *const suffixes[] = { "_bucket", "_count", "_sum" };
	for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
		size_t len = strlen(suffixes[i]);
		if (name->len <= len || memcmp(name->at + name->len - len, suffixes[i], len) != 0)
			continue;
		struct span stem = { name->at, name->len - len };
		const char *type = slot_of(s, hash_of(stem))->type;
		if (type && (strcmp(type, "histogram") == 0 ||
				    (i > 0 && strcmp(type, "summary") == 0))) {
			*name = stem;
			return true;
		}
	}
	return false;
}

/* The family of a sample whose name is `*name`, which becomes the family's. NULL when there is no
 * room for another. */
static struct known *family_of(struct state *s, struct span *name)
{
	struct known *f = slot_of(s, hash_of(*name));
	if (f->hash == 0 && !take_suffix(s, name))
		add_family(s, *name, UNTYPED);
	f = slot_of(s, hash_of(*name));
	return f->hash ? f : NULL;
}

static bool is_known_script(struct span name)
{
	for (size_t i = 0; i < ARRAY_LEN(known_scripts); i++) {
		const char *known = known_scripts[i];
		bool is_beginning = known[strlen(known) - 1] == '_';
		if (is_beginning ? span_starts(name, known) : span_is(name, known))
			return true;
	}
	return false;
}

static bool is_ours(struct span name)
{
	return span_starts(name, "fleet_") ||
	       (span_starts(name, "node_") && !is_known_script(name));
}

static bool is_printable(const struct prom_line *line)
{
	char escaped[2 * PROM_LINE_MAX]; /* which is longer than the value, if there is a need */
	for (size_t i = 0; i < line->pair_count; i++) {
		struct span value = line->pairs[i].value;
		if (escape_text(escaped, sizeof escaped, value.at, value.len) != value.len)
			return false;
	}
	return true;
}

/* The sample's own name counts, too: it may be longer than the family's. */
static bool is_allowed(const struct state *s, const struct known *f, const struct prom_line *line)
{
	return f && !is_ours(line->name) && line->name.len <= NAME_LENGTH_MAX &&
	       f->refused != s->file && (f->file == s->file || strcmp(f->type, UNTYPED) == 0) &&
	       is_printable(line);
}

/* ---- samples ---------------------------------------------------------------------------- */

/* The same for one series whatever the order of its labels is. */
static uint64_t hash_series(const struct prom_line *line)
{
	uint64_t hash = hash_of(line->name);
	for (size_t i = 0; i < line->pair_count; i++) {
		uint64_t name = hash_of(line->pairs[i].name), value = hash_of(line->pairs[i].value);
		hash += (name ^ (value >> 29 | value << 35)) * UINT64_C(1099511628211);
	}
	return hash ? hash : 1;
}

/* False when it is there already, or there is no room. */
static bool add_series(struct state *s, const struct prom_line *line)
{
	uint64_t hash = hash_series(line);
	size_t at = hash % SERIES_SLOTS;
	if (s->series_count == SERIES_SLOTS / 2)
		return false;
	while (s->series[at] != 0 && s->series[at] != hash)
		at = (at + 1) % SERIES_SLOTS;
	if (s->series[at] == hash)
		return false;
	s->series[at] = hash;
	s->series_count++;
	return true;
}

static void write_type(struct text *out, struct span name, const char *type)
{
	char terminated[NAME_LENGTH_MAX + 1];
	(void)snprintf(terminated, sizeof terminated, "%.*s", (int)name.len, name.at);
	text_type(out, terminated, type);
}

static void copy_sample(struct state *s, const struct prom_line *line)
{
	struct span name = line->name;
	struct known *f = family_of(s, &name);
	if (!is_allowed(s, f, line) || (line->is_finite && !add_series(s, line))) {
		s->has_error = true;
		s->refused++;
		return;
	}
	if (!line->is_finite) {
		s->refused++;
		return;
	}
	if (!f->is_written)
		write_type(s->out, name, f->type);
	f->is_written = true;
	text_copy(s->out, line->name, line->labels, line->value);
}

static void copy_file(struct state *s, struct span bytes)
{
	struct span text;
	struct prom_line line;
	while (span_line(&bytes, &text)) {
		enum prom_kind kind = prom_parse(text, &line);
		if (kind == PROM_TYPE)
			declare(s, &line);
		else if (kind == PROM_SAMPLE)
			copy_sample(s, &line);
	}
}

/* ---- files ------------------------------------------------------------------------------ */

/* A file that was cut, by us or by who writes it, does not end in a newline. */
static bool is_well_formed(const struct bundle_file *f)
{
	struct span rest = f->bytes, text;
	struct prom_line line;
	if (f->size < 0 || (uint64_t)f->size != rest.len)
		return false;
	if (rest.len > 0 && rest.at[rest.len - 1] != '\n')
		return false;
	while (span_line(&rest, &text))
		if (prom_parse(text, &line) == PROM_BAD)
			return false;
	return true;
}

static bool is_bad(const struct bundle_file *f)
{
	return span_is(f->kind, "folder") ? f->size < 0 : !is_well_formed(f);
}

static void take_file(struct state *s, const struct bundle_file *f)
{
	if (is_bad(f)) {
		s->has_error = true;
	} else if (span_is(f->kind, "textfile")) {
		s->file++;
		copy_file(s, f->bytes);
	}
}

/* When the good ones were written; and which are bad. */
static void write_files(struct span bytes, struct text *out)
{
	struct family mtimes = { MTIME, "gauge", false }, errors = { BAD, "gauge", false };
	struct span rest = bytes;
	struct bundle_file f;
	while (bundle_next(&rest, &f)) {
		struct label label = { "file", f.path };
		if (span_is(f.kind, "textfile") && !is_bad(&f))
			text_member(out, &mtimes, &label, 1, f.time_ns, 9);
	}
	while (bundle_next(&bytes, &f)) {
		struct label label = { "file", f.path };
		if (is_bad(&f))
			text_member(out, &errors, &label, 1, 1, 0);
	}
}

void read_textfile(struct span bytes, struct text *out)
{
	struct state s = { .out = out };
	struct span rest = bytes;
	struct bundle_file f;
	while (bundle_next(&rest, &f))
		take_file(&s, &f);
	write_files(bytes, out);
	text_single(out, ERROR, "gauge", s.has_error, 0);
	text_single(out, REFUSED, "gauge", s.refused, 0);
}
