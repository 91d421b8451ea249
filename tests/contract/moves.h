#ifndef FLEET_TESTS_CONTRACT_MOVES_H
#define FLEET_TESTS_CONTRACT_MOVES_H

#include "tests/contract/rig.h"

/*
 * An alerter's part: it has the lease, moves alerts of clients that are known by their attempts
 * (web1 to web4), and each move tells something.
 */

/* Stores an attempt at each of the clients and takes the lease; its epoch. */
uint64_t take(struct rig *r);

struct alert firing(const char *client, const char *instance);
struct event event_of(const struct alert *a, enum event_kind kind, int64_t at);
void apply(struct rig *r, uint64_t epoch, const struct transition *t, size_t count);

/* Three events of one alert, untold; returns the id of the first. */
uint64_t three_events(struct rig *r, uint64_t epoch, uint64_t ids[3]);

/* A mail of noon that tells of these. */
struct notification mail(const char *to, const char *id, const uint64_t *events, size_t count);

/* Twice, as after a commit of which nobody knows. */
void put_composed(struct rig *r, uint64_t epoch, const struct composed *c);

#endif
