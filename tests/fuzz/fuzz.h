#ifndef FLEET_TESTS_FUZZ_H
#define FLEET_TESTS_FUZZ_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A fuzz target, as libFuzzer and driver.c call it: feeds one input to a parser and asserts
 * what must hold whatever the input is. Always returns 0.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A target may define it for what is to be done once. Returns 0. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

#endif
