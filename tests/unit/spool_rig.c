#include "tests/unit/spool_rig.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct spool_head rig_head = {
	.attempt_id = 7,
	.cycle_id = 5,
	.received_at = 1763785952123,
	.client = "web1",
	.asked_at = 1763785952007,
	.has_digest = true,
	.digest = { 0x00, 0x1f, [15] = 0xff },
};

int rig_set_up(void **state)
{
	struct rig_folder *f = calloc(1, sizeof *f);
	assert_non_null(f);
	strcpy(f->path, "/tmp/fleet-spool-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	assert_int_equal(spool_open(f->path, &f->fd, NULL), 0);
	*state = f;
	return 0;
}

static void empty_folder(int fd)
{
	struct spool_list list;
	assert_int_equal(spool_list(fd, &list, NULL), 0);
	for (size_t i = 0; i < list.count; i++)
		assert_int_equal(unlinkat(fd, list.items[i].name, 0), 0);
	spool_list_finish(&list);
}

int rig_tear_down(void **state)
{
	struct rig_folder *f = *state;
	int bad = openat(f->fd, "bad", O_RDONLY | O_DIRECTORY);
	empty_folder(bad);
	empty_folder(f->fd);
	close(bad);
	assert_int_equal(unlinkat(f->fd, "bad", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(f->path), 0); /* there is nothing else */
	close(f->fd);
	free(f);
	return 0;
}

struct spool_head rig_head_of(uint64_t attempt_id, const char *body)
{
	struct spool_head h = rig_head;
	h.attempt_id = attempt_id;
	h.length = (uint32_t)strlen(body);
	return h;
}

int rig_open_frames(const struct rig_folder *f, uint32_t poller)
{
	int fd = -1;
	assert_int_equal(spool_open_frames(f->fd, rig_head.cycle_id, poller, &fd, NULL), 0);
	return fd;
}

void rig_append(int fd, const struct spool_head *h, const char *body)
{
	bool torn = false;
	assert_int_equal(spool_put(fd, h, body, &torn, NULL), 0);
	assert_false(torn);
}

void rig_put(const struct rig_folder *f, uint64_t attempt_id, const char *body)
{
	struct spool_head h = rig_head_of(attempt_id, body);
	int fd = rig_open_frames(f, 1);
	rig_append(fd, &h, body);
	assert_int_equal(spool_sync(fd, NULL), 0);
	assert_int_equal(close(fd), 0);
}

int rig_open_to_read(const struct rig_folder *f)
{
	int fd = openat(f->fd, "0000000000000005-01.frames", O_RDWR);
	assert_true(fd >= 0);
	return fd;
}

off_t rig_size_of(int fd)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	return st.st_size;
}

void rig_make_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

void rig_assert_text(const struct rig_folder *f, const char *name, const char *text)
{
	CLEANUP(buffer_finish) struct buffer b = { 0 };
	assert_int_equal(spool_read(f->fd, name, &b, NULL), 0);
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.data, text, b.len);
}
