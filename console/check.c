/*
 * fleet check: tries what a run will need, in the order in which a run needs it, and says of
 * each part in one line whether it stands. Nothing is changed.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "console/check.h"
#include "console/console.h"
#include "lib/clock.h"
#include "lib/log.h"
#include "lib/ssh/scan.h"
#include "lib/ssh/session.h"

static void print_line(const char *word, const char *part, const char *fmt, va_list ap)
{
	printf("%-5s %-14s ", word, part);
	vprintf(fmt, ap);
	putchar('\n');
}

int check_passed(const char *part, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	print_line("ok", part, fmt, ap);
	va_end(ap);
	return 0;
}

int check_failed(const char *part, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	print_line("FAIL", part, fmt, ap);
	va_end(ap);
	return -1;
}

static int check_config(const struct config *config)
{
	return check_passed("configuration", "%s, %zu client%s", config->file, config->client_count,
		plural(config->client_count));
}

static int check_database(const struct config *config)
{
	struct storage *storage CLEANUP(storage_cleanup) = NULL;
	struct error err;
	if (storage_open(&config->storage, false, &storage, &err) != 0)
		return check_failed("database", "%s", err.text);
	return check_passed("database", "%s", storage_describe(storage));
}

struct check_connect {
	const struct config *config;
	int result;
};

static enum visited check_client(void *arg, const struct client *client, const struct client *dead)
{
	struct check_connect *all = arg;
	const struct config *config = all->config;
	struct ssh_scan scan = { 0 };
	struct error err;
	int64_t start = clock_monotonic_ms();
	int result;
	if (dead)
		result = check_failed(
			client->name, "not tried: jump host %s did not serve", dead->name);
	else if (ssh_scan_login(client, config->collector.known_hosts, &scan, &err) != 0)
		result = check_failed(client->name, "%s", err.text);
	else if (scan.outcome != OUTCOME_OK)
		result = check_failed(client->name, "%s (%s): %s", outcome_name(scan.outcome),
			stage_name(scan.stage), scan.reason);
	else
		result = check_passed(client->name, "%s%s%s as %s, %s, %lld ms", scan.address,
			client->jump ? " through " : "", client->jump_name, client->username,
			scan.banner, (long long)(clock_monotonic_ms() - start));
	ssh_scan_finish(&scan);
	if (result == 0)
		return VISIT_DONE;
	all->result = -1;
	return dead || scan.stage == STAGE_JUMP ? VISIT_JUMP_FAILED : VISIT_FAILED;
}

static int check_connect(const struct config *config)
{
	struct error err;
	struct check_connect all = { config, 0 };
	if (ssh_global_init(&err) != 0)
		return check_failed("ssh", "%s", err.text);
	if (machines_visit(config, check_client, &all) < 0)
		return check_failed("ssh", "out of memory");
	return all.result;
}

static const struct check {
	int (*run)(const struct config *config);
	const char *option; /* tried only when it is given; NULL = always */
} checks[] = {
	{ check_config, NULL },
	{ check_spool, NULL },
	{ check_helper, NULL },
	{ check_heartbeat, NULL },
	{ check_confinement, NULL },
	{ check_keys, NULL },
	{ check_known_hosts, NULL },
	{ check_probes, NULL },
	{ check_identities, NULL },
	{ check_asks, NULL },
	{ check_connect, "--connect" },
	{ check_database, NULL },
	{ check_mail, "--mail" },
};

static int choose(const char *option, bool wanted[static ARRAY_LEN(checks)])
{
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if (checks[i].option && strcmp(checks[i].option, option) == 0) {
			wanted[i] = true;
			return 0;
		}
	return -1;
}

int cmd_check(const char *config_path, int argc, char **argv)
{
	bool wanted[ARRAY_LEN(checks)] = { false };
	for (int i = 1; i < argc; i++)
		if (choose(argv[i], wanted) != 0)
			return setup_usage("check", "[--connect] [--mail]");
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	if (!config)
		return EX_CONFIG;
	bool bad = false;
	for (size_t i = 0; i < ARRAY_LEN(checks); i++)
		if ((wanted[i] || !checks[i].option) && checks[i].run(config) != 0)
			bad = true;
	return bad ? EX_UNAVAILABLE : EX_OK;
}
