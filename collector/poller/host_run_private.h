#ifndef FLEET_COLLECTOR_POLLER_HOST_RUN_PRIVATE_H
#define FLEET_COLLECTOR_POLLER_HOST_RUN_PRIVATE_H

#include <stdbool.h>

#include "collector/poller/host_run.h"

/*
 * Shared by host_run.c (states, deadlines, the outside), host_login.c (from TCP to a command)
 * and host_talk.c (from the request to the last ack). A step goes as far as it can and tells
 * whether the next state can go on at once.
 */
void host_enter(struct host_run *h, enum host_state state);
enum stage host_stage(const struct host_run *h);
void host_wipe_passwords(struct host_run *h);

/* From here on it has to do with that hop. */
void host_go_to_hop(struct host_run *h, size_t hop);
bool host_is_last_hop(const struct host_run *h);

/* If it was a session below that failed, that hop is to blame. */
void host_blame(struct host_run *h);

/* Each ends the run and returns false. The first expects h->verdict to stand. */
bool host_finish(struct host_run *h);
bool host_fail(struct host_run *h, enum outcome o, const char *reason);
bool host_fail_session(struct host_run *h);

/* host_login.c */
bool host_step_connect(struct host_run *h);
bool host_step_handshake(struct host_run *h);
bool host_step_auth(struct host_run *h);
bool host_step_forward(struct host_run *h);
bool host_step_exec(struct host_run *h);

/* Tells, once, that the jump host has let it in; then that the next hop is to blame for what
 * happens. */
void host_tell_passed(struct host_run *h);
void host_pass(struct host_run *h);

/* This address did not serve: the next one is tried by the next step. */
bool host_next_address(struct host_run *h, int error);

/* host_talk.c */
bool host_step_talk(struct host_run *h);
bool host_step_farewell(struct host_run *h);
bool host_step_linger(struct host_run *h);

/* All is said and durable; the acks may still have to be written. */
bool host_part(struct host_run *h);

/* Closes the connection. */
void host_hang_up(struct host_run *h);

#endif
