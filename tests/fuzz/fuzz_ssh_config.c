/*
 * ssh_config(5), and a host looked up in it. An Include finds the file itself again, three deep.
 */
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/ssh_config.h"

enum { DEPTH = 3, INCLUDES = 50, SMALL = 4096 };

static const char *text;
static size_t length;
static int includes;

static void check_warning(void *arg, const char *file, int line, const char *said)
{
	(void)arg;
	assert(strcmp(file, "fuzz") == 0 && line > 0 && *said);
}

static int include_itself(
	const struct ssh_config_source *source, struct ssh_config *c, const char *pattern, int line)
{
	struct ssh_config_source again = *source;
	assert(*pattern && line > 0);
	if (source->depth == DEPTH || length > SMALL || includes++ >= INCLUDES)
		return 0;
	again.depth++;
	return ssh_config_parse(c, &again, text, length);
}

static void look_up(const struct ssh_config *c, const char *host)
{
	static const struct ssh_config_token tokens[] = { { 'h', "a host" }, { 'r', "" },
		{ 0, NULL } };
	struct ssh_config_value values[SSH_CONFIG_KEYS];
	char out[64];
	ssh_config_find(c, host, values);
	assert(!values[SSH_CONFIG_PROXY_JUMP].text || !values[SSH_CONFIG_PROXY_COMMAND].text);
	for (size_t i = 0; i < SSH_CONFIG_KEYS; i++) {
		if (!values[i].text)
			continue;
		assert(values[i].text[0] && values[i].line > 0);
		memset(out, 'x', sizeof out);
		if (ssh_config_expand(values[i].text, tokens, out, sizeof out) == 0)
			assert(memchr(out, 0, sizeof out));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ssh_config_source source = {
		.file = "fuzz", .include = include_itself, .warn = check_warning
	};
	char *copy = malloc(size ? size : 1);
	struct ssh_config *c = ssh_config_create();
	if (!copy || !c)
		abort();
	if (size)
		memcpy(copy, data, size);
	text = copy;
	length = size;
	includes = 0;
	if (ssh_config_parse(c, &source, copy, size) == 0 && ssh_config_index(c) == 0) {
		look_up(c, "web1");
		look_up(c, "db1.example.com");
		look_up(c, "");
	}
	ssh_config_destroy(c);
	free(copy);
	return 0;
}
