#include "lib/probes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "lib/buffer.h"
#include "lib/crypto/hash.h"
#include "lib/file.h"
#include "lib/folder.h"
#include "lib/hex.h"
#include "lib/process.h"

static const char probe_name[] = "fleet-probe";

/* The machine a file of this name is for; false when it is no probe. */
static bool parse_name(const char *name, char *out, size_t size)
{
	struct utsname self;
	size_t len = sizeof probe_name - 1;
	if (strncmp(name, probe_name, len) != 0)
		return false;
	const char *machine = name + len + 1;
	if (!name[len])
		machine = uname(&self) == 0 ? self.machine : "";
	else if (name[len] != '-' ||
		 machine[strspn(machine, "abcdefghijklmnopqrstuvwxyz_0123456789")])
		return false;
	return *machine && (size_t)snprintf(out, size, "%s", machine) < size;
}

static int seal_memory(struct probe *p, const struct buffer *bytes, struct error *err)
{
	enum { SEALS = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE };
	uint8_t digest[HASH_DIGEST_SIZE];
	int fd = memfd_create(probe_name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return error_errno(err, "memfd_create");
	errno = ENOMEM; /* when it takes a part only */
	if (write(fd, bytes->data, bytes->len) != (ssize_t)bytes->len ||
		fcntl(fd, F_ADD_SEALS, SEALS)) {
		close(fd);
		return error_errno(err, "memfd");
	}
	hash_digest(bytes->data, bytes->len, digest);
	hex_encode(p->hash, digest, sizeof digest);
	p->fd = fd;
	p->size = bytes->len;
	return 0;
}

static int add_probe(struct probes *probes, const char *dir, const char *name, struct error *err)
{
	struct probe p = { .fd = -1 };
	CLEANUP(buffer_finish) struct buffer bytes = { 0 };
	struct stat st;
	char path[PATH_MAX];
	if (!parse_name(name, p.machine, sizeof p.machine) || probes->count == PROBES_MAX ||
		probes_find(probes, p.machine))
		return 0;
	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >= sizeof path)
		return error_set(err, "%s: the path is too long", dir);
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return 0;
	if (file_read(path, FILE_ANY, PROBE_SIZE_MAX, &bytes, err) || seal_memory(&p, &bytes, err))
		return -1;
	probes->items[probes->count++] = p;
	return 0;
}

/* A missing folder holds no probes. */
static int load_dir(const char *dir, struct probes *probes, struct error *err)
{
	CLEANUP(folder_close) DIR *d = opendir(dir);
	const char *name;
	if (!d)
		return errno == ENOENT || errno == ENOTDIR ? 0 : error_errno(err, "%s", dir);
	while ((name = folder_next(d)))
		if (add_probe(probes, dir, name, err))
			return -1;
	return errno ? error_errno(err, "%s", dir) : 0;
}

/* Where it lies beside this program: in a build folder, or installed. */
static int load_beside(struct probes *probes, struct error *err)
{
	static const char *const places[] = { "../remote", "../libexec/fleet-health" };
	char self[PATH_MAX], dir[PATH_MAX + 32];
	if (process_folder(self, sizeof self, err))
		return -1;
	for (size_t i = 0; i < ARRAY_LEN(places) && !probes->count; i++) {
		(void)snprintf(dir, sizeof dir, "%s/%s", self, places[i]);
		if (load_dir(dir, probes, err))
			return -1;
	}
	if (probes->count)
		return 0;
	return error_set(err,
		"%s: no %s in ../remote or ../libexec/fleet-health: install it there, or say "
		"where it is with <collector probe-dir=\"…\"/>",
		self, probe_name);
}

int probes_load(const char *dir, struct probes *ret_probes, struct error *err)
{
	struct probes probes = { 0 };
	int r = *dir ? load_dir(dir, &probes, err) : load_beside(&probes, err);
	if (r == 0 && !probes.count)
		r = error_set(err, "%s: there is no %s in it", dir, probe_name);
	if (r)
		probes_finish(&probes);
	else
		*ret_probes = probes;
	return r;
}

int probe_map(struct probe *p, int fd, struct error *err)
{
	struct stat st;
	void *data = MAP_FAILED;
	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_size <= PROBE_SIZE_MAX)
		data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (data == MAP_FAILED)
		return error_errno(err, "probe: mmap");
	p->fd = -1;
	p->data = data;
	p->size = (size_t)st.st_size;
	return 0;
}

const struct probe *probes_find(const struct probes *probes, const char *machine)
{
	for (size_t i = 0; i < probes->count; i++)
		if (strcmp(probes->items[i].machine, machine) == 0)
			return &probes->items[i];
	return NULL;
}

void probes_finish(struct probes *probes)
{
	for (size_t i = 0; i < probes->count; i++) {
		if (probes->items[i].data)
			munmap((void *)(uintptr_t)probes->items[i].data, probes->items[i].size);
		if (probes->items[i].fd >= 0)
			close(probes->items[i].fd);
	}
	probes->count = 0;
}
