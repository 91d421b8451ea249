#include "lib/alerts/lost_private.h"

#include <string.h>

#include "lib/alerts/crowd.h"
#include "lib/alerts/hold.h"
#include "lib/alerts/holder.h"
#include "lib/alerts/step.h"
#include "lib/log.h"

/* For how long others may answer before nothing is held by the collector's isolation. */
enum { ISOLATED_MAX_MS = 15 * 60 * 1000 };

/* ---- what is known ------------------------------------------------------------------------ */

struct book_client *lost_client(const struct lost *l, size_t place)
{
	return book_client(l->book, l->reach.places[place].name);
}

const struct alert *lost_row(const struct lost *l, size_t place)
{
	const struct book_client *c = lost_client(l, place);
	return c && c->down ? &c->down->alert : NULL;
}

const char *lost_silence(struct lost *l, const struct book_client *c)
{
	return holder_silence(l->book, c, NULL, RULE_UNREACHABLE, "", l->now, l->now);
}

/* Whether people know of what a row that may be NULL is about. */
static bool is_known(const struct alert *row)
{
	return row && row->state == ALERT_FIRING &&
	       (row->told_at != 0 || holder_is_silence(alert_held(row)));
}

static int look_at_client(struct lost *l, size_t i)
{
	struct reach_place *p = &l->reach.places[i];
	const struct alert *row = lost_row(l, i);
	p->own = contact_judge(&l->book->config->alerter, row, l->running_cycle);
	if (p->own == CONTACT_GOOD)
		return 0;
	const char *silence = lost_silence(l, lost_client(l, i));
	if (!silence)
		return -1;
	p->is_known = silence[0] || is_known(row);
	return 0;
}

static void look_at_passage(struct lost *l, size_t i)
{
	struct reach_place *p = &l->reach.places[i];
	const struct alert *row = p->is_way ? book_find(l->fleet, RULE_JUMP, p->name) : NULL;
	p->passage = contact_judge(&l->book->config->alerter, row, l->running_cycle);
	p->is_known = p->is_known || (p->passage != CONTACT_GOOD && is_known(row));
}

static int look_at_places(struct lost *l)
{
	struct reach *r = &l->reach;
	for (size_t i = 0; i < r->clients; i++)
		if (look_at_client(l, i) < 0)
			return -1;
	for (size_t i = 0; i < r->clients + r->jumps; i++)
		look_at_passage(l, i);
	for (size_t i = r->clients + r->jumps; i < r->count; i++)
		r->places[i].is_known =
			is_known(book_find(l->fleet, RULE_PARENT, r->places[i].name));
	return 0;
}

int lost_init(
	struct lost *l, struct book *b, uint64_t running_cycle, int64_t now, struct error *err)
{
	*l = (struct lost){
		.book = b, .fleet = book_client(b, ""), .running_cycle = running_cycle, .now = now
	};
	if (reach_init(&l->reach, b->config) < 0)
		return error_no_memory(err);
	if (look_at_places(l) < 0) {
		lost_finish(l);
		return error_no_memory(err);
	}
	reach_judge(&l->reach);
	return 0;
}

void lost_finish(struct lost *l)
{
	reach_finish(&l->reach);
	*l = (struct lost){ 0 };
}

/* ---- words and addresses ------------------------------------------------------------------ */

/* A place whose clients are looked for. */
struct spot {
	const struct reach *reach;
	size_t place;
};

static bool is_down_behind(const void *arg, size_t client)
{
	const struct spot *spot = arg;
	return spot->reach->places[client].is_down &&
	       reach_is_behind(spot->reach, client, spot->place);
}

static bool is_lost_untold(const void *arg, size_t client)
{
	const struct reach *reach = arg;
	return reach->places[client].is_down && !reach_is_known(reach, client);
}

int lost_behind(struct lost *l, size_t place, struct crowd *ret_crowd)
{
	const struct spot spot = { &l->reach, place };
	*ret_crowd = (struct crowd){ 0 };
	if (!l->reach.places[place].has_behind)
		return 0;
	return crowd_choose(&l->book->pool, l->book->config, is_down_behind, &spot, ret_crowd);
}

int lost_untold(struct lost *l, struct crowd *ret_crowd)
{
	return crowd_choose(&l->book->pool, l->book->config, is_lost_untold, &l->reach, ret_crowd);
}

