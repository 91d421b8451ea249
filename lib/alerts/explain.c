#include "lib/alerts/explain.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/alerts/fit.h"
#include "lib/alerts/pen.h"
#include "lib/alerts/step.h"
#include "lib/alerts/text.h"
#include "lib/alerts/verdict.h"
#include "lib/clock.h"
#include "lib/escape.h"
#include "lib/log.h"
#include "lib/metrics/metrics.h"
#include "lib/when.h"

/* ---- pieces ------------------------------------------------------------------------------- */

static void put_value(struct pen *p, const struct explain *e, double value)
{
	char text[64];
	bool is_never = e->rule->kind == RULE_FULL_WITHIN && value >= FIT_NEVER_S;
	pen_text(p, is_never ? "never" : unit_format(rule_unit(e->rule), value, text, sizeof text));
}

/* "at or above 90.0 %" */
static void put_limit(struct pen *p, const struct explain *e, double limit)
{
	pen_text(p, e->rule->below ? "at or below " : "at or above ");
	put_value(p, e, limit);
}

static void put_time(struct pen *p, const char *before, int64_t ms)
{
	char iso[CLOCK_TEXT_SIZE];
	(void)clock_format_utc(ms, iso);
	pen_printf(p, "%s%.10s %.8s", before, iso, iso + 11);
}

static void put_span(struct pen *p, const char *before, int64_t ms)
{
	char text[SPAN_TEXT_SIZE];
	pen_printf(p, "%s%s", before, span_format(ms, text));
}

/* Words of people, or of what holds it. */
static void put_words(struct pen *p, const char *before, const char *words)
{
	char safe[1024];
	(void)escape_text(safe, sizeof safe, words, strlen(words));
	pen_text(p, before);
	pen_text(p, safe);
}

/* ---- why nothing moves -------------------------------------------------------------------- */

static void say_frozen(const struct explain *e, struct pen *p)
{
	const struct alert *u = e->unreachable;
	if (e->judged_at == 0) {
		pen_text(p, e->value_at == 0
				    ? "there is no good sample of the client yet\n"
				    : "the alerter has not looked at a sample of it yet\n");
		return;
	}
	if (e->value_at > e->judged_at) {
		put_time(p, "the alerter has not looked yet at what came after ", e->judged_at);
		pen_text(p, "\n");
	}
	if (!u || u->state == ALERT_OK)
		return;
	pen_text(p, u->state == ALERT_FIRING ? "frozen: the client cannot be reached"
					     : "frozen: the client did not answer the last time");
	put_time(p, ", no good sample since ", e->judged_at);
	pen_text(p, "\n");
}

/* ---- how it stands ------------------------------------------------------------------------ */

static void say_ok(const struct explain *e, struct pen *p)
{
	bool is_plain = e->rule->kind == RULE_LEVEL;
	if (is_plain && !e->has_value) {
		pen_text(p, "does not fire: the newest good sample has no such value\n");
		return;
	}
	pen_text(p, "does not fire: ");
	if (is_plain || e->row) {
		double value = is_plain ? e->value : e->row->value;
		bool is_broken = rule_broken(e->rule, value);
		put_value(p, e, value);
		pen_text(p, is_broken ? " is " : " is not ");
		put_limit(p, e, e->rule->limit);
		pen_text(p, is_broken ? ", which the alerter has not looked at yet\n" : "\n");
		return;
	}
	pen_text(p, "not ");
	put_limit(p, e, e->rule->limit);
	pen_text(p, "\n");
}

static void say_pending(const struct explain *e, struct pen *p)
{
	const struct alert *a = e->row;
	const struct rule *r = e->rule;
	pen_text(p, "pending: ");
	put_value(p, e, a->value);
	pen_text(p, " is ");
	put_limit(p, e, r->limit);
	put_time(p, ", so since ", a->since);
	if (r->for_ms > 0) {
		put_time(p, "; fires at ", a->since + r->for_ms);
		put_span(p, " if it stays so (for ", r->for_ms);
		pen_text(p, ")");
	}
	if (r->samples > 1)
		pen_printf(p, "; %" PRIu32 " of %" PRIu32 " samples in a row", a->breaches,
			r->samples);
	pen_text(p, "\n");
}

/* It fires, but what was measured is well: until when. */
static void say_clearing(const struct explain *e, struct pen *p)
{
	const struct alert *a = e->row;
	int64_t clear_for_ms = verdict_clear_for(e->config, a, e->rule->clear_for_ms);
	put_time(p, "clear since ", a->clear_since);
	put_time(p, "; over at ", a->clear_since + clear_for_ms);
	pen_text(p, " if it stays so (");
	pen_text(p, alert_is_locked(e->config, a) ? "flapping" : "clear-for");
	put_span(p, " ", clear_for_ms);
	pen_text(p, ")\n");
}

