#include "collector/ingest/ingest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "collector/ingest/batch.h"
#include "collector/spool/outcomes.h"
#include "collector/spool/spool.h"

/* The files of one cycle, in the list of the spool: those from its own id up to the next
 * cycle's, since a run takes its cycle id before its attempts'. */
struct slice {
	uint64_t cycle_id; /* 0: files older than any cycle that is still known */
	const struct spool_entry *files;
	size_t count;
	bool has_cycle;
	struct spool_cycle cycle;
	struct outcomes outcomes;
	struct sources sources;
	bool is_unread; /* one of the files that tell of all others: all wait for the next run */
	struct error unread;
};

static bool is_of_cycle(const struct spool_entry *e)
{
	return e->kind == SPOOL_FRAMES || e->kind == SPOOL_OUTCOMES || e->kind == SPOOL_CYCLE;
}

/* The slice that begins at the first of these files. */
static struct slice cut_slice(const struct spool_entry *files, size_t count)
{
	struct slice s = { .files = files };
	if (is_of_cycle(&files[0]))
		s.cycle_id = files[0].id;
	while (s.count < count &&
		(!is_of_cycle(&files[s.count]) || files[s.count].id == s.cycle_id))
		s.count++;
	return s;
}

static void read_cycle(struct slice *s, const struct buffer *file)
{
	size_t len = file->len ? file->len - 1 : 0; /* without its newline */
	s->has_cycle = spool_parse_cycle(len ? file->data : "", len, &s->cycle, NULL) == 0 &&
		       s->cycle.id == s->cycle_id;
}

/* Of too long a file, which no honest poller has, what is behind is not read. */
static int load_file(struct slice *s, int spool_fd, const struct spool_entry *e,
	const struct keyring *ring, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer file = { .cap = SPOOL_OUTCOMES_MAX };
	if (spool_read(spool_fd, e->name, &file, &s->unread) < 0 && errno != EFBIG) {
		s->is_unread = !sources_is_want(errno);
		return s->is_unread ? 0 : error_set(err, "%s", s->unread.text);
	}
	if (e->kind == SPOOL_OUTCOMES)
		return outcomes_add(&s->outcomes, ring, s->cycle_id, file.data, file.len, err);
	read_cycle(s, &file);
	return 0;
}

/* Reads what is known of the cycle as a whole. */
static int slice_load(struct slice *s, int spool_fd, const struct keyring *ring, struct error *err)
{
	for (size_t i = 0; i < s->count && !s->is_unread; i++)
		if ((s->files[i].kind == SPOOL_OUTCOMES || s->files[i].kind == SPOOL_CYCLE) &&
			load_file(s, spool_fd, &s->files[i], ring, err) < 0)
			return -1;
	outcomes_sort(&s->outcomes);
	return s->is_unread ? 0 : sources_open(&s->sources, spool_fd, s->files, s->count, err);
}

static void slice_finish(struct slice *s)
{
	outcomes_finish(&s->outcomes);
	sources_finish(&s->sources);
}

static int put_cycle(const struct ingest *in, const struct slice *s, const struct batch *b,
	bool finished, struct error *err)
{
	if (!s->has_cycle || s->cycle_id > in->newest_id)
		return 0;
	struct cycle cycle = {
		.id = s->cycle_id,
		.program = "collector",
		.version = FLEET_VERSION,
		.started_at = s->cycle.started_at,
		.deadline_at = s->cycle.deadline_at,
		.finished_at = finished ? s->cycle.ended_at : 0, /* 0: the run died */
		.clients = s->cycle.clients,
		.ok = b->ok,
		.failed = b->failed,
		.whole_fleet = s->cycle.whole_fleet,
	};
	return storage_put_cycle(in->storage, &cycle, err);
}

/* How far the lines and the frames of a slice are taken. */
struct front {
	size_t line, frame;
	bool has_row; /* the attempt at hand */
};

static bool is_frame_of(const struct sources *s, size_t at, uint64_t attempt_id)
{
	return at < s->frames.count && s->frames.items[at].attempt_id == attempt_id;
}

/* How many are of one attempt and from one writer. */
static size_t count_frames(const struct sources *s, size_t from, uint64_t attempt_id)
{
	size_t n = 0;
	while (n < SPOOL_CONNECTION_FILES && is_frame_of(s, from + n, attempt_id) &&
		sources_have_one_writer(s, &s->frames.items[from], &s->frames.items[from + n]))
		n++;
	return n;
}