const char *lost_words(struct lost *l, const char *own, size_t place)
{
	struct crowd crowd;
	if (lost_behind(l, place, &crowd) < 0)
		return NULL;
	const char *names = crowd_names(&l->book->pool, &crowd);
	if (!names || crowd.count == 0)
		return names ? own : NULL;
	return pool_printf(&l->book->pool, "%s%s%zu client%s behind it cannot be reached: %s", own,
		own[0] ? "; " : "", crowd.count, plural(crowd.count), names);
}

static int64_t earliest(const struct lost *l, const struct crowd *crowd)
{
	int64_t first = l->now;
	for (size_t i = 0; i < crowd->count; i++) {
		const struct book_client *c = book_client(l->book, crowd->clients[i]->name);
		const struct alert *row = c && c->down ? &c->down->alert : NULL;
		if (row && row->state != ALERT_OK && row->since < first)
			first = row->since;
	}
	return first;
}

size_t lost_place(const struct lost *l, const struct alert *row)
{
	if (strcmp(row->rule, RULE_PARENT) == 0)
		return reach_find(&l->reach, REACH_NODE, row->instance);
	if (strcmp(row->rule, RULE_JUMP) != 0)
		return REACH_NONE;
	size_t place = reach_find(&l->reach, REACH_JUMP, row->instance);
	return place != REACH_NONE ? place : reach_find(&l->reach, REACH_CLIENT, row->instance);
}

/* ---- moves -------------------------------------------------------------------------------- */

/* `hold` as by the above; silences come on top. */
static int move(struct lost *l, struct book_client *c, const char *key, const char *instance,
	const char *hold, const char *const *recipients, struct verdict *v, const char *text,
	struct error *err)
{
	if (hold && !hold[0] && v->tell)
		hold = holder_silence(l->book, c, NULL, key, instance,
			v->alert.as_of ? v->alert.as_of : l->now, l->now);
	if (!hold || !recipients)
		return error_no_memory(err);
	hold_apply(v, hold, l->now);
	return book_move(l->book, c, key, v, recipients, text, err);
}

static int fire_client(struct lost *l, size_t place, struct error *err)
{
	struct book_client *c = lost_client(l, place);
	const struct alert *row = &c->down->alert;
	if (row->state != ALERT_PENDING || !lost_is_tried_since(l, place, row))
		return 0;
	struct verdict v = contact_lose(&l->book->config->alerter, row);
	v.text = lost_words(l, row->text, place);
	if (!v.text)
		return error_no_memory(err);
	return move(l, c, RULE_UNREACHABLE, "", lost_hold_place(l, place),
		lost_client_mail(l, place), &v, NULL, err);
}

static int fire_jump(struct lost *l, size_t place, struct error *err)
{
	const char *name = l->reach.places[place].name;
	struct book_row *row = book_row(l->fleet, RULE_JUMP, name);
	if (!row || row->alert.state != ALERT_PENDING)
		return 0;
	struct verdict v = contact_lose(&l->book->config->alerter, &row->alert);
	v.text = lost_words(l, row->alert.text, place);
	if (!v.text)
		return error_no_memory(err);
	return move(l, l->fleet, RULE_JUMP, name, lost_hold_way(l, RULE_JUMP, place),
		lost_recipients(l, l->fleet, row), &v, NULL, err);
}

/* A row whose condition is found by counting: it breaks, or it is clear. */
static struct verdict step_counted(
	const struct lost *l, const char *key, const char *instance, size_t count, bool breaks)
{
	const struct alerter_config *config = &l->book->config->alerter;
	const struct alert *old = book_find(l->fleet, key, instance);
	double limit = (double)(breaks ? count : count + 1);
	const struct rule rule = {
		.limit = limit,
		.clear = limit,
		.severity = SEVERITY_CRITICAL,
		.repeat_ms = config->unreachable_repeat_ms,
	};
	const struct look look = { l->book->newest_id, l->now, instance, true, (double)count, 0 };
	if (!old && !breaks)
		return verdict_keep();
	struct verdict v = alert_step(config, &rule, old, &look, l->now);
	v.alert.last_good_at = 0;
	return v;
}

