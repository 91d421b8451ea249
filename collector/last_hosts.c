#include "collector/last_hosts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "collector/spool/fields.h"
#include "lib/array.h"
#include "lib/buffer.h"
#include "lib/file.h"

enum { FILE_MAX = 64 << 20, CLIENT_MAX = 256 };

int last_hosts_add(struct last_hosts *hosts, const struct last_host *host, struct error *err)
{
	struct last_host *items =
		array_reserve(hosts->items, hosts->count + 1, &hosts->size, sizeof *items);
	if (!items)
		return error_no_memory(err);
	hosts->items = items;
	struct last_host copy = *host;
	copy.client = strdup(host->client);
	if (!copy.client)
		return error_no_memory(err);
	items[hosts->count++] = copy;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct last_host *)a)->client, ((const struct last_host *)b)->client);
}

static bool is_sorted(const struct last_hosts *hosts)
{
	for (size_t i = 1; i < hosts->count; i++)
		if (compare(&hosts->items[i - 1], &hosts->items[i]) > 0)
			return false;
	return true;
}

/* Those of a file are. */
void last_hosts_sort(struct last_hosts *hosts)
{
	if (!is_sorted(hosts))
		qsort(hosts->items, hosts->count, sizeof *hosts->items, compare);
}

const struct last_host *last_hosts_find(const struct last_hosts *hosts, const char *client)
{
	struct last_host key = { .client = (char *)(uintptr_t)client };
	return hosts->count ? bsearch(&key, hosts->items, hosts->count, sizeof key, compare) : NULL;
}

struct last_host last_host_next(const struct last_host *last, int64_t at, enum outcome outcome,
	bool was_begun, uint32_t duration_ms)
{
	struct last_host next = last ? *last : (struct last_host){ .outcome = OUTCOME_NOT_DONE };
	bool is_ours = outcome == OUTCOME_NOT_DONE || outcome == OUTCOME_INTERNAL;
	bool was_tried = was_begun || !is_ours;
	bool is_owed = !was_tried || (outcome == OUTCOME_NOT_DONE && !next.missed);
	next.missed = is_owed;
	if (!is_owed)
		next.outcome = outcome == OUTCOME_NOT_DONE ? OUTCOME_DEADLINE : outcome;
	if (was_tried) {
		next.attempted_at = at;
		next.duration_ms = duration_ms;
	}
	return next;
}

static int add_line(struct last_hosts *hosts, const char *line, const char *end, struct error *err)
{
	struct fields f = { .at = line, .end = end };
	char name[32], client[CLIENT_MAX];
	struct last_host h = { .client = client };
	h.attempted_at = fields_number(&f, INT64_MAX);
	h.duration_ms = (uint32_t)fields_number(&f, UINT32_MAX);
	fields_raw(&f, name, sizeof name);
	h.missed = fields_number(&f, 1);
	fields_text(&f, client, sizeof client);
	if (!fields_done(&f) || outcome_parse(name, &h.outcome) < 0)
		return 0;
	return last_hosts_add(hosts, &h, err);
}

static int add_lines(struct last_hosts *hosts, const struct buffer *file, struct error *err)
{
	const char *line = file->data, *end = line + file->len;
	while (line < end) {
		const char *newline = memchr(line, '\n', (size_t)(end - line));
		if (!newline)
			break;
		if (add_line(hosts, line, newline, err) < 0)
			return -1;
		line = newline + 1;
	}
	return 0;
}

int last_hosts_load(const char *path, struct last_hosts *ret_hosts, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer file = { 0 };
	struct last_hosts hosts = { 0 };
	if (file_read(path, FILE_TRUSTED, FILE_MAX, &file, err) < 0 && errno != ENOENT)
		return -1;
	if (file.len && add_lines(&hosts, &file, err) < 0) {
		last_hosts_finish(&hosts);
		return -1;
	}
	last_hosts_sort(&hosts);
	*ret_hosts = hosts;
	return 0;
}

int last_hosts_save(const char *path, const struct last_hosts *hosts, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer file = { 0 };
	char client[FIELDS_ENCODED * CLIENT_MAX];
	for (size_t i = 0; i < hosts->count; i++) {
		const struct last_host *h = &hosts->items[i];
		if (strlen(h->client) < CLIENT_MAX &&
			buffer_printf(&file, "%" PRId64 " %" PRIu32 " %s %d %s\n", h->attempted_at,
				h->duration_ms, outcome_name(h->outcome), h->missed,
				fields_encode(client, h->client)) < 0)
			return error_no_memory(err);
	}
	return file_write(path, file.data ? file.data : "", file.len, 0600, err);
}

void last_hosts_finish(struct last_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		free(hosts->items[i].client);
	free(hosts->items);
	*hosts = (struct last_hosts){ 0 };
}
