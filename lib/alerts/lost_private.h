#ifndef FLEET_ALERTS_LOST_PRIVATE_H
#define FLEET_ALERTS_LOST_PRIVATE_H

#include "lib/alerts/crowd.h"
#include "lib/alerts/lost.h"

/* Shared by lost.c, which moves rows, lost_hold.c, which says what holds them, and lost_mail.c,
 * which says who hears of them. Words and lists are in the pool: NULL without memory. */

/* The client at a place, and its client-unreachable row or NULL. */
struct book_client *lost_client(const struct lost *l, size_t place);
const struct alert *lost_row(const struct lost *l, size_t place);

/* The place that a row of no client is about, or REACH_NONE. */
size_t lost_place(const struct lost *l, const struct alert *row);

/* Why nobody is to hear that a client cannot be reached: it is silenced; "" when it is not. */
const char *lost_silence(struct lost *l, const struct book_client *c);

/* The clients behind a place that are down. */
int lost_behind(struct lost *l, size_t place, struct crowd *ret_crowd) MUST_CHECK;

/* The clients that are down, of which nobody knows. */
int lost_untold(struct lost *l, struct crowd *ret_crowd) MUST_CHECK;

/* "5 clients behind it cannot be reached: a, b, …", after what is said of the place itself. */
const char *lost_words(struct lost *l, const char *own, size_t place) MUST_CHECK;

/* Who hears of what these clients are told under: those who look after them, or after the fleet. */
const char *const *lost_mail(const struct lost *l, const struct crowd *crowd) MUST_CHECK;

/* And of a client, with others behind it or none. */
const char *const *lost_client_mail(struct lost *l, size_t client) MUST_CHECK;

/* Tells what is known already to those whose clients came under it since. */
int lost_tell_new(struct lost *l, struct error *err) MUST_CHECK;

/* Why nobody is told of a place by itself: of a client, and of a jump host or node by that rule. */
const char *lost_hold_place(struct lost *l, size_t place);
const char *lost_hold_way(struct lost *l, const char *key, size_t place);

/* Whether a client was tried since what it hangs on came back, and the cycle in which that did is
 * over. Until then nothing new is known of it. */
bool lost_is_tried_since(const struct lost *l, size_t client, const struct alert *row);

#endif
