#ifndef FLEET_REMOTE_SERVE_H
#define FLEET_REMOTE_SERVE_H

#include "remote/arena.h"
#include "remote/self.h"

/*
 * The probe's side of lib/wire.h, once: request, report, files, acks. Returns the program's
 * exit status: 0 when everything was said, 1 when an "error" line was (or nothing could be).
 */
int serve(struct arena *a, const struct self *self, const char *root, int in_fd, int out_fd);

#endif
