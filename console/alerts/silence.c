/* fleet alerts silence, silences and unsilence. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "console/alerts/alerts.h"
#include "console/alerts/silence_text.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"

/* What it is about is looked at first, so that a wrong name is not believed to be silenced. */
static int report(struct alerts *a, const struct silence *s, struct error *err)
{
	struct alert_set alerts CLEANUP(alert_set_finish) = { 0 };
	struct status_set readings CLEANUP(status_set_finish) = { 0 };
	struct book book CLEANUP(book_finish) = { 0 };
	int64_t now = s->created_at;
	if (storage_get_alerts(a->storage, &alerts, err) != 0 ||
		(strcmp(s->instance, "*") != 0 &&
			storage_get_status(a->storage, &readings, err) != 0) ||
		book_init(&book, a->config, &alerts, err) != 0)
		return -1;
	size_t count = silence_count(&book, s, &alerts, now);
	if (count > 0)
		printf("it covers %zu alert%s that fire%s now\n", count, plural(count),
			count == 1 ? "s" : "");
	else if (!silence_finds(&book, s, &readings))
		log_warning("silence %" PRIu64 " matches nothing that is configured%s: see its "
			    "patterns, or `fleet alerts unsilence %" PRIu64 "`",
			s->id, strcmp(s->instance, "*") != 0 ? " and was measured" : "", s->id);
	return 0;
}

static int print_one(const struct silence *s)
{
	struct buffer text CLEANUP(buffer_finish) = { 0 };
	char shown[2048];
	if (silence_what(&text, s) != 0 || buffer_append_text(&text, ", ") != 0 ||
		silence_when(&text, s, s->created_at) != 0)
		return -1;
	(void)escape_text(shown, sizeof shown, text.data, text.len);
	printf("silence %" PRIu64 ": %s\n", s->id, shown);
	return 0;
}

static int add(struct alerts *a, struct silence *s)
{
	struct error err;
	if (storage_add_silence(a->storage, s, &s->id, &err) != 0)
		return alerts_failed(&err);
	if (print_one(s) != 0) {
		log_error("out of memory");
		return EX_OSERR;
	}
	return report(a, s, &err) != 0 ? alerts_failed(&err) : EX_OK;
}

int alerts_silence(const char *config_path, int argc, char **argv)
{
	struct silence_request r = { 0 };
	const struct choice choices[] = {
		{ "--client", .value = &r.client },
		{ "--for", .value = &r.for_text },
		{ "--from", .value = &r.from },
		{ "--group", .value = &r.group },
		{ "--instance", .value = &r.instance },
		{ "--metric", .value = &r.metric },
		{ "--until", .value = &r.until },
		{ "--weekly", .value = &r.weekly },
		{ "--why", .value = &r.why },
	};
	struct silence s;
	struct error err;
	char why[ALERTS_WHY_MAX];
	if (commands_options(choices, ARRAY_LEN(choices), argc, argv) != 1)
		return alerts_usage("silence");
	if (silence_read(&r, clock_wall_ms(), &s, &err) != 0) {
		log_error("nothing is silenced: %s", err.text);
		return EX_USAGE;
	}
	s.who = alerts_who();
	s.why = alerts_why(s.why, why);
	struct alerts a CLEANUP(alerts_finish) = { 0 };
	int status = alerts_open(&a, config_path);
	return status != EX_OK ? status : add(&a, &s);
}

int alerts_unsilence(const char *config_path, int argc, char **argv)
{
	const char *why = "";
	char shown[ALERTS_WHY_MAX];
	const struct choice choices[] = { { "--why", .value = &why } };
	uint64_t id;
	bool found = false;
	struct error err;
	if (commands_options(choices, ARRAY_LEN(choices), argc, argv) != 2)
		return alerts_usage("unsilence");
	if (!alerts_read_id(argv[1], &id) || !alerts_says_why(why))
		return EX_USAGE;
	struct alerts a CLEANUP(alerts_finish) = { 0 };
	int status = alerts_open(&a, config_path);
	if (status != EX_OK)
		return status;
	if (storage_lift_silence(a.storage, id, alerts_who(), alerts_why(why, shown),
		    clock_wall_ms(), &found, &err) != 0)
		return alerts_failed(&err);
	if (!found) {
		log_error(
			"there is no silence %" PRIu64 " to end; see `fleet alerts silences`", id);
		return EX_DATAERR;
	}
	printf("silence %" PRIu64 " is over; what still fires is told by the alerter's next run\n",
		id);
	return EX_OK;
}

int alerts_silences(const char *config_path, int argc, char **argv)
{
	bool json = false;
	const struct choice choices[] = { { "--json", .flag = &json } };
	struct error err;
	if (commands_options(choices, ARRAY_LEN(choices), argc, argv) != 1)
		return alerts_usage("silences");
	struct alerts a CLEANUP(alerts_finish) = { 0 };
	struct silence_set set CLEANUP(silence_set_finish) = { 0 };
	struct buffer out CLEANUP(buffer_finish) = { 0 };
	int status = alerts_open(&a, config_path);
	if (status != EX_OK)
		return status;
	int64_t now = clock_wall_ms();
	if (storage_get_silences(a.storage, now, &set, &err) != 0)
		return alerts_failed(&err);
	if (json ? silence_json(&out, set.items, set.count)
		 : silence_table(&out, set.items, set.count, now)) {
		log_error("out of memory");
		return EX_OSERR;
	}
	fputs(json || set.count ? out.data : "no silence is in force or to come\n", stdout);
	return EX_OK;
}
