/*
 * fleet check: what a run needs of this server before it connects to anything.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "console/check.h"
#include "console/console.h"
#include "lib/confine/confine.h"
#include "lib/file.h"
#include "lib/folder.h"
#include "lib/log.h"
#include "lib/probes.h"
#include "lib/process.h"
#include "lib/ssh/identity.h"
#include "lib/ssh/known_hosts_fleet.h"

static void close_cleanup(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Not there yet: a run makes it, when it may. */
static int check_missing(const char *part, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder CLEANUP(path_free) =
		slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	if (!folder || faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS) != 0)
		return check_failed(part, "%s: cannot be made: %s", path, strerror(errno));
	return check_passed(part, "%s, which the first run makes", path);
}

int check_spool(const struct config *config)
{
	static const char part[] = "spool";
	const char *path = config->collector.spool;
	struct error err;
	int fd CLEANUP(close_cleanup) = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return check_missing(part, path);
	if (fd < 0)
		return check_failed(part, "%s: %s", path, strerror(errno));
	if (folder_check_private(fd, path, &err) != 0)
		return check_failed(part, "%s", err.text);
	if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) != 0)
		return check_failed(part, "%s: cannot be written: %s", path, strerror(errno));
	return check_passed(part, "%s", path);
}

int check_keys(const struct config *config)
{
	static const char part[] = "server key";
	struct keyring *ring CLEANUP(keyring_cleanup) = NULL;
	const char *path = config->collector.key;
	struct error err;
	if (!file_is_there(path))
		return check_failed(part, "%s: no key there yet; make it with `fleet init`", path);
	if (keyring_load(path, &ring, &err) != 0)
		return check_failed(part, "%s", err.text);
	return check_passed(part, "%s, %zu valid, newest %s", path, keyring_count(ring),
		keyring_entry(ring, 0)->id);
}

/* The clients, then the jump hosts. */
static const struct client *machine(const struct config *config, size_t i)
{
	return i < config->client_count ? &config->clients[i]
					: &config->jumps[i - config->client_count];
}

/* Lines that are not understood are warnings here as in a run. */
int check_known_hosts(const struct config *config)
{
	static const char part[] = "known_hosts";
	const char *path = config->collector.known_hosts;
	struct known_hosts *hosts CLEANUP(known_hosts_cleanup) = NULL;
	struct error err;
	size_t recorded = 0;
	if (known_hosts_load(path, program_warn_line, NULL, &hosts, &err) != 0)
		return check_failed(part, "%s", err.text);
	(void)!known_hosts_resolve_fleet(hosts, config, NULL); /* only slower without */
	size_t count = config->client_count + config->jump_count;
	for (size_t i = 0; i < count; i++) {
		const struct client *c = machine(config, i);
		recorded += known_hosts_find(hosts, c->ip, c->port, NULL, 0) > 0;
	}
	return check_passed(
		part, "%s, knows %zu of %zu host%s", path, recorded, count, plural(count));
}

int check_probes(const struct config *config)
{
	static const char part[] = "probe";
	struct probes probes = { 0 };
	struct error err;
	char machines[PROBES_MAX * (sizeof probes.items->machine + 1)] = "";
	if (probes_load(config->collector.probe_dir, &probes, &err) != 0)
		return check_failed(part, "%s", err.text);
	for (size_t i = 0; i < probes.count; i++) {
		strcat(machines, i ? " " : "");
		strcat(machines, probes.items[i].machine);
	}
	probes_finish(&probes);
	return check_passed(part, "for %s", machines);
}

static int check_program(const char *part, const char *name)
{
	int fd CLEANUP(close_cleanup) = -1;
	char link[64], path[PATH_MAX];
	struct error err;
	if (process_open_beside(name, &fd, &err) != 0)
		return check_failed(part, "%s", err.text);
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	ssize_t len = readlink(link, path, sizeof path - 1);
	path[len > 0 ? len : 0] = 0;
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return check_failed(part, "%s: cannot be run: %s", path, strerror(errno));
	return check_passed(part, "%s", path);
}

/* Without it nothing is polled. */
int check_helper(const struct config *config)
{
	(void)config;
	return check_program("helper", "fleet-helper");
}

int check_heartbeat(const struct config *config)
{
	return config->collector.heartbeat[0] ? check_program("heartbeat", "fleet-heartbeat") : 0;
}

static int check_identity(const struct client *client)
{
	struct identity *identity = NULL;
	struct error err;
	if (identity_open(client->identity, client->passphrase_file, &identity, &err) != 0)
		return check_failed("identity", "%s", err.text);
	identity_close(identity);
	return check_passed("identity", "%s", client->identity);
}

static bool same_identity(const struct client *a, const struct client *b)
{
	return strcmp(a->identity, b->identity) == 0 &&
	       strcmp(a->passphrase_file, b->passphrase_file) == 0;
}

/* Each once: a fleet has few, and those of neighbours are mostly the same. */
int check_identities(const struct config *config)
{
	size_t machines = config->client_count + config->jump_count;
	const struct client **tried = calloc(machines + 1, sizeof *tried);
	size_t count = 0;
	int result = tried ? 0 : check_failed("identity", "out of memory");
	for (size_t i = 0; tried && i < machines; i++) {
		const struct client *c = machine(config, i);
		size_t k = count;
		while (k > 0 && !same_identity(tried[k - 1], c))
			k--;
		if (!*c->identity || k > 0)
			continue;
		tried[count++] = c;
		if (check_identity(c) != 0)
			result = -1;
	}
	free(tried);
	return result;
}

/* Nothing to say where nobody is asked for more. */
int check_asks(const struct config *config)
{
	size_t asked = 0, longest = 0;
	for (size_t i = 0; i < config->client_count; i++) {
		size_t len = strlen(config->clients[i].asks);
		asked += len > 0;
		longest = len > longest ? len : longest;
	}
	return asked == 0
		       ? 0
		       : check_passed("asked for",
				 "more than the usual: %zu of %zu client%s, by %zu bytes at most "
				 "(a request has room for %d)",
				 asked, config->client_count, plural(config->client_count), longest,
				 CONFIG_ASKS_MAX);
}

/* What holds those who talk to clients, should one of them take them over. */
int check_confinement(const struct config *config)
{
	static const char part[] = "confinement";
	struct confine_user user;
	struct error err;
	char who[64] = "as this user";
	if (confine_user_find(config->collector.user, &user, &err) != 0)
		return check_failed(part, "%s", err.text);
	bool is_possible = true;
	if (user.is_other && confine_user_is_possible(&user, &is_possible, &err) != 0)
		return check_failed(part, "%s", err.text);
	if (!is_possible && *config->collector.user)
		return check_failed(part, "cannot become user %s", config->collector.user);
	if (user.is_other && is_possible)
		(void)snprintf(who, sizeof who, "as user %u", (unsigned)user.uid);
	return check_passed(
		part, "%s; %s; %s", confine_describe_calls(), confine_describe_files(), who);
}
