#ifndef FLEET_REMOTE_SERVE_H
#define FLEET_REMOTE_SERVE_H

#include "remote/arena.h"
#include "remote/self.h"

/*
 * The probe's side of lib/wire/wire.h, once: request, report, files, acks. Returns the program's
 * exit status, by which the shell that runs a cached copy knows it from an emptied or
 * overwritten one, which a shell would take for a script.
 */
enum {
	SERVE_DONE = 40,
	SERVE_FAILED = 41, /* an "error" line says why, or the line is dead */
};

int serve(struct arena *a, const struct self *self, const char *root, int in_fd, int out_fd);

#endif
