#include "remote/files/reach.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/bytes/span.h"

enum { LINKS_MAX = 40 }; /* as the kernel's */

/* Both begin at the root. */
struct walk {
	char done[PATH_MAX]; /* no links, no dots; "" is the root */
	char rest[PATH_MAX];
	int links;
};

static const char *find_feared(const struct reach *r, const char *path)
{
	for (size_t at = 0; at < r->len; at += strlen(r->points + at) + 1)
		if (strcmp(r->points + at, path) == 0)
			return r->points + at;
	return NULL;
}

static void go_up(struct walk *w)
{
	char *slash = strrchr(w->done, '/');
	if (slash)
		*slash = 0;
}

/* Takes the next name off the rest. False at the end; false names are stepped over. */
static bool take_name(struct walk *w, char name[static NAME_MAX + 2])
{
	size_t from = strspn(w->rest, "/"), len = strcspn(w->rest + from, "/");
	(void)snprintf(name, NAME_MAX + 2, "%.*s", (int)len, w->rest + from);
	memmove(w->rest, w->rest + from + len, strlen(w->rest + from + len) + 1);
	return len > 0;
}

/* False when that is too long for a path. */
static bool go_down(struct walk *w, const char *name)
{
	size_t len = strlen(w->done);
	int n = snprintf(w->done + len, sizeof w->done - len, "/%s", name);
	return n > 0 && (size_t)n < sizeof w->done - len;
}

/* Puts where the link leads before the rest. */
static bool follow(struct walk *w, const char *target, size_t len)
{
	size_t rest = strlen(w->rest) + 1;
	if (span_starts(span_of(w->done), "/proc/") || ++w->links > LINKS_MAX ||
		len + rest > sizeof w->rest)
		return false;
	memmove(w->rest + len, w->rest, rest);
	memcpy(w->rest, target, len);
	if (*target == '/')
		*w->done = 0;
	else
		go_up(w);
	return true;
}

/* Goes on by a name that is no dots. Returns what reach_end() does. */
static const char *step(struct walk *w, const struct reach *r, const char *root, const char *name)
{
	char full[PATH_MAX], target[PATH_MAX];
	if (!go_down(w, name))
		return "";
	const char *point = find_feared(r, w->done);
	if (point)
		return point;
	int len = snprintf(full, sizeof full, "%s%s", root, w->done);
	if (len < 0 || (size_t)len >= sizeof full)
		return "";
	ssize_t n = readlink(full, target, sizeof target);
	return n <= 0 || follow(w, target, (size_t)n) ? NULL : "";
}

const char *reach_end(const struct reach *r, const char *root, const char *path)
{
	struct walk w;
	char name[NAME_MAX + 2];
	const char *end = NULL;
	if (r->is_unknown || r->len == 0)
		return r->is_unknown ? "" : NULL;
	if (strlen(path) >= sizeof w.rest)
		return "";
	(void)strcpy(w.rest, path);
	*w.done = 0;
	w.links = 0;
	while (!end && take_name(&w, name)) {
		if (strcmp(name, "..") == 0)
			go_up(&w);
		else if (strcmp(name, ".") != 0)
			end = step(&w, r, root, name);
	}
	return end;
}

bool reach_is_safe(const struct reach *r, const char *root, const char *path)
{
	return !reach_end(r, root, path);
}
