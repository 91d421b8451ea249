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

const char *const *lost_recipients(
	struct lost *l, const struct book_client *c, const struct book_row *row)
{
	struct crowd crowd = { 0 };
	if (c->config && strcmp(row->alert.rule, RULE_UNREACHABLE) == 0)
		return lost_client_mail(l, (size_t)(c->config - l->book->config->clients));
	if (c->config)
		return row->rule ? config_recipients(c->config, row->rule) : c->config->mail;
	size_t place = lost_place(l, &row->alert);
	int r = place != REACH_NONE			      ? lost_behind(l, place, &crowd)
		: strcmp(row->alert.rule, RULE_ISOLATED) == 0 ? lost_untold(l, &crowd)
							      : 0;
	return r < 0 ? NULL : lost_mail(l, &crowd);
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
		return error_set(err, "out of memory");
	const char *const *fresh = find_new(l, &crowd, row);
	if (fresh && !fresh[0])
		return 0;
	struct verdict v = verdict_tell(verdict_write(*row), EVENT_REPEAT);
	v.at = l->now;
	v.to = fresh ? recipients_join(&l->book->pool, "", fresh) : NULL;
	v.text = place == REACH_NONE ? row->text : lost_words(l, row->text, place);
	if (!v.to || !v.text)
		return error_set(err, "out of memory");
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
