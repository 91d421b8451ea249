/* Under what those who cannot be reached are told. */
#include "lib/alerts/lost_private.h"

#include <string.h>

#include "lib/alerts/step.h"

static const char *words_down(struct lost *l, size_t place)
{
	const struct reach_place *p = &l->reach.places[place];
	bool is_jump = p->kind == REACH_JUMP || p->own == CONTACT_GOOD;
	return pool_printf(&l->book->pool, "%s%.100s cannot be reached",
		is_jump && p->kind != REACH_NODE ? "jump host " : "", p->name);
}

const char *lost_hold_place(struct lost *l, size_t place)
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
			back_id(p->kind == REACH_CLIENT ? lost_row(l, at) : NULL),
			back_id(book_find(l->fleet, RULE_JUMP, p->name)),
			back_id(book_find(l->fleet, RULE_PARENT, p->name)),
		};
		for (size_t i = 0; i < ARRAY_LEN(ids); i++)
			id = ids[i] > id ? ids[i] : id;
	}
	return id;
}

bool lost_is_tried_since(const struct lost *l, size_t client, const struct alert *row)
{
	uint64_t back = find_back(l, client);
	if (back == 0)
		return true;
	return row->as_of_id > back && (l->running_cycle == 0 || back < l->running_cycle);
}

static const char *hold_client(struct lost *l, size_t client, const struct alert *row)
{
	const char *hold = lost_hold_place(l, client);
	if (!hold || hold[0] || row->told_at != 0 || lost_is_tried_since(l, client, row))
		return hold;
	return alert_held(row);
}

/* One that is watched, too, has an alert of its own. */
static const char *hold_jump(struct lost *l, size_t place)
{
	if (!l->is_isolated && l->reach.places[place].own != CONTACT_GOOD)
		return words_down(l, place);
	return lost_hold_place(l, place);
}

/* People who have silenced all that is behind a place need not hear of the place. */
static const char *hold_silenced(struct lost *l, size_t place)
{
	struct crowd crowd;
	const char *hold = "";
	if (l->book->silence_count == 0)
		return "";
	if (lost_behind(l, place, &crowd) < 0)
		return NULL;
	for (size_t i = 0; i < crowd.count; i++) {
		hold = lost_silence(l, book_client(l->book, crowd.clients[i]->name));
		if (!hold || !hold[0])
			return hold;
	}
	return hold;
}

/* What holds the alert of a jump host or node. */
const char *lost_hold_way(struct lost *l, const char *key, size_t place)
{
	const char *hold =
		strcmp(key, RULE_JUMP) == 0 ? hold_jump(l, place) : lost_hold_place(l, place);
	return !hold || hold[0] ? hold : hold_silenced(l, place);
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
	return lost_hold_place(l, client_place(l, c));
}

const char *lost_hold(struct lost *l, const struct book_client *c, const struct book_row *row)
{
	const struct alert *a = &row->alert;
	if (c->config && strcmp(a->rule, RULE_UNREACHABLE) == 0)
		return hold_client(l, client_place(l, c), a);
	if (c->config && row->rule && row->rule->kind == RULE_SAMPLE_AGE)
		return hold_age(l, c);
	size_t place = c->config ? REACH_NONE : lost_place(l, a);
	return place == REACH_NONE ? "" : lost_hold_way(l, a->rule, place);
}
