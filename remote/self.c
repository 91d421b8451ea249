#include "remote/self.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/hex.h"
#include "lib/wire/wire_value.h"

static const char STEM[] = "/fleet-probe-";

int self_hash(struct self *s)
{
	char block[16384];
	uint8_t digest[16];
	crypto_generichash_state state;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	(void)crypto_generichash_init(&state, NULL, 0, sizeof digest);
	ssize_t n;
	while ((n = read(fd, block, sizeof block)) > 0)
		(void)crypto_generichash_update(&state, (unsigned char *)block, (size_t)n);
	(void)close(fd);
	(void)crypto_generichash_final(&state, digest, sizeof digest);
	(void)hex_encode(s->hash, digest, sizeof digest);
	return n < 0 ? -1 : 0;
}

void self_find(struct self *s)
{
	char path[PATH_MAX];
	*s = (struct self){ .hash = "" };
	ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
	path[len > 0 ? len : 0] = 0;
	char *slash = strrchr(path, '/');
	if (!slash || (size_t)(slash - path) >= sizeof s->folder ||
		strncmp(slash, STEM, sizeof STEM - 1) != 0 ||
		!wire_is_hex(slash + sizeof STEM - 1, 32))
		return;
	(void)strcpy(s->name_hash, slash + sizeof STEM - 1);
	*slash = 0;
	(void)strcpy(s->folder, path);
}

bool self_is_damaged(const struct self *s)
{
	char path[sizeof s->folder + sizeof STEM + sizeof s->name_hash];
	if (!*s->folder || strcmp(s->name_hash, s->hash) == 0)
		return false;
	(void)snprintf(path, sizeof path, "%s%s%s", s->folder, STEM, s->name_hash);
	(void)unlink(path);
	return true;
}
