/*
 * fleet forget: both ends. First the client (its cached probe and what it kept for us), since
 * that is the end that may fail, and while its host key is still known; then what is stored here.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "console/console.h"
#include "lib/log.h"
#include "lib/ssh/known_hosts.h"
#include "lib/ssh/scan.h"
#include "lib/ssh/session.h"
#include "lib/wire/remote_shell.h"
#include "lib/wire/wire.h"

static int forget_command(const struct config *config, const struct client *client,
	struct buffer *command, struct error *err)
{
	struct keyring *ring CLEANUP(keyring_cleanup) = NULL;
	if (keyring_load(config->collector.key, &ring, err) != 0)
		return -1;
	char folders[WIRE_KEY_IDS_MAX][17];
	const char *ids[WIRE_KEY_IDS_MAX];
	size_t count = keyring_count(ring); /* a ring holds no more than a request can name */
	for (size_t i = 0; i < count; i++) {
		keyring_folder(ring, i, client->name, folders[i]);
		ids[i] = folders[i];
	}
	return remote_shell_forget(ids, count, command) == 0 ? 0 : error_no_memory(err);
}

static int run_there(const struct config *config, const struct client *client, const char *command,
	struct error *err)
{
	struct buffer output CLEANUP(buffer_finish) = { .cap = 64 * 1024 };
	struct ssh_scan scan = { 0 };
	int result =
		ssh_run(client, config->collector.known_hosts, command, "", &output, &scan, err);
	if (result == 0 && scan.outcome != OUTCOME_OK)
		result = error_set(err, "%s: %s", outcome_name(scan.outcome), scan.reason);
	else if (result == 0 && (!output.data || !strstr(output.data, WIRE_TAG "done")))
		result = error_set(err, "the account's shell did not run the command");
	ssh_scan_finish(&scan);
	return result;
}

/* What lies on the client. */
static int forget_there(const struct config *config, const struct client *client, struct error *err)
{
	struct buffer command CLEANUP(buffer_finish) = { 0 };
	if (ssh_global_init(err) != 0 || forget_command(config, client, &command, err) != 0)
		return -1;
	return run_there(config, client, command.data, err);
}

static bool shares_host_keys(const struct config *config, const struct client *client)
{
	for (size_t i = 0; i < config->client_count + config->jump_count; i++) {
		const struct client *other = i < config->client_count
						     ? &config->clients[i]
						     : &config->jumps[i - config->client_count];
		if (other != client && other->port == client->port &&
			strcasecmp(other->ip, client->ip) == 0)
			return true;
	}
	return false;
}

/* Its lines in known_hosts, unless another client is the same machine. */
static int forget_host_keys(const struct config *config, const struct client *client)
{
	const char *path = config->collector.known_hosts;
	struct error err;
	if (access(path, F_OK) != 0 || shares_host_keys(config, client))
		return EX_OK;
	if (known_hosts_replace(path, client->ip, client->port, NULL, 0, &err) != 0) {
		log_error("%s", err.text);
		return EX_CANTCREAT;
	}
	printf("%s: host keys recorded for it alone are out of %s\n", client->name, path);
	return EX_OK;
}

/* What is stored here. */
static int forget_here(const struct config *config, const char *name)
{
	struct error err;
	struct storage *storage CLEANUP(storage_cleanup) = NULL;
	bool found = false;
	if (storage_open(&config->storage, false, &storage, &err) != 0 ||
		storage_forget(storage, name, &found, &err) != 0) {
		log_error("%s", err.text);
		return EX_UNAVAILABLE;
	}
	printf("%s: %s\n", name,
		found ? "everything stored about it is removed" : "nothing is stored about it");
	return EX_OK;
}

int cmd_forget(const char *config_path, int argc, char **argv)
{
	bool local = argc == 3 && strcmp(argv[1], "--local") == 0;
	if (argc != 2 + local || argv[argc - 1][0] == '-')
		return setup_usage("forget", "[--local] CLIENT");
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	if (!config)
		return EX_CONFIG;
	const char *name = argv[argc - 1];
	const struct client *client = config_client(config, name);
	struct error err;
	if (client && !local && forget_there(config, client, &err) != 0) {
		log_error("%s: cannot clear the client: %s; nothing was removed. "
			  "To remove only what is stored here: fleet forget --local %s",
			name, err.text, name);
		return EX_UNAVAILABLE;
	}
	if (client && !local)
		printf("%s: the client's cache is cleared\n", name);
	int status = forget_here(config, name);
	if (client && status == EX_OK)
		status = forget_host_keys(config, client);
	printf("what waits in %s is stored by the next run\n", config->collector.spool);
	if (client)
		printf("%s is still in %s, line %d: take it out, or it comes back\n", name,
			client->file, client->line);
	return status;
}
