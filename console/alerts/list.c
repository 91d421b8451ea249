/* fleet alerts list: what fires, pends, is silenced or acknowledged. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "console/alerts/alerts.h"
#include "console/alerts/list_text.h"
#include "console/table.h"
#include "lib/clock.h"
#include "lib/log.h"

static int print(
	const struct config *config, struct alert_set *set, enum list_choice choice, bool json)
{
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	struct buffer summary CLEANUP(buffer_finish) = { 0 };
	if (list_summary(&summary, set->items, set->count) != 0)
		return -1;
	size_t count = list_choose(set->items, set->count, choice);
	int64_t now = clock_wall_ms();
	if (json ? list_json(&out, set->items, count)
		 : list_table(&out, set->items, count, config, now, table_wants_colour()))
		return -1;
	if (out.data)
		fputs(out.data, stdout);
	if (!json)
		printf("%s%s", count ? "\n" : "", summary.data);
	return 0;
}

int alerts_list(const char *config_path, int argc, char **argv)
{
	bool wanted[LIST_ACKNOWLEDGED + 1] = { false }, json = false;
	const struct choice choices[] = {
		{ "--acknowledged", .flag = &wanted[LIST_ACKNOWLEDGED] },
		{ "--all", .flag = &wanted[LIST_ALL] },
		{ "--firing", .flag = &wanted[LIST_LOUD] },
		{ "--json", .flag = &json },
		{ "--pending", .flag = &wanted[LIST_PENDING] },
		{ "--silenced", .flag = &wanted[LIST_SILENCED] },
	};
	int given = 0;
	enum list_choice choice = LIST_FIRING;
	argc = commands_options(choices, ARRAY_LEN(choices), argc, argv);
	for (int i = LIST_FIRING; i <= LIST_ACKNOWLEDGED; i++) {
		given += wanted[i];
		choice = wanted[i] ? (enum list_choice)i : choice;
	}
	if (argc != 1 || given > 1)
		return alerts_usage("list");
	struct alerts a CLEANUP(alerts_finish) = { 0 };
	struct alert_set set CLEANUP(alert_set_finish) = { 0 };
	struct error err;
	int status = alerts_open(&a, config_path);
	if (status != EX_OK)
		return status;
	if (storage_get_alerts(a.storage, &set, &err) != 0)
		return alerts_failed(&err);
	if (print(a.config, &set, choice, json) == 0)
		return EX_OK;
	log_error("out of memory");
	return EX_OSERR;
}
