/*
 * config.xml, with the files it may name beside it: a key and a password, once private and once
 * not, and a folder of further files.
 */
#include "tests/fuzz/fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/compiler.h"
#include "lib/config/load.h"
#include "lib/metrics/choice.h"
#include "lib/wire/ask.h"

static char dir[] = "/tmp/fuzz-config-XXXXXX";

static const struct {
	const char *name, *text;
	mode_t mode;
} files[] = {
	{ "key", "secret\n", 0600 },
	{ "open", "secret\n", 0644 },
	{ "two", "one\ntwo\n", 0600 },
	{ "d/1.xml", "<config><client ip='included' password='x'/></config>", 0600 },
	{ "open.d/1.xml", "<config><client ip='b' password='x'/><include dir='d'/></config>",
		0644 },
	{ "bad.d/1.xml", "<config>", 0600 },
	{ "bad.d/2.xml", "<config/>", 0666 },
};

static const char *const folders[] = { "d", "open.d", "bad.d" };

static void path_of(char out[static 100], const char *name)
{
	(void)snprintf(out, 100, "%s/%s", dir, name);
}

static void remove_files(void)
{
	char path[100];
	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		path_of(path, files[i].name);
		(void)unlink(path);
	}
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		path_of(path, folders[i]);
		(void)rmdir(path);
	}
	(void)rmdir(dir);
}

static int put(const char *name, const char *text, mode_t mode)
{
	char path[100];
	path_of(path, name);
	FILE *f = fopen(path, "w");
	if (!f)
		return -1;
	int result = fputs(text, f) < 0 ? -1 : fchmod(fileno(f), mode);
	return fclose(f) == 0 ? result : -1;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc, (void)argv;
	char path[100];
	if (!mkdtemp(dir) || atexit(remove_files) != 0)
		abort();
	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		path_of(path, folders[i]);
		if (mkdir(path, 0700) < 0)
			abort();
	}
	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (put(files[i].name, files[i].text, files[i].mode) < 0)
			abort();
	return 0;
}

/* From one side to the other, as the rule goes. */
static void check_order(const struct rule *r, double calmer, double worse)
{
	assert(isfinite(calmer) && isfinite(worse));
	assert(r->below ? calmer >= worse : calmer <= worse);
}

static void check_rule(const struct rule *r)
{
	assert(r->key[0] && r->instance[0] && r->samples > 0);
	assert(!r->type[0] == (r->kind == RULE_SAMPLE_AGE));
	check_order(r, r->clear, r->limit);
	if (r->has_critical) {
		check_order(r, r->limit, r->critical);
		check_order(r, r->critical_clear, r->critical);
	}
}

static void check_recipient(const struct config *config, const char *name)
{
	struct recipient r = config_recipient(config, name);
	assert(r.per_hour > 0 && strcmp(r.name, name) == 0);
	if (r.channel == CHANNEL_MAIL)
		assert(strchr(r.address, '@') && !strpbrk(r.address, "\r\n \"<>"));
	if (r.channel == CHANNEL_WEBHOOK)
		assert(strncmp(r.url, "http", 4) == 0 && !strpbrk(r.url, "\r\n \"<>"));
	if (r.channel == CHANNEL_COMMAND)
		assert(r.argv[0][0] == '/');
}

/* It fits a request, and the probe understands all of it. */
static void check_asks(const char *asks)
{
	struct ask ask;
	size_t count = 0, fields = 0;
	assert(strlen(asks) <= CONFIG_ASKS_MAX);
	for (const char *c = asks; *c; c++)
		fields += *c == ' ';
	while (ask_next(&asks, &ask))
		count++;
	assert(count == fields && !*asks);
}

/* What an alert compares is always stored. */
static void check_stored(const struct metric_choice *choice, const char *name)
{
	const struct metric *metric = metric_find(name);
	assert(!name[0] || (metric ? choice_has(choice, metric_index(metric))
				   : choice_of_custom(choice, name) != CHOICE_LEFT));
}

static void check_client(const struct config *config, const struct client *c)
{
	assert(c->ip[0] && c->name[0] && c->port > 0 && c->username[0] && c->timeout_ms > 0);
	assert(!c->identity[0] != !c->password[0]);
	assert(config_client(config, c->name) == c);
	assert(!c->parent.client || !c->parent.node);
	check_asks(c->asks);
	for (const struct rule *const *r = c->rules; *r; r++) {
		check_rule(*r);
		check_stored(c->metrics, (*r)->type);
		for (const char *const *m = config_recipients(c, *r); *m; m++)
			check_recipient(config, *m);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[100];
	struct config *config;
	struct config_problems problems;
	size_t mistakes = 0;
	path_of(path, "config.xml");
	int result = config_load_text(path, (const char *)data, size, &config, &problems);
	for (size_t i = 0; i < problems.count; i++) {
		assert(problems.items[i].text[0] && problems.items[i].line >= 0);
		mistakes += !problems.items[i].warning;
	}
	assert((result < 0) == (mistakes > 0));
	config_problems_finish(&problems);
	if (result < 0)
		return 0;
	for (size_t i = 0; i < config->client_count; i++)
		check_client(config, &config->clients[i]);
	assert(!config_client(config, ""));
	config_destroy(config);
	return 0;
}
