/*
 * fleet check: tries what a run will need, in the order in which a run needs it, and says of
 * each part in one line whether it stands. Nothing is changed.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "console/check.h"
#include "console/console.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/ssh/scan.h"
#include "lib/ssh/session.h"

int check_passed(const char *part, const char *detail)
{
	printf("ok    %-14s %s\n", part, detail);
	return 0;
}

int check_failed(const char *part, const char *detail)
{
	printf("FAIL  %-14s %s\n", part, detail);
	return -1;
}

static int check_config(const struct config *config)
{
	char text[512];
	(void)snprintf(text, sizeof text, "%s, %zu clients", config->file, config->client_count);
	return check_passed("configuration", text);
}

static int check_keys(const struct config *config)
{
	struct keyring *ring CLEANUP(keyring_cleanup) = NULL;
	struct error err;
	char text[512];
	if (keyring_load(config->collector.key, &ring, &err) != 0)
		return check_failed("server key", err.text);
	(void)snprintf(text, sizeof text, "%s, %zu valid, newest %s", config->collector.key,
		keyring_count(ring), keyring_entry(ring, 0)->id);
	return check_passed("server key", text);
}

static int check_database(const struct config *config)
{
	struct storage *storage CLEANUP(storage_cleanup) = NULL;
	struct error err;
	if (storage_open(&config->storage, false, &storage, &err) != 0)
		return check_failed("database", err.text);
	return check_passed("database", storage_describe(storage));
}

static int check_client(const struct config *config, const struct client *client)
{
	struct ssh_scan scan = { 0 };
	struct error err;
	char text[1024];
	int64_t start = clock_monotonic_ms();
	int result;
	if (ssh_scan_login(client, config->collector.known_hosts, &scan, &err) != 0) {
		result = check_failed(client->name, err.text);
	} else if (scan.outcome != OUTCOME_OK) {
		(void)snprintf(text, sizeof text, "%s (%s): %s", outcome_name(scan.outcome),
			stage_name(scan.stage), scan.reason);
		result = check_failed(client->name, text);
	} else {
		(void)snprintf(text, sizeof text, "%s as %s, %s, %lld ms", scan.address,
			client->username, scan.banner, (long long)(clock_monotonic_ms() - start));
		result = check_passed(client->name, text);
	}
	ssh_scan_finish(&scan);
	return result;
}

static int check_connect(const struct config *config)
{
	struct error err;
	int result = 0;
	if (ssh_global_init(&err) != 0)
		return check_failed("ssh", err.text);
	for (size_t i = 0; i < config->client_count; i++)
		if (check_client(config, &config->clients[i]) != 0)
			result = -1;
	return result;
}

int cmd_check(const char *config_path, int argc, char **argv)
{
	bool connect = false, mail = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--connect") == 0)
			connect = true;
		else if (strcmp(argv[i], "--mail") == 0)
			mail = true;
		else
			return setup_usage("check", "[--connect] [--mail]");
	}
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	if (!config)
		return EX_CONFIG;
	int bad = check_config(config);
	bad |= check_keys(config);
	bad |= check_database(config);
	bad |= connect ? check_connect(config) : 0;
	bad |= mail ? check_mail(config) : 0;
	return bad ? EX_UNAVAILABLE : EX_OK;
}
