#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/collect.h"
#include "remote/files/io.h"
#include "remote/sources.h"

enum { PATTERN_MAX = 255, PATTERNS_MAX = 48 };

/* folder/prefix*suffix/file, of which folder and file may be "". Without a star it is all file. */
struct pattern {
	bool has_star;
	struct span folder, prefix, suffix, file; /* folder with the slash behind it, file before */
};

/* One entry under way. */
struct walk {
	struct collect *c;
	struct pattern patterns[PATTERNS_MAX];
	size_t pattern_count;
	struct span entry;
	int fd;
	char listed[PATTERN_MAX + 1]; /* whose names are in c->names */
	bool is_listed;
	char *out;
	size_t len, size;
};

static struct span part(const char *from, const char *to)
{
	return (struct span){ from, (size_t)(to - from) };
}

static struct pattern split(struct span text)
{
	const char *star = memchr(text.at, '*', text.len), *end = text.at + text.len;
	if (!star)
		return (struct pattern){ false, part(end, end), part(end, end), part(end, end),
			text };
	const char *from = star, *to = star + 1;
	while (from > text.at && from[-1] != '/')
		from--;
	while (to < end && *to != '/')
		to++;
	return (struct pattern){ true, part(text.at, from), part(from, star), part(star + 1, to),
		part(to, end) };
}

static void split_all(struct walk *w, const char *files)
{
	struct span rest = { files, strlen(files) }, text;
	for (w->pattern_count = 0; span_word(&rest, &text);) {
		assert(w->pattern_count < PATTERNS_MAX && text.len <= PATTERN_MAX);
		w->patterns[w->pattern_count++] = split(text);
	}
}

static bool matches(struct span name, const struct pattern *p)
{
	struct span start = { name.at, p->prefix.len };
	return name.len >= p->prefix.len + p->suffix.len && span_ends(name, p->suffix) &&
	       span_equal(start, p->prefix);
}

/* Where a symbolic link leads in the end, as the kernel names it. */
static ssize_t read_path(int dir_fd, const char *name, char *out, size_t size)
{
	char link[32];
	int fd = openat(dir_fd, name, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return -1;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(link, out, size);
	(void)close(fd);
	return n;
}

/* "name": what stands behind the last slash of the link's target. "@name": where it leads, or as
 * much of that path's end as fits. */
static ssize_t read_link(int dir_fd, const char *name, char *out, size_t size)
{
	char target[PATH_MAX];
	bool whole = *name == '@';
	ssize_t n = whole ? read_path(dir_fd, name + 1, target, sizeof target)
			  : readlinkat(dir_fd, name, target, sizeof target);
	if (n <= 0)
		return -1;
	const char *end = target + n, *slash = whole ? NULL : memrchr(target, '/', (size_t)n);
	const char *from = slash ? slash + 1 : target;
	if ((size_t)(end - from) > size)
		from = end - size;
	memcpy(out, from, (size_t)(end - from));
	return end - from;
}

/* -1 when the line goes on, for half a list would pass for all of it. */
static ssize_t read_line(struct walk *w, const char *file, char value[static TREE_VALUE_MAX])
{
	ssize_t len = io_read_start(w->fd, file, value, TREE_VALUE_MAX);
	if (len < TREE_VALUE_MAX || memchr(value, '\n', TREE_VALUE_MAX))
		return len;
	w->c->cut++;
	errno = 0;
	return -1;
}

/* The first line without the blanks that some drivers fill it up with. Returns its length, or -1.
 */
static ssize_t read_value(struct walk *w, const char *file, char value[static TREE_VALUE_MAX])
{
	ssize_t len = *file == '@' ? read_link(w->fd, file + 1, value, TREE_VALUE_MAX)
				   : read_line(w, file, value);
	if (len < 0)
		collect_note(w->c, errno);
	const char *end = len > 0 ? memchr(value, '\n', (size_t)len) : NULL;
	len = end ? end - value : len;
	while (len > 0 && value[len - 1] == ' ')
		len--;
	return len;
}

static void put(struct walk *w, const char *file)
{
	char value[TREE_VALUE_MAX];
	ssize_t n = read_value(w, file, value);
	if (n < 0)
		return;
	size_t len = (size_t)n, file_len = strlen(file),
	       need = w->entry.len + 1 + file_len + 1 + len + 1;
	if (need > w->size - w->len) {
		w->c->cut++;
		return;
	}
	char *to = span_copy(w->entry, w->out + w->len);
	*to++ = '/';
	to = span_copy(part(file, file + file_len), to);
	*to++ = '\t';
	to = span_copy(part(value, value + len), to);
	*to = '\n';
	w->len += need;
}

/* Patterns of one folder mostly follow each other: it is listed once. */
static void list(struct walk *w, struct span folder)
{
	if (w->is_listed && span_is(folder, w->listed))
		return;
	(void)snprintf(w->listed, sizeof w->listed, "%.*s", (int)folder.len, folder.at);
	w->is_listed = true;
	w->c->names.count = 0;
	int fd = openat(w->fd, *w->listed ? w->listed : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	w->c->cut += names_list(&w->c->names, fd, NULL);
	(void)close(fd);
}

static void put_matches(struct walk *w, const struct pattern *p)
{
	const struct names *names = &w->c->names;
	char file[PATTERN_MAX + NAME_MAX + 1];
	list(w, p->folder);
	for (size_t i = 0; i < names->count; i++) {
		struct span name = names->items[i];
		if (!matches(name, p))
			continue;
		*span_copy(p->file, span_copy(name, span_copy(p->folder, file))) = 0;
		put(w, file);
	}
}

static void put_one(struct walk *w, const struct pattern *p)
{
	char file[PATTERN_MAX + 1];
	*span_copy(p->file, file) = 0;
	put(w, file);
}

static void put_entry(struct walk *w, int dir_fd)
{
	char name[NAME_MAX + 1];
	*span_copy(w->entry, name) = 0;
	w->is_listed = false;
	w->fd = openat(dir_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w->fd < 0)
		return;
	for (const struct pattern *p = w->patterns; p < w->patterns + w->pattern_count; p++)
		if (p->has_star)
			put_matches(w, p);
		else
			put_one(w, p);
	(void)close(w->fd);
}

static int open_folder(struct collect *c, const struct pattern *path)
{
	char folder[PATTERN_MAX + 1];
	*span_copy(path->has_star ? path->folder : path->file, folder) = 0;
	return collect_folder(c, folder);
}

ssize_t gather_tree(struct collect *c, const struct source *s, char *out, size_t size)
{
	struct walk w = { .c = c, .out = out, .size = size };
	struct pattern path = split((struct span){ s->path, strlen(s->path) });
	int fd = open_folder(c, &path);
	if (fd < 0)
		return -1;
	c->cut += names_list(&c->entries, fd, NULL);
	split_all(&w, s->files);
	for (size_t i = 0; i < c->entries.count; i++) {
		w.entry = c->entries.items[i];
		if (!path.has_star || matches(w.entry, &path))
			put_entry(&w, fd);
	}
	(void)close(fd);
	return (ssize_t)w.len;
}
