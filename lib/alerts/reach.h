#ifndef FLEET_ALERTS_REACH_H
#define FLEET_ALERTS_REACH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/alerts/contact.h"
#include "lib/config/config.h"

/*
 * Who cannot be reached because of whom: clients behind a jump host or parent that is down are
 * told under it, and when most of the fleet is lost at once the fault is likelier here than
 * there. Pure: what is known of everything goes in, and who is down because of what comes out.
 *
 * What is doubted counts as down for those behind it: the switch that died in the middle of a cycle
 * has cost some of its clients an attempt more than others.
 */
enum reach_kind { REACH_CLIENT, REACH_JUMP, REACH_NODE };

/* One client, <jump> or <parent>. */
struct reach_place {
	enum reach_kind kind;
	const char *name;
	const struct client *client; /* or jump; NULL for a node */
	const struct node *node;     /* NULL for the others */
	size_t above[2];	     /* its jump host and its parent; REACH_NONE */
	bool has_behind;	     /* something else has it above */
	bool is_way;		     /* as its jump host */
	/* What is known: */
	enum contact own;     /* by attempts of its own; GOOD when nobody tries */
	enum contact passage; /* of a jump host, by attempts of those behind it */
	bool is_known;	      /* it is down, and people know: were told, or have silenced it;
				 reach_is_known() */
	/* What reach_judge() finds: */
	bool is_down;
	size_t cause;			   /* the place above that is down, or REACH_NONE */
	size_t hung, hung_down, hung_lost; /* of a node: machines that hang on it, and how many of
					      them are down, and that beyond doubt */
};
#define REACH_NONE ((size_t)-1)

enum {
	ISOLATED_MIN = 3, /* fewer faults at once are no reason to doubt the collector */
	NODE_MIN = 2,	  /* one machine says nothing about what it hangs on */
};

struct reach {
	struct reach_place *places; /* clients in the configuration's order, then jumps, nodes */
	size_t count;
	size_t clients, jumps, nodes;
	bool is_isolated; /* half of the clients are lost, by several faults at once */
	size_t lost;	  /* clients that are down, of which nobody was told */
	size_t present;	  /* all but those of which people know */
};

/* Lays out the places of a configuration. -1 without memory. */
int reach_init(struct reach *r, const struct config *config) MUST_CHECK;
void reach_finish(struct reach *r);

void reach_judge(struct reach *r);

/* Whether a client is behind a place, at any distance. */
bool reach_is_behind(const struct reach *r, size_t client, size_t place);

/* Whether people know of a place that is down, or of something that it is told under. */
bool reach_is_known(const struct reach *r, size_t place);

/* The place of a client, jump host or node, or REACH_NONE. */
size_t reach_find(const struct reach *r, enum reach_kind kind, const char *name);

#endif
