/*
 * A webhook's template and what is put into it: the input is a template, then a NUL, then a mount
 * name. Whatever they are, what passes the check makes JSON of that name, too, and nothing but the
 * template asks for the token.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "lib/send/json.h"
#include "lib/send/payload.h"

static size_t count_tokens(const char *text)
{
	size_t count = 0;
	for (; (text = strstr(text, PAYLOAD_TOKEN)); text++)
		count++;
	return count;
}

static void try_render(struct recipient *to, const char *name, size_t count)
{
	struct event e = { .kind = EVENT_FIRING,
		.client = "web1",
		.rule = "disk/warning/*",
		.instance = name,
		.value = 0.5,
		.limit = 0.4,
		.text = name };
	const struct payload_event told[] = { { &e, name, "web" }, { &e, name, "web" } };
	const struct payload_message m = { "id@example.com", "", name, name, told, count };
	struct buffer plain = { 0 }, hostile = { 0 };
	struct error err;
	if (payload_render(to, &m, &hostile, &err) == 0 && hostile.len > 0) {
		assert(json_valid(hostile.data, hostile.len));
		e.instance = e.text = "x";
		const struct payload_event quiet[] = { { &e, "x", "web" }, { &e, "x", "web" } };
		const struct payload_message n = { "id@example.com", "", "x", "x", quiet, count };
		assert(payload_render(to, &n, &plain, &err) == 0);
		assert(count_tokens(plain.data) == count_tokens(hostile.data));
	}
	buffer_finish(&plain);
	buffer_finish(&hostile);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 2);
	struct error err;
	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = text[size + 1] = 0;
	const char *name = text + strlen(text) + 1;
	struct recipient to = { .name = "hook",
		.channel = CHANNEL_WEBHOOK,
		.form = WEBHOOK_TEMPLATE,
		.url = "https://example.com/x",
		.template = text };
	if (payload_check(text, &err) == 0)
		for (size_t count = 1; count <= 2; count++)
			try_render(&to, name, count);
	for (enum webhook_form form = WEBHOOK_JSON; form < WEBHOOK_TEMPLATE; form++) {
		to.form = form;
		try_render(&to, name, 1);
	}
	err.text[0] = 0;
	int refused = payload_check_argument(text, &err);
	assert(!refused == !err.text[0]);
	free(text);
	return 0;
}
