#ifndef FLEETSIM_ANSWER_H
#define FLEETSIM_ANSWER_H

#include "tests/fleetsim/visit.h"

/*
 * The probe's answer to a request (remote/serve.c, without its descriptors): the report, sealed,
 * then what lies on the host and the report in frames, then acknowledgements. Each returns -1
 * without memory, or when the ledger cannot be written.
 */
int answer_request(struct visit *v) MUST_CHECK;
int answer_ack(struct visit *v, uint32_t index) MUST_CHECK;

/* A report in plain text, as `fleet-probe --plain` writes it. */
int answer_plain(struct visit *v) MUST_CHECK;

/* One frame, with these words in its lines, whatever the bytes. */
int answer_frame(struct visit *v, uint32_t index, const struct sealed_file *f) MUST_CHECK;

#endif
