#include "lib/alerts/hold.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { DAY_MIN = 24 * 60, WEEK_DAYS = 7 };

/* ---- silences ----------------------------------------------------------------------------- */

static bool matches(const char *pattern, const char *text)
{
	return fnmatch(pattern, text, 0) == 0;
}

/* "outer/inner" is matched by what matches it, or "outer". */
static bool matches_group(const char *pattern, const char *group)
{
	char outer[512];
	if (matches(pattern, group))
		return true;
	if ((size_t)snprintf(outer, sizeof outer, "%s", group) >= sizeof outer)
		return false;
	for (char *slash; (slash = strrchr(outer, '/'));) {
		*slash = 0;
		if (matches(pattern, outer))
			return true;
	}
	return false;
}

static bool in_time(const struct silence *silence, int64_t at)
{
	struct weekly weekly;
	if (at < silence->starts_at || (silence->ends_at != 0 && at >= silence->ends_at) ||
		(silence->lifted_at != 0 && at >= silence->lifted_at))
		return false;
	if (!silence->weekly[0])
		return true;
	return weekly_parse(silence->weekly, &weekly, NULL) == 0 && weekly_covers(&weekly, at);
}

bool silence_covers(const struct silence *silence, const struct hold_subject *subject, int64_t at)
{
	return matches(silence->client, subject->client) &&
	       matches_group(silence->group, subject->group) &&
	       (matches(silence->metric, subject->metric) ||
		       matches(silence->metric, subject->type)) &&
	       matches(silence->instance, subject->instance) && in_time(silence, at);
}

/* ---- once a week -------------------------------------------------------------------------- */

static const char day_names[WEEK_DAYS][4] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

static int find_day(const char *text)
{
	for (int i = 0; i < WEEK_DAYS; i++)
		if (strncmp(text, day_names[i], 3) == 0)
			return i;
	return -1;
}

static const char *parse_days(const char *text, struct weekly *w)
{
	if (strncmp(text, "daily ", 6) == 0) {
		memset(w->days, true, sizeof w->days);
		return text + 6;
	}
	int from = find_day(text), until = from;
	if (from < 0)
		return NULL;
	text += 3;
	if (*text == '-') {
		until = find_day(text + 1);
		text += 4;
	}
	if (until < 0 || *text != ' ')
		return NULL;
	for (int i = from;; i = (i + 1) % WEEK_DAYS) {
		w->days[i] = true;
		if (i == until)
			return text + 1;
	}
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Minutes since midnight of "HH:MM", or -1; 24:00 is the end of the day. */
static int parse_minute(const char *t)
{
	if (!is_digit(t[0]) || !is_digit(t[1]) || t[2] != ':' || !is_digit(t[3]) || !is_digit(t[4]))
		return -1;
	int hour = (t[0] - '0') * 10 + t[1] - '0', minute = (t[3] - '0') * 10 + t[4] - '0';
	return minute < 60 && hour * 60 + minute <= DAY_MIN ? hour * 60 + minute : -1;
}

int weekly_parse(const char *text, struct weekly *ret_weekly, struct error *err)
{
	struct weekly w = { .from_min = -1, .until_min = -1 };
	const char *times = parse_days(text, &w);
	if (times && strlen(times) == strlen("HH:MM-HH:MM") && times[5] == '-') {
		w.from_min = parse_minute(times);
		w.until_min = parse_minute(times + 6);
	}
	if (w.from_min < 0 || w.from_min == DAY_MIN || w.until_min < 0 ||
		w.from_min == w.until_min) /* a whole day ends at 24:00 */
		return error_set(err,
			"\"%.40s\" is no time of a week; write one as \"sun 02:00-04:00\", "
			"\"mon-fri 22:00-06:00\" or \"daily 12:00-12:30\"",
			text);
	*ret_weekly = w;
	return 0;
}

bool weekly_covers(const struct weekly *w, int64_t at)
{
	struct tm tm;
	time_t seconds = (time_t)(at / 1000);
	if (!localtime_r(&seconds, &tm))
		return false;
	int minute = tm.tm_hour * 60 + tm.tm_min;
	int yesterday = (tm.tm_wday + WEEK_DAYS - 1) % WEEK_DAYS;
	if (w->until_min > w->from_min)
		return w->days[tm.tm_wday] && minute >= w->from_min && minute < w->until_min;
	return (w->days[tm.tm_wday] && minute >= w->from_min) ||
	       (w->days[yesterday] && minute < w->until_min);
}

bool rule_is_called(const char *key, const char *name)
{
	size_t len = strlen(name);
	return strncmp(key, name, len) == 0 && (key[len] == '/' || key[len] == 0);
}

/* ---- who hears of it ---------------------------------------------------------------------- */

static void note_told(struct alert *a, int64_t now)
{
	a->told_at = now;
	a->told_severity = a->severity;
}

static void apply_opening(struct verdict *v, const char *hold, int64_t now)
{
	v->alert.held = hold;
	v->held = hold;
	if (hold[0])
		v->alert.told_at = 0;
	else
		note_told(&v->alert, now);
}

/* What was not told in time is told when it is released, not by what follows. */
static void apply_following(struct verdict *v, const char *hold, int64_t now)
{
	v->held = hold[0] ? hold : alert_held(&v->alert);
	if (!v->held[0])
		note_told(&v->alert, now);
	else if (v->kind != EVENT_WORSE)
		v->tell = false;
}

static void apply_end(struct verdict *v)
{
	const char *held = alert_held(&v->alert);
	if (v->alert.told_at == 0)
		v->held = held[0] ? held : "nobody was told";
	v->alert.held = "";
}

void hold_apply(struct verdict *v, const char *hold, int64_t now)
{
	if (!v->tell)
		return;
	switch (v->kind) {
	case EVENT_FIRING:
	case EVENT_FLAPPING:
	case EVENT_LATE:
		apply_opening(v, hold, now);
		break;
	case EVENT_RESOLVED:
	case EVENT_CLOSED:
		apply_end(v);
		break;
	default:
		apply_following(v, hold, now);
		break;
	}
}

struct verdict hold_review(const struct alert *row, const char *hold, bool again, int64_t now)
{
	struct alert a = *row;
	if (strcmp(hold, alert_held(row)) == 0 || (!hold[0] && row->clear_since != 0))
		return verdict_keep();
	a.held = hold;
	again = again || row->severity > row->told_severity;
	if (hold[0] || (row->told_at != 0 && (!again || alert_is_acked(row))))
		return verdict_write(a);
	struct verdict v =
		verdict_tell(verdict_write(a), row->told_at == 0 ? EVENT_FIRING : EVENT_REPEAT);
	if (v.kind == EVENT_FIRING)
		v.alert.opened_at = v.alert.escalated_at = 0;
	v.at = now;
	note_told(&v.alert, now);
	return v;
}

struct verdict hold_escalate(const struct alert *row, int64_t after_ms, int64_t now)
{
	int64_t opened_at = row->opened_at;
	if (after_ms <= 0 || row->state != ALERT_FIRING || row->told_at == 0 || opened_at == 0 ||
		row->escalated_at != 0 || alert_held(row)[0] || alert_is_acked(row) ||
		alert_lasted(&opened_at, now) < after_ms)
		return verdict_keep();
	struct alert a = *row;
	a.escalated_at = now;
	note_told(&a, now);
	struct verdict v = verdict_tell(verdict_write(a), EVENT_ESCALATED);
	v.at = now;
	return v;
}