static void say_firing(const struct explain *e, struct pen *p)
{
	const struct alert *a = e->row;
	bool is_within = !rule_broken(e->rule, a->value);
	put_time(p, "fires since ", a->since);
	pen_printf(p, ", %s: ", text_severity(a->severity));
	put_value(p, e, a->value);
	pen_text(p, is_within ? " is not " : " is ");
	put_limit(p, e, is_within ? e->rule->limit : a->limit);
	pen_text(p, "\n");
	if (a->clear_since != 0) {
		say_clearing(e, p);
	} else if (is_within) {
		pen_text(p, e->rule->below ? "it is over above " : "it is over below ");
		put_value(p, e, e->rule->clear);
		pen_text(p, "\n");
	}
}

static void say_state(const struct explain *e, struct pen *p)
{
	if (!e->row || e->row->state == ALERT_OK)
		say_ok(e, p);
	else if (e->row->state == ALERT_PENDING)
		say_pending(e, p);
	else
		say_firing(e, p);
}

static void say_absent(const struct explain *e, struct pen *p)
{
	const struct alert *a = e->row;
	if (!a || a->count == 0 || e->rule->kind == RULE_ABSENT || e->rule->kind == RULE_COUNT)
		return;
	pen_printf(p, "absent from the last %" PRIu32 " good sample%s; closed after %" PRIu32 "\n",
		a->count, plural(a->count), e->config->absent_after);
}

static void say_flapping(const struct explain *e, struct pen *p)
{
	const struct alert *a = e->row;
	if (!a || a->flaps < 2)
		return;
	bool is_locked = alert_is_locked(e->config, a);
	pen_printf(p, "%sfired %" PRIu32 " times", is_locked ? "flapping: " : "", a->flaps);
	put_time(p, " since ", a->flaps_since);
	if (is_locked)
		put_span(p, "; over only when it was clear for ", e->config->flap_window_ms);
	else
		pen_printf(p, "; from %" PRIu32, e->config->flap_after + 1);
	if (!is_locked)
		put_span(p, " times in ", e->config->flap_window_ms);
	pen_text(p, is_locked ? "\n" : " on it is flapping\n");
}

/* ---- who hears of it ---------------------------------------------------------------------- */

static void say_held(const struct explain *e, struct pen *p)
{
	bool fires = e->row && e->row->state == ALERT_FIRING;
	const char *held = fires ? alert_held(e->row) : e->hold;
	if (!held[0])
		return;
	put_words(p, fires ? "nobody is told: " : "nobody would be told: ", held);
	pen_text(p, "\n");
}

/* 0 = it is not told again. */
static int64_t repeat_ms(const struct explain *e)
{
	return e->rule ? e->rule->repeat_ms : e->config->unreachable_repeat_ms;
}

static void say_told(const struct explain *e, struct pen *p)
{
	const struct alert *a = e->row;
	if (!a || a->state != ALERT_FIRING)
		return;
	if (alert_is_acked(a)) {
		put_words(p, "nobody is reminded: acknowledged by ", a->acked_by);
		put_words(p, a->acked_why[0] ? ": " : "", a->acked_why);
		pen_text(p, "\n");
		return;
	}
	if (a->told_at == 0)
		return;
	put_time(p, "told last at ", a->told_at);
	if (repeat_ms(e) > 0 && !alert_held(a)[0])
		put_span(p, ", again every ", repeat_ms(e));
	pen_text(p, "\n");
}

int explain_alert(const struct explain *e, struct buffer *out)
{
	static void (*const sayings[])(const struct explain *, struct pen *) = { say_frozen,
		say_state, say_absent, say_flapping, say_held, say_told };
	struct pen p = { .out = out };
	for (size_t i = 0; i < ARRAY_LEN(sayings); i++)
		sayings[i](e, &p);
	return p.failed ? -1 : 0;
}

/* ---- what needs no rule ------------------------------------------------------------------- */

static void say_contact(const struct explain *e, struct pen *p)
{
	const struct alert *a = e->row;
	if (!a || a->state == ALERT_OK) {
		pen_text(p, "does not fire: the last attempt was good\n");
		return;
	}
	put_words(p, a->state == ALERT_FIRING ? "fires: " : "pending: ", a->text);
	pen_printf(p, "; %.0f failure%s in a row", a->value, plural((uint64_t)a->value));
	put_time(p, " since ", a->since);
	if (a->state == ALERT_PENDING)
		pen_printf(p,
			"; fires at %" PRIu32 " of its own (unreachable-after), it has %" PRIu32,
			e->config->unreachable_after, a->count);
	pen_text(p, "\n");
}

static void say_host_key(const struct explain *e, struct pen *p)
{
	const struct alert *a = e->row;
	if (!a || a->state != ALERT_FIRING) {
		pen_text(p, "does not fire: no other host key was seen\n");
		return;
	}
	put_words(p, "fires: ", a->text);
	put_time(p, "; since ", a->since);
	pen_text(p, "\n");
}

int explain_builtin(const struct explain *e, const char *key, struct buffer *out)
{
	struct pen p = { .out = out };
	if (strcmp(key, RULE_UNREACHABLE) == 0)
		say_contact(e, &p);
	else
		say_host_key(e, &p);
	say_held(e, &p);
	say_told(e, &p);
	return p.failed ? -1 : 0;
}
