/*
 * What an SSH server says first. Lists that are taken lie within the input; what is said about
 * them is printable and fits.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/ssh/hello.h"

static const char *const ours[HELLO_LISTS] = { "curve25519-sha256", "ssh-ed25519,ssh-rsa",
	"aes256-ctr", "aes256-ctr", "hmac-sha2-256", "hmac-sha2-256", "none", "none" };

static void check_slice(struct slice s, const uint8_t *data, size_t size)
{
	assert(!s.data || (s.data >= data && s.len <= size && s.data + s.len <= data + size));
}

static void check_text(const char *text, size_t size)
{
	char escaped[2048];
	assert(strlen(text) < size);
	(void)escape_text(escaped, sizeof escaped, text, strlen(text));
	assert(strlen(text) + 1 == size || strcmp(text, escaped) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hello hello;
	char text[512];
	uint8_t *copy = malloc(size ? size : 1); /* exactly as long, so that ASan sees over-reads */
	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	enum hello_result result = hello_parse(copy, size, &hello);
	check_slice(hello.version, copy, size);
	for (int i = 0; result == HELLO_OK && i < HELLO_LISTS; i++)
		check_slice(hello.lists[i], copy, size);
	enum hello_list list = result == HELLO_OK ? hello_mismatch(&hello, ours) : HELLO_LISTS;
	if (list < HELLO_LISTS) {
		hello_explain(&hello, list, ours[list], size % 2, text, sizeof text);
		check_text(text, sizeof text);
	}
	free(copy);
	return 0;
}
