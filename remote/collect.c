#include "remote/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "remote/files/below.h"
#include "remote/files/io.h"
#include "remote/sources.h"

enum {
	LISTING_MAX = 64 << 10,
	NAMES_MAX = 4096,
	MOUNTINFO_MAX = 352 << 10,
	POINTS_MAX = 64 << 10, /* of mounts that are away */
	DEAD_MAX = 4 << 10,    /* of those that do not answer */
	LATE_MAX = 4,	       /* children that were waited for in vain */
	TOLD_MAX = 8 << 10,    /* of what is told last: two lines a source at most, and a few */
};

static int init_names(struct names *n, struct arena *a)
{
	*n = (struct names){ .size = LISTING_MAX, .max = NAMES_MAX };
	n->data = arena_take(a, n->size);
	n->items = arena_take(a, n->max * sizeof *n->items);
	return n->data && n->items ? 0 : -1;
}

/* Below a root `self` would be the reader itself, of this machine. */
static ssize_t read_mounts(struct collect *c)
{
	static const struct source first = { .path = "proc/1/mountinfo" },
				   self = { .path = "proc/self/mountinfo" };
	ssize_t n = *c->root ? gather_file(c, &first, c->mountinfo, MOUNTINFO_MAX) : -1;
	return n < 0 ? gather_file(c, &self, c->mountinfo, MOUNTINFO_MAX) : n;
}

static void learn_mounts(struct collect *c)
{
	ssize_t n = read_mounts(c);
	c->is_table_cut = c->cut > 0; /* told by who takes it apart, as what was denied */
	c->cut = 0;
	c->is_table_denied = c->denied;
	c->reach.is_unknown = n < 0 && !*c->root;
	if (n < 0)
		return;
	c->mount_table = (struct span){ c->mountinfo, (size_t)n };
	c->reach.points = c->points;
	c->reach.is_unknown = c->is_table_cut || !mounts_list_away(c->mount_table, c->points,
							 POINTS_MAX, &c->reach.len);
}

int collect_init(struct collect *c, struct arena *a, const char *root, const char *asks,
	const struct folders *folders)
{
	*c = (struct collect){ .root = root, .asks = asks, .folders = folders };
	c->bytes = arena_take(a, COLLECT_BYTES_MAX);
	c->mounts = arena_take(a, MOUNTS_MAX * sizeof *c->mounts);
	c->mountinfo = arena_take(a, MOUNTINFO_MAX);
	c->points = arena_take(a, POINTS_MAX);
	c->dead.points = c->dead_points = arena_take(a, DEAD_MAX);
	if (!c->dead_points || !c->bytes || !c->mounts || !c->mountinfo || !c->points ||
		init_names(&c->entries, a) < 0 || init_names(&c->names, a) < 0)
		return -1;
	learn_mounts(c);
	return 0;
}

bool collect_path_unasked(const struct collect *c, const char *path, char out[static PATH_MAX])
{
	char absolute[PATH_MAX];
	return io_path(span_of(""), span_of(path), *c->root ? absolute : out) &&
	       (!*c->root || below_find(c->root, absolute, out));
}

static bool is_own(const char *path)
{
	struct span s = span_of(path);
	return span_is(s, "proc") || span_starts(s, "proc/") || span_starts(s, "sys/");
}

static void meet(struct collect *c, const char *point)
{
	c->met_away = true;
	for (size_t i = 0; i < c->met_count; i++)
		if (c->met[i] == point)
			return;
	if (*point && c->met_count < MET_MAX)
		c->met[c->met_count++] = point;
}

/* A child goes where it cannot be known, too. */
bool collect_path(struct collect *c, const char *path, char out[static PATH_MAX])
{
	const char *end =
		is_own(path) ? NULL : reach_end(c->is_child ? &c->dead : &c->reach, c->root, path);
	if (!end || (c->is_child && !*end))
		return collect_path_unasked(c, path, out);
	if (!c->is_child)
		meet(c, end);
	errno = EREMOTE;
	return false;
}

/* Where the root is this machine's, what the kernel shows of itself need not be looked at before it
 * is opened: it is no device. */
ssize_t collect_read(struct collect *c, const char *path, char *out, size_t size)
{
	char full[PATH_MAX];
	if (!collect_path(c, path, full))
		return -1;
	return is_own(path) && !*c->root ? io_read_file(AT_FDCWD, full, out, size)
					 : io_read_regular(AT_FDCWD, full, out, size);
}

