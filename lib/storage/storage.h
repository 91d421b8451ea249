#ifndef FLEET_STORAGE_STORAGE_H
#define FLEET_STORAGE_STORAGE_H

/* All of storage: what each program does with it has a header of its own. */
#include "lib/storage/alerting.h"
#include "lib/storage/collecting.h"
#include "lib/storage/open.h"
#include "lib/storage/operating.h"

#endif
