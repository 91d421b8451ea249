#ifndef FLEET_REMOTE_PLAIN_H
#define FLEET_REMOTE_PLAIN_H

#include "lib/compiler.h"
#include "remote/arena.h"
#include "remote/self.h"

/*
 * The report by hand: on standard output, with a line of help for each family. Returns an exit
 * status of sysexits(3).
 */
int plain(struct arena *a, const struct self *self, const char *root, const char *asks) MUST_CHECK;

#endif
