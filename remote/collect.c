#include "remote/collect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/below.h"
#include "remote/io.h"
#include "remote/sources.h"

enum { LISTING_MAX = 64 << 10, NAMES_MAX = 4096 };

static int init_names(struct names *n, struct arena *a)
{
	*n = (struct names){ .size = LISTING_MAX, .max = NAMES_MAX };
	n->data = arena_take(a, n->size);
	n->items = arena_take(a, n->max * sizeof *n->items);
	return n->data && n->items ? 0 : -1;
}

int collect_init(struct collect *c, struct arena *a, const char *root, const char *asks,
	const struct folders *folders)
{
	*c = (struct collect){ .root = root, .asks = asks, .folders = folders };
	c->bytes = arena_take(a, COLLECT_BYTES_MAX);
	c->mounts = arena_take(a, MOUNTS_MAX * sizeof *c->mounts);
	if (!c->bytes || !c->mounts || init_names(&c->entries, a) < 0)
		return -1;
	return init_names(&c->names, a);
}

bool collect_path(const struct collect *c, const char *path, char out[static PATH_MAX])
{
	char absolute[PATH_MAX];
	int len = snprintf(*c->root ? absolute : out, PATH_MAX, "/%s", path);
	if (len >= 0 && len < PATH_MAX)
		return !*c->root || below_find(c->root, absolute, out);
	errno = ENAMETOOLONG;
	return false;
}

void collect_note(struct collect *c, int error)
{
	c->denied = c->denied || error == EACCES || error == EPERM;
	c->cut = c->cut || error == EMFILE || error == ENFILE || error == ENOMEM;
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

static void run_source(struct collect *c, const struct source *s, struct text *out)
{
	c->denied = false;
	ssize_t len = s->gather(c, s, c->bytes, COLLECT_BYTES_MAX);
	if (len > 0)
		s->read((struct span){ c->bytes, (size_t)len }, out);
}

/* Rows may share a reader. */
static bool is_told(const bool denied[static SOURCE_COUNT], size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (denied[k] && sources[k].read == sources[i].read)
			return true;
	return false;
}

static void write_denied(const bool denied[static SOURCE_COUNT], struct text *out)
{
	static const char name[] = "fleet_source_denied";
	bool any = false;
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		struct label source = text_label("source", sources[i].name);
		if (!denied[i] || is_told(denied, i))
			continue;
		if (!any)
			text_type(out, name, "gauge");
		any = true;
		text_sample(out, name, &source, 1, 1, 0);
	}
}

void collect_run(struct collect *c, struct text *out)
{
	bool denied[SOURCE_COUNT];
	c->cut = c->cut || !has_descriptors();
	for (size_t i = 0; i < SOURCE_COUNT; i++) {
		run_source(c, &sources[i], out);
		denied[i] = c->denied;
	}
	write_denied(denied, out);
	out->cut = out->cut || c->cut;
}

void collect_boot_id(struct collect *c, char ret_id[static 37])
{
	char path[PATH_MAX], id[37];
	bool found = collect_path(c, "proc/sys/kernel/random/boot_id", path) &&
		     io_read_regular(AT_FDCWD, path, id, sizeof id) == 37 && id[36] == '\n';
	id[36] = 0;
	found = found && strspn(id, "0123456789abcdef-") == 36;
	memcpy(ret_id, found ? id : "-", found ? 37 : 2);
}
