#include "console/alerts/alerts.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/escape.h"
#include "lib/log.h"

static const struct command commands[] = {
	{ "ack", "ID... --why TEXT",
		"takes alerts on: nobody is reminded of them, nor escalated to", alerts_ack, NULL },
	{ "explain", "CLIENT METRIC", "its rules, its last values, and why it fires or does not",
		alerts_explain, NULL },
	{ "history", "ID | CLIENT [ALERT [INSTANCE]]",
		"what happened, who was told under which Message-ID, and whether it arrived",
		alerts_history, NULL },
	{ "list", "[--all|--firing|--pending|--silenced|--acknowledged] [--json]",
		"what fires; with --all also what pends; with --firing what nobody has taken on",
		alerts_list, NULL },
	{ "replay", "--since T [--until T] [--config FILE]",
		"what would have been sent, by this configuration or another; sends nothing",
		alerts_replay, NULL },
	{ "silence",
		"[--client GLOB] [--group GLOB] [--metric GLOB] [--instance GLOB]"
		" (--for 2h | [--from T] --until T | --weekly \"sun 02:00-04:00\") --why TEXT",
		"nobody is told of what matches meanwhile; what still fires then is told then",
		alerts_silence, NULL },
	{ "silences", "[--json]", "those that are in force or to come", alerts_silences, NULL },
	{ "test", "RECIPIENT",
		"sends one test, by the way that alerts for that name or address take", alerts_test,
		NULL },
	{ "unsilence", "ID --why TEXT", "ends one before its time", alerts_unsilence, NULL },
};

static const struct command *find(const char *name)
{
	size_t i = 0;
	while (strcmp(commands[i].name, name) != 0)
		i++;
	return &commands[i];
}

const struct command_set alerts_commands = {
	.prefix = "alerts ",
	.items = commands,
	.count = ARRAY_LEN(commands),
	.plain = &commands[3], /* list */
	.notes =
		"T is a span of time, as 2h or 3d, or a moment, as \"2026-11-22 10:00\" (local\n"
		"time) or 2026-11-22T10:00:00Z. GLOB may have * and ?; --metric is the type of an\n"
		"<alert>, or one that needs none, as client-unreachable.\n",
};

int alerts_usage(const char *name)
{
	char full[64];
	(void)snprintf(full, sizeof full, "alerts %s", name);
	return setup_usage(full, find(name)->arguments);
}

int alerts_open(struct alerts *a, const char *config_path)
{
	struct error err;
	a->config = program_load_config(config_path, false);
	if (!a->config)
		return EX_CONFIG;
	if (storage_open(&a->config->storage, false, &a->storage, &err) != 0)
		return alerts_failed(&err);
	return EX_OK;
}

void alerts_finish(struct alerts *a)
{
	storage_close(a->storage);
	config_destroy(a->config);
}

int alerts_failed(const struct error *err)
{
	log_error("%s", err->text);
	return EX_UNAVAILABLE;
}

bool alerts_read_id(const char *text, uint64_t *ret_id)
{
	size_t len = strspn(text, "0123456789");
	uint64_t id = len > 0 && len <= 18 && text[len] == 0 ? strtoull(text, NULL, 10) : 0;
	if (id == 0) {
		log_error("\"%s\" is no ID: `fleet alerts` and `fleet alerts silences` show them",
			text);
		return false;
	}
	*ret_id = id;
	return true;
}

const char *alerts_who(void)
{
	static char who[65];
	static const char *const variables[] = { "SUDO_USER", "LOGNAME" };
	const struct passwd *user = NULL;
	const char *name = NULL;
	for (size_t i = 0; i < ARRAY_LEN(variables) && (!name || !name[0]); i++)
		name = getenv(variables[i]);
	if (!name || !name[0])
		user = getpwuid(getuid());
	if (user)
		name = user->pw_name;
	(void)snprintf(who, sizeof who, "uid %u", (unsigned)getuid());
	if (name && name[0])
		(void)escape_text(who, sizeof who, name, strlen(name));
	return who;
}

bool alerts_says_why(const char *text)
{
	if (!text[0])
		log_error("it does not say why; write --why TEXT for those who wonder");
	return text[0];
}

const char *alerts_why(const char *text, char out[static ALERTS_WHY_MAX])
{
	(void)escape_text(out, ALERTS_WHY_MAX, text, strlen(text));
	return out;
}
