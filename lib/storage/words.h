#ifndef FLEET_STORAGE_WORDS_H
#define FLEET_STORAGE_WORDS_H

#include "lib/storage/storage.h"

/*
 * The words that stand in the tables, and in what programs are told, for what is an enum here. A
 * word that is not known (a newer program wrote it) reads as the first of its kind.
 */
const char *state_name(enum alert_state s);
const char *severity_name(enum severity s);
const char *kind_name(enum event_kind k);
const char *delivery_name(enum notification_state s);

enum alert_state state_of(const char *name);
enum severity severity_of(const char *name);
enum event_kind kind_of(const char *name);
enum notification_state delivery_of(const char *name);
enum outcome outcome_of(const char *name); /* unknown: internal */
enum stage stage_of(const char *name);

#endif
