/*
 * A limit binds whatever is below its group, so of the groups from the outermost that is seen
 * from here to our own the one with the least limit counts, for memory, CPU and processes each.
 * Where nothing is limited there is nothing to tell, but in a container: there the outermost
 * group is the container's. The hierarchies of version 1 are not looked at.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "remote/bytes/cgroup.h"
#include "remote/collect.h"
#include "remote/files/io.h"
#include "remote/sources.h"

enum { LIMIT_MAX = 64, KIND_MAX = 64 };

/* clang-format off */
static const struct controller {
	const char *limit, *files;
} controllers[] = {
	{ "memory.max", "memory.max memory.current memory.stat memory.events" },
	{ "cpu.max",    "cpu.max cpu.stat" },
	{ "pids.max",   "pids.max pids.current" },
};

/* What managers of containers leave for us to find. Without a kind the file says it. */
static const struct {
	const char *path, *kind;
} signs[] = {
	{ "run/systemd/container",      NULL },
	{ "run/host/container-manager", NULL },
	{ "run/.containerenv",          "podman" },
	{ ".dockerenv",                 "docker" },
	{ "run/secrets/kubernetes.io",  "kubernetes" },
	{ "proc/vz/veinfo",             "openvz" },
};
/* clang-format on */

static bool sign_says(struct collect *c, const char *path, const char *kind, char *out)
{
	char full[PATH_MAX];
	if (kind)
		return collect_path(c, path, full) && access(full, F_OK) == 0 && strcpy(out, kind);
	ssize_t len = collect_read(c, path, out, KIND_MAX - 1);
	if (len <= 0)
		return false;
	out[len] = 0;
	out[strcspn(out, "\t\n")] = 0;
	return *out;
}

/* Whoever is in another namespace of processes than the machine's first (its number is the
 * kernel's PROC_PID_INIT_INO) is in a container, be it of whatever kind. */
static bool is_contained(struct collect *c)
{
	static const char first[] = "pid:[4026531836]";
	char link[sizeof first];
	ssize_t len = *c->root ? -1 : readlink("/proc/self/ns/pid", link, sizeof link);
	return len > 0 &&
	       ((size_t)len != sizeof first - 1 || memcmp(link, first, (size_t)len) != 0);
}

static bool find_container(struct collect *c, char kind[static KIND_MAX])
{
	for (size_t i = 0; i < ARRAY_LEN(signs); i++)
		if (sign_says(c, signs[i].path, signs[i].kind, kind))
			return true;
	return is_contained(c) && strcpy(kind, "other");
}

static bool read_limit(struct collect *c, struct span group, const char *file, uint64_t *ret_limit)
{
	char path[PATH_MAX], limit[LIMIT_MAX];
	int n = snprintf(path, sizeof path, "sys/fs/cgroup%.*s/%s", (int)group.len, group.at, file);
	if (n < 0 || (size_t)n >= sizeof path)
		return false;
	ssize_t len = collect_read(c, path, limit, sizeof limit);
	if (len < 0)
		return false;
	*ret_limit = cgroup_limit((struct span){ limit, (size_t)len });
	return true;
}

/* The group whose limit is the least, of equal ones the outermost. */
static bool choose(struct collect *c, const struct controller *of, struct span path,
	bool is_container, struct span *ret_group)
{
	uint64_t least = UINT64_MAX, limit;
	struct span group = { path.at, 0 };
	bool found = false;
	do {
		if (!read_limit(c, group, of->limit, &limit))
			continue;
		if (limit < least || (is_container && !found)) {
			least = limit;
			*ret_group = group;
			found = true;
		}
	} while (cgroup_next(path, &group.len));
	return found;
}

static size_t put_group(
	struct collect *c, const struct controller *of, struct span group, char *out, size_t size)
{
	char path[PATH_MAX];
	struct source source = { .path = path, .files = of->files };
	(void)snprintf(path, sizeof path, "sys/fs/cgroup%.*s", (int)group.len, group.at);
	ssize_t len = gather_lines(c, &source, out, size);
	return len > 0 ? (size_t)len : 0;
}

ssize_t gather_cgroup(struct collect *c, const struct source *s, char *out, size_t size)
{
	char file[PATH_MAX], kind[KIND_MAX];
	bool is_container = find_container(c, kind);
	size_t len = 0;
	if (is_container)
		len = (size_t)snprintf(out, size, "container\t%s\n", kind);
	ssize_t n = collect_read(c, s->path, file, sizeof file);
	struct span own, group = { 0 };
	if (n < 0 || !cgroup_path((struct span){ file, (size_t)n }, &own))
		return (ssize_t)len;
	for (size_t i = 0; i < ARRAY_LEN(controllers); i++)
		if (choose(c, &controllers[i], own, is_container, &group))
			len += put_group(c, &controllers[i], group, out + len, size - len);
	return (ssize_t)len;
}
