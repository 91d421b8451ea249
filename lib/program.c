#include "lib/program.h"

#include <stdio.h>
#include <sysexits.h>

#include "lib/log.h"

typedef void say(const char *fmt, ...) PRINTF(1, 2);

/* Line 0: it concerns the whole file. */
static void say_problem(const struct config_problem *p, bool warnings)
{
	say *out = !p->warning ? log_error : warnings ? log_warning : log_info;
	if (p->line > 0)
		out("%s:%d: %s", p->file, p->line, p->text);
	else
		out("%s: %s", p->file, p->text);
}

struct config *program_load_config(const char *path, bool warnings)
{
	CLEANUP(config_problems_finish) struct config_problems problems = { 0 };
	struct config *config = NULL;
	if (!path)
		path = config_default_path();
	if (!path) {
		log_error("neither ./config.xml nor /etc/fleet-health/config.xml is there: "
			  "name one with -c FILE, or make one with `fleet init`");
		return NULL;
	}
	int failed = config_load(path, &config, &problems);
	for (size_t i = 0; i < problems.count; i++)
		say_problem(&problems.items[i], warnings);
	return failed ? NULL : config;
}

int program_told(void)
{
	return fflush(stdout) != 0 || ferror(stdout) ? EX_IOERR : EX_OK;
}

void program_warn_line(void *arg, const char *file, int line, const char *text)
{
	(void)arg;
	log_warning("%s:%d: %s", file, line, text);
}
