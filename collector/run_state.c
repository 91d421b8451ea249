#include "collector/run_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/spool/fields.h"
#include "lib/file.h"

enum { STATE_LINE_MAX = 192 };

/* Another run has the lock: leaves the mark that this one was refused and counts them. */
static int count_refused(int fd, uint32_t *ret_refused, struct error *err)
{
	struct stat st;
	if (write(fd, ".", 1) != 1 || fstat(fd, &st) < 0)
		return error_errno(err, "lock");
	*ret_refused = (uint32_t)st.st_size;
	return 0;
}

int run_lock_take(int spool_fd, enum run_lock *ret_lock, int *ret_fd, uint32_t *ret_refused,
	struct error *err)
{
	int fd = openat(
		spool_fd, "lock", O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return error_errno(err, "lock");
	int r = flock(fd, LOCK_EX | LOCK_NB);
	if (r == 0 && ftruncate(fd, 0) == 0) {
		*ret_lock = RUN_LOCK_TAKEN;
		*ret_fd = fd;
		return 0;
	}
	if (r < 0 && errno == EWOULDBLOCK) {
		*ret_lock = RUN_LOCK_BUSY;
		r = count_refused(fd, ret_refused, err);
	} else {
		r = error_errno(err, "lock");
	}
	(void)close(fd);
	return r;
}

static int parse_state(const char *line, size_t len, struct run_state *ret_state)
{
	struct fields f = { .at = line, .end = line + len };
	struct run_state s = { 0 };
	fields_word(&f, "fleet1");
	fields_word(&f, "state");
	s.clock.last = fields_hex(&f);
	s.clock.wall_ms = fields_number(&f, INT64_MAX);
	s.clock.collector = (uint8_t)fields_number(&f, ATTEMPT_COLLECTOR_MAX);
	s.seed = fields_hex(&f);
	s.claim = fields_hex(&f);
	s.complained_at = fields_number(&f, INT64_MAX);
	if (!fields_done(&f))
		return -1;
	*ret_state = s;
	return 0;
}

int run_state_load(const char *path, struct run_state *ret_state, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer file = { 0 };
	if (file_read(path, FILE_TRUSTED, STATE_LINE_MAX, &file, err) < 0) {
		if (errno != ENOENT)
			return -1;
		*ret_state = (struct run_state){ 0 };
		return 0;
	}
	if (!file.len || parse_state(file.data, file.len - 1, ret_state) < 0)
		return error_set(err,
			"%s: malformed; it holds the last attempt id: remove it if the clock of "
			"this machine is right",
			path);
	return 0;
}

int run_state_save(const char *path, const struct run_state *state, struct error *err)
{
	char line[STATE_LINE_MAX];
	int len = snprintf(line, sizeof line,
		"fleet1 state %016" PRIx64 " %" PRId64 " %d %016" PRIx64 " %016" PRIx64 " %" PRId64
		"\n",
		state->clock.last, state->clock.wall_ms, state->clock.collector, state->seed,
		state->claim, state->complained_at);
	return file_write(path, line, (size_t)len, 0600, err);
}
