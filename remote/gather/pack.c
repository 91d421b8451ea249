#include "remote/gather/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "remote/files/io.h"

enum { NS = 1000000000 };

/* Beyond the years 1677 to 2262 a file's time is made up. */
static int64_t to_ns(const struct timespec *t)
{
	int64_t limit = INT64_MAX / NS - 1, s = t->tv_sec;
	return (s > limit ? limit : s < -limit ? -limit : s) * NS + t->tv_nsec;
}

static bool add(struct collect *c, struct bundle *b, const struct bundle_file *f)
{
	bool fits = bundle_add(b, f);
	c->cut += !fits;
	return fits;
}

/* There is no room for its bytes, but its name may be told. */
static bool add_unread(struct collect *c, struct bundle *b, struct bundle_file *f)
{
	f->bytes.len = 0;
	f->size = BUNDLE_HIDDEN;
	return add(c, b, f);
}

bool pack_now(struct collect *c, struct bundle *b)
{
	struct timespec now = { 0 };
	(void)clock_gettime(CLOCK_REALTIME, &now);
	struct bundle_file f = { .kind = span_of("now"),
		.path = span_of(""),
		.bytes = span_of(""),
		.time_ns = to_ns(&now) };
	return add(c, b, &f);
}

/* Into the free part of the bundle. */
static ssize_t read_bytes(const char *full, struct bundle *b, size_t most)
{
	size_t room = b->size - b->len;
	return io_read_regular(AT_FDCWD, full, b->data + b->len, most < room ? most : room);
}

bool pack_file(struct collect *c, struct bundle *b, const char *kind, struct span path, size_t most)
{
	char name[PATH_MAX], full[PATH_MAX];
	struct bundle_file f = { .kind = span_of(kind), .path = path };
	struct stat st;
	ssize_t n = 0;
	f.bytes.at = b->data + b->len;
	int len = snprintf(name, sizeof name, "%.*s", (int)path.len, path.at);
	if (len < 0 || (size_t)len != path.len)
		return true; /* no such file can be */
	if (collect_path(c, name, full) && stat(full, &st) == 0 &&
		(most == 0 || (n = read_bytes(full, b, most)) >= 0)) {
		f.bytes.len = (size_t)n;
		f.size = st.st_size;
		f.time_ns = to_ns(&st.st_mtim);
	} else {
		f.size = errno == ENOENT || errno == ENOTDIR ? BUNDLE_MISSING : BUNDLE_HIDDEN;
		collect_note(c, errno);
	}
	return add(c, b, &f) || add_unread(c, b, &f);
}

bool pack_folder(struct collect *c, struct bundle *b, const char *kind, const char *folder,
	names_wanted *is_wanted, size_t most)
{
	char path[PATH_MAX];
	int fd = collect_folder(c, folder);
	if (fd < 0) {
		collect_note(c, errno);
		return false;
	}
	c->cut += names_list(&c->names, fd, is_wanted);
	(void)close(fd);
	for (size_t i = 0; i < c->names.count; i++) {
		struct span name = c->names.items[i];
		if (io_path(span_of(folder), name, path))
			(void)pack_file(c, b, kind, span_of(path), most);
	}
	return true;
}
