/*
 * The frames in a file, one behind the other, found by what their heads say of their length.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/spool/spool.h"
#include "lib/array.h"

enum { HEAD_USUAL = 512 };

static const char start[] = WIRE_TAG "spool "; /* of a head */

static ssize_t read_at(int fd, char *to, size_t size, uint64_t at)
{
	size_t got = 0;
	while (got < size) {
		ssize_t n = pread(fd, to + got, size - got, (off_t)(at + got));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		got += (size_t)n;
	}
	return (ssize_t)got;
}

enum head_is { HEAD_WHOLE, HEAD_CUT, HEAD_NONE };

/* A head that ends with the file. */
static bool is_cut(const char *line, size_t len)
{
	size_t n = len < sizeof start - 1 ? len : sizeof start - 1;
	return len < SPOOL_LINE_MAX && !memchr(line, '\n', len) && memcmp(line, start, n) == 0;
}

/* Reads little first: nearly all heads are short. */
static int read_head(int fd, uint64_t at, struct spool_head *head, size_t *ret_body,
	enum head_is *ret_is, struct error *err)
{
	char line[SPOOL_LINE_MAX];
	static const size_t sizes[] = { HEAD_USUAL, sizeof line };
	enum head_is is = HEAD_NONE;
	for (size_t i = 0; i < ARRAY_LEN(sizes) && is != HEAD_WHOLE; i++) {
		ssize_t n = read_at(fd, line, sizes[i], at);
		if (n < 0)
			return error_errno(err, "spool: frames");
		if (spool_parse_head(line, (size_t)n, head, ret_body, NULL) == 0)
			is = HEAD_WHOLE;
		else
			is = is_cut(line, (size_t)n) ? HEAD_CUT : HEAD_NONE;
	}
	*ret_is = is;
	return 0;
}

/* Whether what is left, less than the head of a frame says, has frames in it: then the head is
 * damaged. Where they begin is not for what hosts have sealed to tell. */
static int has_more(int fd, uint64_t at, size_t left, bool *ret_has_more, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer rest = { 0 };
	char *to = buffer_reserve(&rest, left);
	ssize_t n = to ? read_at(fd, to, left, at) : -1;
	if (n < 0)
		return error_errno(err, "spool: frames");
	*ret_has_more = n > 0 && memmem(to + 1, (size_t)n - 1, start, sizeof start - 1) != NULL;
	return 0;
}

static int add(struct spool_frames *frames, const struct spool_frame *frame)
{
	struct spool_frame *items =
		array_reserve(frames->items, frames->count + 1, &frames->size, sizeof *items);
	if (!items)
		return -1;
	frames->items = items;
	items[frames->count++] = *frame;
	return 0;
}

/* A last frame that was cut; or one whose length is not its own, and all behind it. */
static int end_of_file(
	int fd, uint64_t at, size_t left, struct spool_frames *frames, struct error *err)
{
	bool is_damaged = false;
	if (has_more(fd, at, left, &is_damaged, err))
		return -1;
	frames->lost += is_damaged ? left : 0;
	return 0;
}

int spool_find_frames(int fd, uint32_t file, struct spool_frames *frames, struct error *err)
{
	struct stat st;
	struct spool_head head;
	size_t body;
	enum head_is is;
	size_t before = frames->count;
	if (fstat(fd, &st))
		return error_errno(err, "spool: frames");
	for (uint64_t at = 0, end = (uint64_t)st.st_size, size; at < end; at += size) {
		if (read_head(fd, at, &head, &body, &is, err))
			return -1;
		if (is != HEAD_WHOLE || frames->count - before == SPOOL_FRAMES_MAX) {
			frames->lost += is == HEAD_CUT ? 0 : end - at;
			return 0;
		}
		size = body + head.length;
		if (size > end - at)
			return end_of_file(fd, at, (size_t)(end - at), frames, err);
		if (add(frames, &(struct spool_frame){ head.attempt_id, file, (uint32_t)size, at }))
			return error_no_memory(err);
	}
	return 0;
}

void spool_frames_finish(struct spool_frames *frames)
{
	free(frames->items);
	*frames = (struct spool_frames){ 0 };
}

int spool_read_frame(int fd, const struct spool_frame *frame, struct buffer *out, struct error *err)
{
	char *to = buffer_reserve(out, frame->size);
	ssize_t n = to ? read_at(fd, to, frame->size, frame->at) : -1;
	if (n >= 0 && (size_t)n < frame->size)
		errno = EIO;
	if (n < (ssize_t)frame->size) {
		int saved = errno;
		(void)error_errno(err, "spool: a frame");
		errno = saved;
		return -1;
	}
	out->len += frame->size;
	out->data[out->len] = 0;
	return 0;
}

/* What cannot be read counts for nothing: it waits for ingest, which says so. */
static int count_in(int spool_fd, const char *name, struct spool_frames *frames, struct error *err)
{
	int fd = openat(spool_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return 0;
	int r = spool_find_frames(fd, 0, frames, err);
	if (r && errno != ENOMEM)
		r = 0;
	(void)close(fd);
	return r;
}

int spool_count_frames(
	int spool_fd, const struct spool_list *list, size_t *ret_count, struct error *err)
{
	struct spool_frames frames = { 0 };
	size_t sealed = 0;
	int r = 0;
	for (size_t i = 0; i < list->count && r == 0; i++) {
		sealed += list->items[i].kind == SPOOL_SEALED;
		if (list->items[i].kind == SPOOL_FRAMES)
			r = count_in(spool_fd, list->items[i].name, &frames, err);
	}
	*ret_count = sealed + frames.count;
	spool_frames_finish(&frames);
	return r;
}
