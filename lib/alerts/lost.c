#include "lib/alerts/lost.h"

#include <string.h>

#include "lib/alerts/crowd.h"
#include "lib/alerts/hold.h"
#include "lib/alerts/holder.h"
#include "lib/alerts/step.h"
#include "lib/log.h"

static int no_memory(struct error *err)
{
	return error_set(err, "out of memory");
}

/* ---- what is known ------------------------------------------------------------------------ */

static struct book_client *client_at(const struct lost *l, size_t place)
{
	return book_client(l->book, l->reach.places[place].name);
}

static const struct alert *row_at(const struct lost *l, size_t place)
{
	const struct book_client *c = client_at(l, place);
	return c && c->down ? &c->down->alert : NULL;
}

static void look_at_places(struct lost *l)
{
	const struct alerter_config *config = &l->book->config->alerter;
	struct reach *r = &l->reach;
	for (size_t i = 0; i < r->clients; i++) {
		const struct alert *row = row_at(l, i);
		r->places[i].own = contact_judge(config, row, l->running_cycle);
		r->places[i].is_told = row && row->state == ALERT_FIRING && row->told_at != 0;
	}
	for (size_t i = 0; i < r->clients + r->jumps; i++)
		r->places[i].passage = contact_judge(config,
			book_find(l->fleet, RULE_JUMP, r->places[i].name), l->running_cycle);
}

int lost_init(
	struct lost *l, struct book *b, uint64_t running_cycle, int64_t now, struct error *err)
{
	*l = (struct lost){
		.book = b, .fleet = book_client(b, ""), .running_cycle = running_cycle, .now = now
	};
	if (reach_init(&l->reach, b->config) < 0)
		return no_memory(err);
	look_at_places(l);
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
	return reach->places[client].is_down && !reach->places[client].is_told;
}

static int choose_behind(struct lost *l, size_t place, struct crowd *ret_crowd)
{
	const struct spot spot = { &l->reach, place };
	*ret_crowd = (struct crowd){ 0 };
	if (!l->reach.places[place].has_behind)
		return 0;
	return crowd_choose(&l->book->pool, l->book->config, is_down_behind, &spot, ret_crowd);
}

static int choose_untold(struct lost *l, struct crowd *ret_crowd)
{
	return crowd_choose(&l->book->pool, l->book->config, is_lost_untold, &l->reach, ret_crowd);
}

