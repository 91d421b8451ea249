#ifndef FLEET_CONSOLE_ALERTS_EXPLAIN_RULE_H
#define FLEET_CONSOLE_ALERTS_EXPLAIN_RULE_H

#include "lib/alerts/pen.h"
#include "lib/config/config.h"

/* Puts what a rule of a client asks for, where in the configuration it stands, and whom it tells:
 * three lines. Pure. */
void explain_rule(const struct config *config, const struct client *client, const struct rule *rule,
	struct pen *p);

#endif