/* Whether a client has answered since the failures of the others began. */
static bool does_any_answer(const struct lost *l)
{
	int64_t good_at = 0, failed_at = 0;
	for (size_t i = 0; i < l->reach.clients; i++) {
		const struct book_client *c = lost_client(l, i);
		const struct alert *down = lost_row(l, i);
		if (c->good && c->good->alert.last_good_at > good_at)
			good_at = c->good->alert.last_good_at;
		if (down && down->state != ALERT_OK && down->as_of > failed_at)
			failed_at = down->as_of;
	}
	return good_at > failed_at - ISOLATED_MAX_MS;
}

/* Whether its alert has been contradicted for too long to be believed. */
static bool is_refuted(const struct lost *l, const struct alert *row)
{
	int64_t since = row->level_since;
	return since != 0 && alert_lasted(&since, l->now) >= ISOLATED_MAX_MS;
}

/* Of the row that fires: whether it is to be believed. */
static bool believe_isolation(const struct lost *l, struct alert *row)
{
	if (!l->reach.is_isolated || !does_any_answer(l))
		row->level_since = 0;
	else if (row->level_since == 0)
		row->level_since = l->now;
	return l->reach.is_isolated && !is_refuted(l, row);
}

static bool is_any_down(const struct lost *l)
{
	size_t i = 0;
	while (i < l->reach.clients && !l->reach.places[i].is_down)
		i++;
	return i < l->reach.clients;
}

/* It is not over as long as those that made it so are down, it only was no isolation. */
static void end_isolation(const struct lost *l, struct verdict *v)
{
	const struct alert *old = book_find(l->fleet, RULE_ISOLATED, "");
	if (!v->tell || v->kind != EVENT_RESOLVED || !is_refuted(l, old) || !is_any_down(l))
		return;
	v->kind = EVENT_CLOSED;
	v->text = "other clients answer, so those that do not are told one by one";
}

static int move_isolation(struct lost *l, struct error *err)
{
	const struct reach *r = &l->reach;
	struct crowd crowd;
	struct verdict v = step_counted(l, RULE_ISOLATED, "", r->lost, r->is_isolated);
	if (v.row == ROW_KEEP)
		return 0;
	if (v.row == ROW_WRITE && v.alert.state == ALERT_FIRING)
		l->is_isolated = believe_isolation(l, &v.alert);
	else
		end_isolation(l, &v);
	if (lost_untold(l, &crowd) < 0)
		return error_no_memory(err);
	const char *names = crowd_names(&l->book->pool, &crowd);
	const char *text =
		names ? pool_printf(&l->book->pool, "%zu of %zu clients cannot be reached: %s",
				r->lost, r->present, names)
		      : NULL;
	if (!text)
		return error_no_memory(err);
	if (v.tell && v.kind == EVENT_FIRING)
		v.alert.since = earliest(l, &crowd);
	return move(l, l->fleet, RULE_ISOLATED, "", "", lost_mail(l, &crowd), &v,
		r->is_isolated ? text : NULL, err);
}

static int move_node(struct lost *l, size_t place, struct error *err)
{
	const struct reach_place *p = &l->reach.places[place];
	struct crowd crowd;
	struct verdict v = step_counted(l, RULE_PARENT, p->name, p->hung_down, p->is_down);
	if (v.row == ROW_KEEP)
		return 0;
	const char *text = lost_words(l, "", place);
	if (!text || lost_behind(l, place, &crowd) < 0)
		return error_no_memory(err);
	if (v.tell && v.kind == EVENT_FIRING)
		v.alert.since = earliest(l, &crowd);
	return move(l, l->fleet, RULE_PARENT, p->name, lost_hold_way(l, RULE_PARENT, place),
		lost_mail(l, &crowd), &v, p->is_down ? text : NULL, err);
}

/* Those above first, so that the events of a run stand in the order of what follows from what. */
int lost_move(struct lost *l, struct error *err)
{
	const struct reach *r = &l->reach;
	if (move_isolation(l, err) < 0)
		return -1;
	for (size_t i = r->clients + r->jumps; i < r->count; i++)
		if (move_node(l, i, err) < 0)
			return -1;
	for (size_t i = 0; i < r->clients + r->jumps; i++)
		if (r->places[i].passage == CONTACT_LOST && fire_jump(l, i, err) < 0)
			return -1;
	for (size_t i = 0; i < r->clients; i++)
		if (r->places[i].own == CONTACT_LOST && fire_client(l, i, err) < 0)
			return -1;
	return lost_tell_new(l, err);
}
