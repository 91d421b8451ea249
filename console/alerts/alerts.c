#include "console/alerts/alerts.h"

#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "lib/escape.h"
#include "lib/log.h"

static const struct command commands[] = {
	{ "test", "RECIPIENT",
		"sends one test, by the way that alerts for that name or address take", alerts_test,
		NULL },
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
	.notes = "",
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
		log_error("\"%s\" is not the ID of an alert; see the first column of "
			  "`fleet alerts`",
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

const char *alerts_why(const char *text, char out[static ALERTS_WHY_MAX])
{
	(void)escape_text(out, ALERTS_WHY_MAX, text, strlen(text));
	return out;
}
