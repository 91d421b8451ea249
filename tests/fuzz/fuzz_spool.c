/*
 * The files of encrypted_stats/: processes that speak to hostile servers write them, and power
 * cuts cut them. What is accepted must come out of the formatter as the same thing again.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/spool/outcomes.h"
#include "collector/spool/spool.h"

static void fuzz_head(const char *data, size_t size)
{
	char line[SPOOL_LINE_MAX];
	struct spool_head head, again;
	size_t body;
	bool is_frame = spool_parse_frame(data, size, &head, &body, NULL) == 0;
	if (spool_parse_head(data, size, &head, &body, NULL) < 0) {
		assert(!is_frame);
		return;
	}
	assert(body <= size && body <= SPOOL_LINE_MAX && data[body - 1] == '\n');
	assert(is_frame == (size - body == head.length));
	int len = spool_format_head(&head, line, sizeof line);
	assert(len > 0);
	assert(spool_parse_head(line, (size_t)len, &again, &body, NULL) == 0);
	assert(body == (size_t)len);
	assert(again.attempt_id == head.attempt_id && again.cycle_id == head.cycle_id);
	assert(again.received_at == head.received_at && again.asked_at == head.asked_at);
	assert(again.length == head.length && again.has_digest == head.has_digest);
	assert(memcmp(again.digest, head.digest, sizeof head.digest) == 0);
	assert(strcmp(again.client, head.client) == 0);
}

/* The frames that were found can be read, and lie behind each other in the file. */
static uint64_t read_frames(int fd, size_t size, const struct spool_frames *frames)
{
	uint64_t end = 0;
	for (size_t i = 0; i < frames->count; i++) {
		const struct spool_frame *frame = &frames->items[i];
		struct buffer b = { 0 };
		struct spool_head head;
		size_t body;
		assert(frame->file == 3 && frame->at == end && frame->size > 0);
		end += frame->size;
		assert(end <= size);
		assert(spool_read_frame(fd, frame, &b, NULL) == 0);
		assert(spool_parse_frame(b.data, b.len, &head, &body, NULL) == 0);
		assert(head.attempt_id == frame->attempt_id);
		buffer_finish(&b);
	}
	return end;
}

/* What ends behind the end of the file: nothing of it is taken. */
static void read_too_much(int fd, size_t size)
{
	const struct spool_frame frame = { .size = (uint32_t)size + 1 };
	struct buffer b = { 0 };
	assert(spool_read_frame(fd, &frame, &b, NULL) < 0 && errno == EIO && b.len == 0);
	buffer_finish(&b);
}

static void fuzz_frames(const char *data, size_t size)
{
	struct spool_frames frames = { 0 };
	int fd = memfd_create("frames", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (spool_find_frames(fd, 3, &frames, NULL))
		abort();
	uint64_t end = read_frames(fd, size, &frames);
	assert(frames.lost == 0 || frames.lost == size - end);
	read_too_much(fd, size);
	spool_frames_finish(&frames);
	(void)close(fd);
}

static void fuzz_outcomes(const char *data, size_t size)
{
	char line[SPOOL_LINE_MAX];
	struct spool_outcome again;
	struct outcomes outcomes = { 0 };
	if (outcomes_add(&outcomes, NULL, 1, data, size, NULL) == 0)
		outcomes_sort(&outcomes);
	for (size_t i = 0; i < outcomes.count; i++) {
		int len = spool_format_outcome(&outcomes.items[i], line, sizeof line);
		assert(len > 0);
		assert(spool_parse_outcome(line, (size_t)len - 1, &again, NULL) == 0);
		assert(strcmp(outcomes.items[i].text, again.text) == 0);
	}
	outcomes_finish(&outcomes);
}

static void fuzz_cycle(const char *data, size_t size)
{
	struct spool_cycle cycle;
	size_t len = size && data[size - 1] == '\n' ? size - 1 : size;
	if (spool_parse_cycle(data, len, &cycle, NULL) == 0) {
		char line[SPOOL_LINE_MAX];
		assert(spool_format_cycle(&cycle, line, sizeof line) > 0);
	}
}

static void fuzz_name(const char *data, size_t size)
{
	char *name = strndup(data, size);
	struct spool_entry entry;
	if (name)
		spool_parse_name(name, &entry);
	free(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size ? size : 1); /* exactly as long, so that ASan sees over-reads */
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	fuzz_head(copy, size);
	fuzz_frames(copy, size);
	fuzz_outcomes(copy, size);
	fuzz_cycle(copy, size);
	fuzz_name(copy, size);
	free(copy);
	return 0;
}
