#include "collector/ingest/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEPT_OPEN = 64 }; /* a run may have a file for each of very many pollers that died */

static int open_file(const struct sources *s, const struct source *source, struct error *err)
{
	const char *name = source->entry->name;
	int fd = openat(s->spool_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		(void)error_errno(err, "spool: %s", name);
	return fd;
}

bool sources_is_want(int number)
{
	return number == ENOMEM || number == EMFILE || number == ENFILE;
}

static bool has_frames(const struct spool_entry *e)
{
	return e->kind == SPOOL_FRAMES || e->kind == SPOOL_SEALED;
}

/* Frames of one attempt in the order in which they came. */
static int compare_frames(const void *a, const void *b)
{
	const struct spool_frame *x = a, *y = b;
	if (x->attempt_id != y->attempt_id)
		return x->attempt_id < y->attempt_id ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return (x->at > y->at) - (x->at < y->at);
}

static int keep(struct sources *s, struct source *source, const struct error *why)
{
	if (s->unread++ == 0)
		s->first_unread = *why;
	source->is_kept = true;
	return 0;
}

static int find_frames(struct sources *s, uint32_t file, struct error *err)
{
	struct source *source = &s->items[file];
	struct error why = { "" };
	uint64_t lost = s->frames.lost;
	int fd = open_file(s, source, &why);
	int r = fd < 0 ? -1 : spool_find_frames(fd, file, &s->frames, &why);
	int number = errno;
	if (fd >= 0 && r)
		(void)error_context(&why, "%s", source->entry->name);
	if (fd >= 0 && source->entry->kind == SPOOL_FRAMES && file < KEPT_OPEN)
		source->fd = fd;
	else if (fd >= 0)
		(void)close(fd);
	source->lost = s->frames.lost - lost;
	if (r == 0)
		return 0;
	return sources_is_want(number) ? error_set(err, "%s", why.text) : keep(s, source, &why);
}

int sources_open(struct sources *s, int spool_fd, const struct spool_entry *entries, size_t count,
	struct error *err)
{
	*s = (struct sources){ .spool_fd = spool_fd };
	s->items = calloc(count + 1, sizeof *s->items);
	if (!s->items)
		return error_no_memory(err);
	for (size_t i = 0; i < count; i++)
		if (has_frames(&entries[i]))
			s->items[s->count++] = (struct source){ .entry = &entries[i], .fd = -1 };
	for (size_t i = 0; i < s->count; i++)
		if (find_frames(s, (uint32_t)i, err))
			return -1;
	if (s->frames.count)
		qsort(s->frames.items, s->frames.count, sizeof *s->frames.items, compare_frames);
	return 0;
}

bool sources_have_one_writer(
	const struct sources *s, const struct spool_frame *a, const struct spool_frame *b)
{
	return a->file == b->file || (s->items[a->file].entry->kind == SPOOL_SEALED &&
					     s->items[b->file].entry->kind == SPOOL_SEALED);
}

int sources_read(const struct sources *s, const struct spool_frame *frame, struct buffer *out,
	struct error *err)
{
	const struct source *source = &s->items[frame->file];
	int fd = source->fd >= 0 ? source->fd : open_file(s, source, err);
	if (fd < 0)
		return -1;
	int r = spool_read_frame(fd, frame, out, err);
	int saved = errno;
	if (fd != source->fd)
		(void)close(fd);
	errno = saved;
	return r;
}

const char *sources_name(const struct sources *s, const struct spool_frame *frame)
{
	return s->items[frame->file].entry->name;
}

static int remove_file(const struct sources *s, const struct source *source, struct error *err)
{
	const char *name = source->entry->name;
	if (source->is_kept)
		return 0;
	return source->lost ? spool_reject_file(s->spool_fd, name, source->lost, err)
			    : spool_remove(s->spool_fd, name, err);
}

int sources_remove(const struct sources *s, struct error *err)
{
	for (size_t i = 0; i < s->count; i++)
		if (remove_file(s, &s->items[i], err) < 0)
			return -1;
	return 0;
}

void sources_finish(struct sources *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i].fd >= 0)
			(void)close(s->items[i].fd);
	free(s->items);
	spool_frames_finish(&s->frames);
	*s = (struct sources){ 0 };
}