int collect_folder(struct collect *c, const char *path)
{
	char full[PATH_MAX];
	return collect_path(c, path, full)
		       ? openat(AT_FDCWD, full, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
		       : -1;
}

void collect_note(struct collect *c, int error)
{
	c->denied = c->denied || error == EACCES || error == EPERM;
	c->cut += error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* As many as any gather has open at a time. Without them files look as if they were not there. */
static bool has_descriptors(void)
{
	int fds[4], count = 0;
	while (count < (int)ARRAY_LEN(fds) && (fds[count] = dup(STDIN_FILENO)) >= 0)
		count++;
	for (int i = 0; i < count; i++)
		(void)close(fds[i]);
	return count == (int)ARRAY_LEN(fds);
}

/* ---- what may never answer -------------------------------------------------------------- */

/* What the children so far come to with one more. */
static enum children with_one_more(struct collect *c, ssize_t n, enum away_end end)
{
	if (n < 0)
		return CHILDREN_IMPOSSIBLE;
	c->late_count += end == AWAY_LATE;
	if (end == AWAY_STUCK || c->late_count == LATE_MAX)
		return CHILDREN_STUCK;
	return c->late_count > 0 ? CHILDREN_LATE : CHILDREN_CAME_BACK;
}

static ssize_t send_child(
	struct collect *c, away_work *work, const void *data, char *out, size_t size)
{
	enum away_end end;
	if (c->children >= CHILDREN_STUCK)
		return c->children == CHILDREN_STUCK ? 0 : -1;
	ssize_t n = away_read(c->folders, work, data, out, size, &end);
	c->children = with_one_more(c, n, end);
	return n;
}

/* Of its numbers, which no server is asked for in vain: other things are remembered for a while. */
static void knock(int fd, const void *path)
{
	struct statvfs numbers;
	(void)statvfs(path, &numbers);
	if (io_write(fd, "", 1) < 0)
		return; /* nobody listens any more */
}

static void bury(struct collect *c, const char *point)
{
	size_t len = strlen(point) + 1;
	if (len > DEAD_MAX - c->dead.len)
		return;
	memcpy(c->dead_points + c->dead.len, point, len);
	c->dead.len += len;
}

static void ask_whom_we_met(struct collect *c)
{
	char path[PATH_MAX], byte;
	for (; c->asked_count < c->met_count; c->asked_count++) {
		const char *point = c->met[c->asked_count];
		if (!io_path(span_of(c->root), span_of(point + 1), path) ||
			send_child(c, knock, path, &byte, 1) != 1)
			bury(c, point);
	}
}

ssize_t collect_away(struct collect *c, away_work *work, const void *data, char *out, size_t size)
{
	ask_whom_we_met(c);
	return send_child(c, work, data, out, size);
}

static void write_away(const struct collect *c, struct text *out)
{
	if (c->children == CHILDREN_IMPOSSIBLE)
		text_single(out, "fleet_filesystem_unmeasured", "gauge", 1, 0);
	else if (c->children != CHILDREN_NONE)
		text_single(out, "fleet_filesystem_stuck", "gauge",
			c->children > CHILDREN_CAME_BACK, 0);
}

/* ---- sources ---------------------------------------------------------------------------- */

struct job {
	const struct collect *c;
	const struct source *source;
};

/* How a child begins its answer. */
struct answer {
	size_t len; /* of what follows */
	size_t cut;
	bool denied;
};

static void answer(int fd, const void *data)
{
	const struct job *job = data;
	struct collect c = *job->c;
	struct answer a = { .len = 0 };
	char *bytes = c.bytes + sizeof a;
	c.is_child = true;
	ssize_t n = job->source->gather(&c, job->source, bytes, COLLECT_BYTES_MAX - sizeof a);
	a = (struct answer){ n > 0 ? (size_t)n : 0, c.cut, c.denied };
	memcpy(c.bytes, &a, sizeof a);
	if (io_write(fd, c.bytes, sizeof a + a.len) < 0)
		return; /* the length tells */
}

/* False when not all of it came back. */
static bool ask_child(struct collect *c, const struct source *s, struct span *ret_bytes)
{
	struct answer a;
	struct job job = { c, s };
	ssize_t n = collect_away(c, answer, &job, c->bytes, COLLECT_BYTES_MAX);
	if (n < (ssize_t)sizeof a)
		return false;
	memcpy(&a, c->bytes, sizeof a);
	if (a.len != (size_t)n - sizeof a)
		return false;
	c->cut = a.cut;
	c->denied = c->denied || a.denied;
	*ret_bytes = (struct span){ c->bytes + sizeof a, a.len };
	return true;
}

static struct span gather_here(struct collect *c, const struct source *s)
{
	ssize_t len = s->gather(c, s, c->bytes, COLLECT_BYTES_MAX);
	return (struct span){ c->bytes, len > 0 ? (size_t)len : 0 };
}

static void run_source(struct collect *c, const struct source *s, struct text *out)
{
	size_t before = c->cut;
	c->denied = c->met_away = false;
	struct span bytes = gather_here(c, s);
	if (c->met_away) {
		c->cut = before;
		if (!ask_child(c, s, &bytes))
			bytes = gather_here(c, s);
	}
	if (bytes.len > 0)
		s->read(bytes, out);
}

/* Rows may share a reader: the first of those. */
static size_t first_row(size_t i)
{
	size_t first = 0;
	while (sources[first].read != sources[i].read)
		first++;
	return first;
}

static void write_counts(
	const char *name, const uint64_t counts[static SOURCE_COUNT], struct text *out)
{
	struct family family = { name, "gauge", false };
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		struct label source = text_label("source", sources[i].name);
		if (counts[i] > 0)
			text_member_unsigned(out, &family, &source, 1, counts[i], 0);
	}
}

static void run_all(struct collect *c, uint64_t denied[static SOURCE_COUNT],
	uint64_t cut[static SOURCE_COUNT], struct text *out)
{
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		uint64_t before = c->cut + out->cut;
		size_t row = first_row(i);
		run_source(c, &sources[i], out);
		denied[row] = denied[row] || c->denied;
		cut[row] += c->cut + out->cut - before;
	}
}

void collect_run(struct collect *c, struct text *out)
{
	uint64_t denied[SOURCE_COUNT] = { 0 }, cut[SOURCE_COUNT] = { 0 };
	size_t size = out->size;
	bool is_poor = !has_descriptors();
	out->size -= TOLD_MAX;
	run_all(c, denied, cut, out);
	text_widen(out, size);
	write_counts("fleet_source_denied", denied, out);
	write_counts("fleet_source_cut", cut, out);
	write_away(c, out);
	out->cut += c->cut + is_poor;
}

void collect_boot_id(struct collect *c, char ret_id[static 37])
{
	char id[37];
	bool found = collect_read(c, "proc/sys/kernel/random/boot_id", id, sizeof id) == 37 &&
		     id[36] == '\n';
	id[36] = 0;
	found = found && strspn(id, "0123456789abcdef-") == 36;
	memcpy(ret_id, found ? id : "-", found ? 37 : 2);
}
