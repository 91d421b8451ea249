/* Who hears that something cannot be reached: whoever looks after what is told under it, too. */
#include "lib/alerts/lost_private.h"

#include <string.h>

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
