/*
 * fleet trust: asks each client for its host keys, shows their fingerprints and records them.
 * A host that does not show a key recorded for it may be another one, whatever type of key it
 * shows. Then nothing is recorded without being told to: that is the one moment an
 * administrator must look.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "console/console.h"
#include "lib/log.h"
#include "lib/ssh/known_hosts.h"
#include "lib/ssh/scan.h"
#include "lib/ssh/session.h"

enum { RECORDED_MAX = 16 };

enum verdict { TRUST_NEW, TRUST_KNOWN, TRUST_CHANGED };

static bool same_key(const struct host_key *a, const struct host_key *b)
{
	return a->blob_len == b->blob_len && memcmp(a->blob, b->blob, a->blob_len) == 0;
}

static enum verdict judge(const struct host_key *key, const struct host_key *recorded, size_t count)
{
	enum verdict verdict = TRUST_NEW;
	for (size_t i = 0; i < count; i++) {
		if (same_key(key, &recorded[i]))
			return recorded[i].revoked ? TRUST_CHANGED : TRUST_KNOWN;
		if (!recorded[i].revoked && strcmp(key->type, recorded[i].type) == 0)
			verdict = TRUST_CHANGED;
	}
	return verdict;
}

static bool any_in_use(const struct host_key *recorded, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!recorded[i].revoked)
			return true;
	return false;
}

/* What is to be done about each shown key: without a known one among them, no key of a host
 * that has some recorded is new. */
static enum verdict judge_all(const struct ssh_scan *scan, const struct host_key *recorded,
	size_t count, enum verdict ret_verdicts[static SCAN_KEYS_MAX])
{
	bool seen[3] = { false };
	for (size_t i = 0; i < scan->key_count; i++) {
		ret_verdicts[i] = judge(&scan->keys[i], recorded, count);
		seen[ret_verdicts[i]] = true;
	}
	bool other = !seen[TRUST_KNOWN] && any_in_use(recorded, count);
	for (size_t i = 0; other && i < scan->key_count; i++)
		ret_verdicts[i] = TRUST_CHANGED;
	if (seen[TRUST_CHANGED] || other)
		return TRUST_CHANGED;
	return seen[TRUST_NEW] ? TRUST_NEW : TRUST_KNOWN;
}

static void show_keys(
	const struct client *client, const struct ssh_scan *scan, const enum verdict *verdicts)
{
	static const char *const words[] = { "new", "recorded already", "CHANGED" };
	for (size_t i = 0; i < scan->key_count; i++) {
		char text[FINGERPRINT_SIZE];
		const struct host_key *key = &scan->keys[i];
		printf("%-20s %-19s %s  %s\n", client->name, key->type,
			host_key_fingerprint(key->blob, key->blob_len, text), words[verdicts[i]]);
	}
}

static int record(const char *path, const struct client *client, const struct ssh_scan *scan,
	const enum verdict *verdicts, bool replace)
{
	struct error err;
	struct host_key keys[SCAN_KEYS_MAX];
	size_t count = 0;
	for (size_t i = 0; i < scan->key_count; i++)
		if (replace || verdicts[i] == TRUST_NEW)
			keys[count++] = scan->keys[i];
	if ((replace ? known_hosts_replace : known_hosts_append)(
		    path, client->ip, client->port, keys, count, &err) == 0)
		return EX_OK;
	log_error("%s: %s", client->name, err.text);
	return EX_CANTCREAT;
}

static int trust_scanned(
	const char *path, const struct client *client, const struct ssh_scan *scan, bool replace)
{
	struct error err;
	struct known_hosts *hosts CLEANUP(known_hosts_cleanup) = NULL;
	if (known_hosts_load(path, program_warn_line, NULL, &hosts, &err) != 0) {
		log_error("%s", err.text);
		return EX_NOINPUT;
	}
	struct host_key recorded[RECORDED_MAX];
	size_t count = known_hosts_find(hosts, client->ip, client->port, recorded, RECORDED_MAX);
	if (count > RECORDED_MAX)
		count = RECORDED_MAX;
	enum verdict verdicts[SCAN_KEYS_MAX];
	enum verdict verdict = judge_all(scan, recorded, count, verdicts);
	show_keys(client, scan, verdicts);
	if (verdict == TRUST_KNOWN)
		return EX_OK;
	if (verdict == TRUST_CHANGED && !replace) {
		log_warning("%s: another host key than the one recorded; if the machine was set "
			    "up anew, run: fleet trust --replace %s",
			client->name, client->name);
		return EX_NOPERM;
	}
	return record(path, client, scan, verdicts, verdict == TRUST_CHANGED);
}

static int trust_client(const struct config *config, const struct client *client, bool replace,
	bool *ret_jump_failed)
{
	struct ssh_scan scan = { 0 };
	struct error err;
	int status;
	if (ssh_scan_keys(client, config->collector.known_hosts, &scan, &err) != 0) {
		log_error("%s: %s", client->name, err.text);
		status = EX_OSERR;
	} else if (scan.outcome != OUTCOME_OK) {
		log_warning("%s: %s: %s", client->name, outcome_name(scan.outcome), scan.reason);
		status = EX_UNAVAILABLE;
	} else {
		status = trust_scanned(config->collector.known_hosts, client, &scan, replace);
	}
	*ret_jump_failed = scan.stage == STAGE_JUMP;
	ssh_scan_finish(&scan);
	return status;
}

static int trust_named(const struct config *config, char **names, size_t count, bool replace)
{
	int worst = EX_OK;
	bool jump_failed;
	const struct client *client;
	for (size_t i = 0; i < count; i++) {
		int status = setup_clients(config, &names[i], 1, &client) != 0
				     ? EX_USAGE
				     : trust_client(config, client, replace, &jump_failed);
		worst = status != EX_OK ? status : worst;
	}
	return worst;
}

struct trust_all {
	const struct config *config;
	bool replace;
	int worst;
};

static enum visited trust_machine(
	void *arg, const struct client *machine, const struct client *dead)
{
	struct trust_all *all = arg;
	bool jump_failed = dead;
	int status = EX_UNAVAILABLE;
	if (dead)
		log_warning("%s: not tried: jump host %s did not serve", machine->name, dead->name);
	else
		status = trust_client(all->config, machine, all->replace, &jump_failed);
	if (status == EX_OK)
		return VISIT_DONE;
	all->worst = status;
	return jump_failed ? VISIT_JUMP_FAILED : VISIT_FAILED;
}

static int trust_all(const struct config *config, bool replace)
{
	struct trust_all all = { config, replace, EX_OK };
	return machines_visit(config, trust_machine, &all) < 0 ? EX_OSERR : all.worst;
}

int cmd_trust(const char *config_path, int argc, char **argv)
{
	bool replace = false, all = false;
	int at = 1;
	for (; at < argc && argv[at][0] == '-'; at++) {
		if (strcmp(argv[at], "--replace") == 0)
			replace = true;
		else if (strcmp(argv[at], "--all") == 0)
			all = true;
		else
			return setup_usage("trust", "[--replace] CLIENT...|--all");
	}
	if (all == (at < argc))
		return setup_usage("trust", "[--replace] CLIENT...|--all");
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	if (!config)
		return EX_CONFIG;
	struct error err;
	if (ssh_global_init(&err) != 0) {
		log_error("%s", err.text);
		return EX_SOFTWARE;
	}
	return all ? trust_all(config, replace)
		   : trust_named(config, argv + at, (size_t)(argc - at), replace);
}
