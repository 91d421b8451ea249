#ifndef FLEET_SEND_PAYLOAD_FORMS_H
#define FLEET_SEND_PAYLOAD_FORMS_H

#include "lib/config/config.h"

/* The template by which a webhook's payload is made: a ready form's, or its own. For payload.c. */
const char *payload_template(const struct recipient *to);

#endif
