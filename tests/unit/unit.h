#ifndef FLEET_TESTS_UNIT_H
#define FLEET_TESTS_UNIT_H

/* cmocka wants these before its own header; see its documentation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/compiler.h"

#endif
