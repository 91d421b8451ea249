/* Who hears that something cannot be reached: whoever looks after what is told under it, too. */
#include "lib/alerts/lost_private.h"

#include <string.h>

#include "lib/alerts/recipients.h"

const char *const *lost_mail(const struct lost *l, const struct crowd *crowd)
{
	return crowd_mail(&l->book->pool, crowd, l->book->config->alerter.mail);
}

const char *const *lost_client_mail(struct lost *l, size_t client)
{
	const char *const *own = l->book->config->clients[client].mail;
	struct crowd crowd;
	if (lost_behind(l, client, &crowd) < 0)
		return NULL;
	return crowd.count > 0 ? crowd_mail(&l->book->pool, &crowd, own) : own;
}

/* Of a row that concerns no client: the clients that it concerns. */
static int find_crowd(struct lost *l, const struct alert *row, struct crowd *ret_crowd)
{
	size_t place = lost_place(l, row);
	*ret_crowd = (struct crowd){ 0 };
	if (place != REACH_NONE)
		return lost_behind(l, place, ret_crowd);
	return strcmp(row->rule, RULE_ISOLATED) == 0 ? lost_untold(l, ret_crowd) : 0;
}

const char *const *lost_recipients(
	struct lost *l, const struct book_client *c, const struct book_row *row)
{
	struct crowd crowd;
	if (c->config && strcmp(row->alert.rule, RULE_UNREACHABLE) == 0)
		return lost_client_mail(l, (size_t)(c->config - l->book->config->clients));
	if (c->config)
		return row->rule ? config_recipients(c->config, row->rule) : c->config->mail;
	return find_crowd(l, &row->alert, &crowd) < 0 ? NULL : lost_mail(l, &crowd);
}

/* A place among others. */
struct spot {
	const struct reach *reach;
	size_t place;
};

static bool is_itself_or_down_behind(const void *arg, size_t client)
{
	const struct spot *spot = arg;
	return client == spot->place || (spot->reach->places[client].is_down &&
						reach_is_behind(spot->reach, client, spot->place));
}

static int find_concerned(struct lost *l, const struct client *client, struct crowd *ret_crowd)
{
	const struct spot spot = { &l->reach, (size_t)(client - l->book->config->clients) };
	return crowd_choose(
		&l->book->pool, l->book->config, is_itself_or_down_behind, &spot, ret_crowd);
}

const char *const *lost_escalation(struct lost *l, const struct book_client *c,
	const struct book_row *row, int64_t *ret_after_ms)
{
	struct crowd crowd = { &c->config, 1 };
	int r = 0;
	if (!c->config)
		r = find_crowd(l, &row->alert, &crowd);
	else if (l->reach.places[c->config - l->book->config->clients].has_behind)
		r = find_concerned(l, c->config, &crowd);
	return r < 0 ? NULL : crowd_escalation(&l->book->pool, &crowd, ret_after_ms);
}

/* ---- of what was told before -------------------------------------------------------------- */

/* A row that is told, under which clients are looked for. */
struct shelter {
	struct lost *lost;
	size_t place; /* REACH_NONE: the collector's isolation */
};

/* Whether its own alert fires and was told to nobody: the shelter's has to do. */
static bool is_sheltered(const void *arg, size_t client)
{
	const struct shelter *s = arg;
	const struct reach *r = &s->lost->reach;
	const struct alert *row = lost_row(s->lost, client);
	return row && row->state == ALERT_FIRING && row->told_at == 0 &&
	       r->places[client].own == CONTACT_LOST &&
	       (s->place == REACH_NONE || reach_is_behind(r, client, s->place));
}

/* Who has to hear of a row now and has not yet: NULL-terminated, NULL without memory. */
static const char *const *find_new(
	struct lost *l, const struct crowd *crowd, const struct alert *row)
{
	size_t count = 0, kept = 0;
	const char *const *all = crowd_mail(&l->book->pool, crowd, NULL);
	while (all && all[count])
		count++;
	const char **fresh = all ? arena_alloc(&l->book->pool, (count + 1) * sizeof *fresh) : NULL;
	for (size_t i = 0; fresh && i < count; i++)
		if (!recipients_have(row->recipients, all[i]))
			fresh[kept++] = all[i];
	return fresh;
}

static bool is_told(const struct alert *row)
{
	return row && row->state == ALERT_FIRING && row->told_at != 0 && !alert_held(row)[0];
}

/* Tells a row to those whose clients came under it since it opened. */
static int tell_new(struct lost *l, size_t place, struct book_client *c, const char *key,
	const char *instance, struct error *err)
{
	const struct shelter s = { l, place };
	const struct alert *row = book_find(c, key, instance);
	struct crowd crowd;
	if (!is_told(row))
		return 0;
	if (crowd_choose(&l->book->pool, l->book->config, is_sheltered, &s, &crowd) < 0)
		return error_no_memory(err);
	const char *const *fresh = find_new(l, &crowd, row);
	if (fresh && !fresh[0])
		return 0;
	struct verdict v = verdict_tell(verdict_write(*row), EVENT_REPEAT);
	v.at = l->now;
	v.to = fresh ? recipients_join(&l->book->pool, "", fresh) : NULL;
	v.text = place == REACH_NONE ? row->text : lost_words(l, row->text, place);
	if (!v.to || !v.text)
		return error_no_memory(err);
	return book_move(l->book, c, key, &v, fresh, NULL, err);
}

int lost_tell_new(struct lost *l, struct error *err)
{
	const struct reach *r = &l->reach;
	if (l->is_isolated && tell_new(l, REACH_NONE, l->fleet, RULE_ISOLATED, "", err) < 0)
		return -1;
	for (size_t i = 0; i < r->count; i++) {
		const struct reach_place *p = &r->places[i];
		if (!p->is_down || !p->has_behind)
			continue;
		const char *key = p->kind == REACH_NODE ? RULE_PARENT : RULE_JUMP;
		if (tell_new(l, i, l->fleet, key, p->name, err) < 0 ||
			(p->kind == REACH_CLIENT &&
				tell_new(l, i, lost_client(l, i), RULE_UNREACHABLE, "", err) < 0))
			return -1;
	}
	return 0;
}
