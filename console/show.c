/*
 * fleet show: the whole of a client's last report, of which the tables have but what is stored.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "console/console.h"
#include "console/show_text.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"

static int put_escaped(const char *line, size_t len)
{
	char *safe = malloc(4 * len + 1);
	if (!safe)
		return -1;
	(void)escape_text(safe, 4 * len + 1, line, len);
	int result = puts(safe);
	free(safe);
	return result;
}

/* What a client wrote is nothing to have run on a terminal. */
static int put_lines(const char *text)
{
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n')
		if (put_escaped(text, strcspn(text, "\n")) < 0)
			return -1;
	return 0;
}

/* As it came, for programs. */
static int show_raw(const struct buffer *report, struct error *err)
{
	int result = isatty(STDOUT_FILENO) ? put_lines(report->data)
		     : fwrite(report->data, 1, report->len, stdout) == report->len ? 0
										   : -1;
	if (result == 0 && fflush(stdout) == 0)
		return EX_OK;
	(void)error_set(err, "it could not be written");
	return EX_IOERR;
}

static int show(struct storage *storage, const struct client *client, bool raw, struct error *err)
{
	struct buffer report CLEANUP(buffer_finish) = { 0 }, text CLEANUP(buffer_finish) = { 0 };
	int64_t taken_at = 0;
	if (storage_get_report(storage, client->name, &report, &taken_at, err) != 0)
		return EX_UNAVAILABLE;
	if (!report.len) {
		(void)error_set(err, "no report of %s is stored yet", client->name);
		return EX_UNAVAILABLE;
	}
	if (raw)
		return show_raw(&report, err);
	if (show_text(client, report.data, report.len, taken_at, clock_wall_ms(), &text, err) != 0)
		return EX_DATAERR;
	fputs(text.data, stdout);
	return EX_OK;
}

int cmd_show(const char *config_path, int argc, char **argv)
{
	bool raw = false;
	const struct choice choices[] = { { "--raw", .flag = &raw } };
	if (commands_options(choices, ARRAY_LEN(choices), argc, argv) != 2)
		return setup_usage("show", "[--raw] CLIENT");
	struct config *config CLEANUP(config_cleanup) = program_load_config(config_path, true);
	const struct client *client;
	if (!config || setup_clients(config, &argv[1], 1, &client) != 0)
		return EX_CONFIG;
	struct error err;
	struct storage *storage CLEANUP(storage_cleanup) = NULL;
	int status = EX_UNAVAILABLE;
	if (storage_open(&config->storage, false, &storage, &err) == 0)
		status = show(storage, client, raw, &err);
	if (status != EX_OK)
		log_error("%s", err.text);
	return status;
}