/* "5 clients behind it: a, b, …", after what is said of the place itself. */
static const char *words_behind(struct lost *l, const char *own, size_t place)
{
	struct crowd crowd;
	if (choose_behind(l, place, &crowd) < 0)
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

static const char *const *mail_of(const struct lost *l, const struct crowd *crowd)
{
	return crowd_mail(&l->book->pool, crowd, l->book->config->alerter.mail);
}

static size_t find_place(const struct lost *l, const struct alert *row)
{
	if (strcmp(row->rule, RULE_PARENT) == 0)
		return reach_find(&l->reach, REACH_NODE, row->instance);
	if (strcmp(row->rule, RULE_JUMP) != 0)
		return REACH_NONE;
	size_t place = reach_find(&l->reach, REACH_JUMP, row->instance);
	return place != REACH_NONE ? place : reach_find(&l->reach, REACH_CLIENT, row->instance);
}

const char *const *lost_recipients(
	struct lost *l, const struct book_client *c, const struct book_row *row)
{
	struct crowd crowd = { 0 };
	if (c->config)
		return row->rule ? config_recipients(c->config, row->rule) : c->config->mail;
	size_t place = find_place(l, &row->alert);
	int r = place != REACH_NONE			      ? choose_behind(l, place, &crowd)
		: strcmp(row->alert.rule, RULE_ISOLATED) == 0 ? choose_untold(l, &crowd)
							      : 0;
	return r < 0 ? NULL : mail_of(l, &crowd);
}

/* ---- what holds what ---------------------------------------------------------------------- */

static const char *words_down(struct lost *l, size_t place)
{
	const struct reach_place *p = &l->reach.places[place];
	bool is_jump = p->kind == REACH_JUMP || p->own == CONTACT_GOOD;
	return pool_printf(&l->book->pool, "%s%.100s cannot be reached",
		is_jump && p->kind != REACH_NODE ? "jump host " : "", p->name);
}

/* Why nobody is told of a place by itself. */
static const char *hold_place(struct lost *l, size_t place)
{
	if (l->is_isolated)
		return "the collector looks isolated";
	return l->reach.places[place].cause == REACH_NONE
		       ? ""
		       : words_down(l, l->reach.places[place].cause);
}

static uint64_t back_id(const struct alert *row)
{
	return row && row->state == ALERT_OK ? row->as_of_id : 0;
}

/* The attempt by which something above a client came back: its row stays for a while. */
static uint64_t find_back(const struct lost *l, size_t client)
{
	uint64_t id = back_id(book_find(l->fleet, RULE_ISOLATED, ""));
	for (int way = 0; way < 2; way++) {
		size_t at = l->reach.places[client].above[way];
		if (at == REACH_NONE)
			continue;
		const struct reach_place *p = &l->reach.places[at];
		const uint64_t ids[] = {
			back_id(p->kind == REACH_CLIENT ? row_at(l, at) : NULL),
			back_id(book_find(l->fleet, RULE_JUMP, p->name)),
			back_id(book_find(l->fleet, RULE_PARENT, p->name)),
		};
		for (size_t i = 0; i < ARRAY_LEN(ids); i++)
			id = ids[i] > id ? ids[i] : id;
	}
	return id;
}

/* Whether a client was tried since what it hangs on came back, in a cycle that is over. Until then
 * nothing new is known of it. */
static bool is_tried_since(const struct lost *l, size_t client, const struct alert *row)
{
	uint64_t back = find_back(l, client);
	if (back == 0)
		return true;
	return row->as_of_id > back && (l->running_cycle == 0 || row->as_of_id < l->running_cycle);
}

static const char *hold_client(struct lost *l, size_t client, const struct alert *row)
{
	const char *hold = hold_place(l, client);
	if (!hold || hold[0] || row->told_at != 0 || is_tried_since(l, client, row))
		return hold;
	return alert_held(row);
}

/* One that is watched, too, has an alert of its own. */
static const char *hold_jump(struct lost *l, size_t place)
{
	if (!l->is_isolated && l->reach.places[place].own != CONTACT_GOOD)
		return words_down(l, place);
	return hold_place(l, place);
}

static size_t client_place(const struct lost *l, const struct book_client *c)
{
	return (size_t)(c->config - l->book->config->clients);
}

/* Nobody needs to hear that what cannot be reached has no samples. */
static const char *hold_age(struct lost *l, const struct book_client *c)
{
	const struct alert *stale = book_find(l->fleet, RULE_STALE, "");
	if (stale && stale->state == ALERT_FIRING)
		return "the collector has not finished a run";
	if (l->reach.places[client_place(l, c)].is_down)
		return words_down(l, client_place(l, c));
	return hold_place(l, client_place(l, c));
}

const char *lost_hold(struct lost *l, const struct book_client *c, const struct book_row *row)
{
	const struct alert *a = &row->alert;
	if (c->config && strcmp(a->rule, RULE_UNREACHABLE) == 0)
		return hold_client(l, client_place(l, c), a);
	if (c->config && row->rule && row->rule->kind == RULE_SAMPLE_AGE)
		return hold_age(l, c);
	size_t place = c->config ? REACH_NONE : find_place(l, a);
	if (place == REACH_NONE)
		return "";
	return strcmp(a->rule, RULE_JUMP) == 0 ? hold_jump(l, place) : hold_place(l, place);
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
		return no_memory(err);
	hold_apply(v, hold, l->now);
	return book_move(l->book, c, key, v, recipients, text, err);
}

static int fire_client(struct lost *l, size_t place, struct error *err)
{
	struct book_client *c = client_at(l, place);
	const struct alert *row = &c->down->alert;
	if (row->state != ALERT_PENDING || !is_tried_since(l, place, row))
		return 0;
	struct verdict v = contact_lose(&l->book->config->alerter, row);
	v.text = words_behind(l, row->text, place);
	if (!v.text)
		return no_memory(err);
	return move(
		l, c, RULE_UNREACHABLE, "", hold_place(l, place), c->config->mail, &v, NULL, err);
}

static int fire_jump(struct lost *l, size_t place, struct error *err)
{
	const char *name = l->reach.places[place].name;
	struct book_row *row = book_row(l->fleet, RULE_JUMP, name);
	if (!row || row->alert.state != ALERT_PENDING)
		return 0;
	struct verdict v = contact_lose(&l->book->config->alerter, &row->alert);
	v.text = words_behind(l, row->alert.text, place);
	if (!v.text)
		return no_memory(err);
	return move(l, l->fleet, RULE_JUMP, name, hold_jump(l, place),
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
	const struct look look = { l->book->newest_id, l->now, instance, true, (double)count };
	if (!old && !breaks)
		return verdict_keep();
	struct verdict v = alert_step(config, &rule, old, &look, l->now);
	v.alert.last_good_at = 0;
	return v;
}

static int move_isolation(struct lost *l, struct error *err)
{
	const struct reach *r = &l->reach;
	struct crowd crowd;
	struct verdict v = step_counted(l, RULE_ISOLATED, "", r->lost, r->is_isolated);
	if (v.row == ROW_KEEP)
		return 0;
	l->is_isolated = v.row == ROW_WRITE && v.alert.state == ALERT_FIRING;
	if (choose_untold(l, &crowd) < 0)
		return no_memory(err);
	const char *names = crowd_names(&l->book->pool, &crowd);
	const char *text =
		names ? pool_printf(&l->book->pool, "%zu of %zu clients cannot be reached: %s",
				r->lost, r->present, names)
		      : NULL;
	if (!text)
		return no_memory(err);
	if (v.tell && v.kind == EVENT_FIRING)
		v.alert.since = earliest(l, &crowd);
	return move(l, l->fleet, RULE_ISOLATED, "", "", mail_of(l, &crowd), &v,
		r->is_isolated ? text : NULL, err);
}

static int move_node(struct lost *l, size_t place, struct error *err)
{
	const struct reach_place *p = &l->reach.places[place];
	struct crowd crowd;
	struct verdict v = step_counted(l, RULE_PARENT, p->name, p->hung_down, p->is_down);
	if (v.row == ROW_KEEP)
		return 0;
	const char *text = words_behind(l, "", place);
	if (!text || choose_behind(l, place, &crowd) < 0)
		return no_memory(err);
	if (v.tell && v.kind == EVENT_FIRING)
		v.alert.since = earliest(l, &crowd);
	return move(l, l->fleet, RULE_PARENT, p->name, hold_place(l, place), mail_of(l, &crowd), &v,
		p->is_down ? text : NULL, err);
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
	return 0;
}