/* Hands over what is of the smallest attempt id: a line, frames, or both. */
static int take_part(struct front *f, const struct slice *s, struct batch *b, struct error *err)
{
	const struct spool_frames *frames = &s->sources.frames;
	struct part part = { .cycle_id = s->cycle_id, .has_row = f->has_row };
	if (f->frame < frames->count)
		part.frames = &frames->items[f->frame];
	if (f->line < s->outcomes.count)
		part.line = &s->outcomes.items[f->line];
	if (part.line && part.frames && part.line->attempt_id > part.frames->attempt_id)
		part.line = NULL;
	uint64_t id = part.line ? part.line->attempt_id : part.frames->attempt_id;
	part.frame_count = count_frames(&s->sources, f->frame, id);
	f->frame += part.frame_count;
	part.has_more = is_frame_of(&s->sources, f->frame, id);
	f->line += part.line && !part.has_more;
	int r = batch_add(b, &part, err);
	f->has_row = part.has_more && part.has_row;
	return r;
}

static int take_connections(struct slice *s, struct batch *b, struct error *err)
{
	struct front f = { 0 };
	b->sources = &s->sources;
	while (f.line < s->outcomes.count || f.frame < s->sources.frames.count)
		if (take_part(&f, s, b, err) < 0)
			return -1;
	return batch_flush(b, err);
}

static void count_unread(struct ingest_summary *sum, size_t files, const struct error *why)
{
	if (files && sum->unread == 0)
		(void)snprintf(sum->first_unread, sizeof sum->first_unread, "%.319s", why->text);
	sum->unread += (uint32_t)files;
}

/* Its .cycle goes first: what a crash in between leaves must not count an empty cycle. */
static int remove_files(const struct slice *s, int spool_fd, struct error *err)
{
	for (size_t i = 0; i < s->count; i++)
		if ((s->files[i].kind == SPOOL_OUTCOMES || s->files[i].kind == SPOOL_CYCLE) &&
			spool_remove(spool_fd, s->files[i].name, err) < 0)
			return -1;
	return sources_remove(&s->sources, err);
}

static int ingest_slice(
	const struct ingest *in, struct slice *s, struct batch *b, struct error *err)
{
	if (slice_load(s, in->spool_fd, in->ring, err) < 0)
		return -1;
	count_unread(b->summary, s->is_unread, &s->unread);
	if (s->is_unread)
		return 0;
	b->ok = b->failed = 0;
	b->summary->bad_lines += (uint32_t)s->outcomes.malformed;
	b->summary->lost += s->sources.frames.lost;
	count_unread(b->summary, s->sources.unread, &s->sources.first_unread);
	if (put_cycle(in, s, b, false, err) < 0 || take_connections(s, b, err) < 0 ||
		put_cycle(in, s, b, true, err) < 0)
		return -1;
	if (s->cycle_id && s->cycle_id == in->current_cycle) {
		b->summary->ok = b->ok;
		b->summary->failed = b->failed;
	}
	return remove_files(s, in->spool_fd, err);
}

static int ingest_list(
	const struct ingest *in, const struct spool_list *list, struct batch *b, struct error *err)
{
	for (size_t at = 0; at < list->count;) {
		struct slice s = cut_slice(&list->items[at], list->count - at);
		at += s.count;
		int r = ingest_slice(in, &s, b, err);
		batch_finish(b); /* it points into the slice */
		slice_finish(&s);
		if (r < 0)
			return -1;
	}
	return 0;
}

int ingest_run(const struct ingest *in, struct ingest_summary *ret_summary, struct error *err)
{
	struct spool_list list = { 0 };
	struct batch *b = calloc(1, sizeof *b);
	if (!b)
		return error_no_memory(err);
	*ret_summary = (struct ingest_summary){ 0 };
	*b = (struct batch){ .in = in, .summary = ret_summary };
	int r = spool_list(in->spool_fd, &list, err);
	if (r == 0)
		r = ingest_list(in, &list, b, err);
	bool is_more_bad = ret_summary->bad || ret_summary->lost;
	if (is_more_bad && /* whatever came of the rest: the next run finds more */
		spool_trim_bad(in->spool_fd, r ? NULL : err) < 0)
		r = -1;
	spool_list_finish(&list);
	free(b);
	return r;
}
