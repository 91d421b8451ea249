/*
 * What ssh_config(5) says of a client, for all that config.xml does not say itself.
 */
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config/load.h"
#include "lib/config/ssh_config.h"
#include "lib/file.h"

enum { VALUE_MAX = 4096 };

/* A file that was read, or could not be. */
struct ssh_source {
	const char *path;
	struct ssh_config *config; /* NULL: it was complained of */
	const char *told;	   /* the value that was complained of last */
	struct ssh_source *next;
};

int parse_ssh_config(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	const struct passwd *user = text[0] == '~' && text[1] == '/' ? getpwuid(geteuid()) : NULL;
	char *path = user ? path_join(user->pw_dir, text + 2) : strdup(text);
	int r = path ? parse_path(load, field, path, target, err)
		     : error_set(err, "not enough memory");
	free(path);
	return r;
}

static void on_warning(void *arg, const char *file, int line, const char *text)
{
	warn_at(arg, file, line, "%s", text);
}

/* Reads each file once. NULL without memory. */
static struct ssh_source *find_source(
	struct load *load, const struct xml_node *node, const char *path)
{
	struct error err;
	struct ssh_source *s = load->ssh_sources;
	while (s && strcmp(s->path, path) != 0)
		s = s->next;
	if (s)
		return s;
	s = arena_alloc(&load->scratch, sizeof *s);
	if (!s)
		return NULL;
	*s = (struct ssh_source){ .path = path, .next = load->ssh_sources };
	load->ssh_sources = s;
	if (ssh_config_load(path, on_warning, load, &s->config, &err) < 0)
		complain(load, node, "ssh-config=\"…\": %s%s", err.text,
			strstr(err.text, "; ") ? "" : "; make the file or name another");
	return s;
}

void finish_ssh_config(struct load *load)
{
	for (struct ssh_source *s = load->ssh_sources; s; s = s->next)
		ssh_config_destroy(s->config);
	load->ssh_sources = NULL;
}

/* ---- one client --------------------------------------------------------------------------- */

/* A client under way. */
struct job {
	struct load *load;
	struct ssh_source *source;
	const struct xml_node *node;
	struct client_source *client;
	const char *host; /* what config.xml calls it */
};

/* Whether config.xml says it, at the client or a group around it. */
static bool is_given(const struct xml_node *node, const char *attribute)
{
	while (node && !xml_attribute(node, attribute))
		node = node->parent;
	return node != NULL;
}

static bool is_wanted(const struct job *job, const char *attribute)
{
	const struct client *c = &job->client->client;
	if (strcmp(attribute, "ip") == 0)
		return true;
	if (strcmp(attribute, "identity") == 0)
		return !c->identity[0] && !c->password[0];
	return !is_given(job->node, attribute);
}

/* Each wrong value is told once, however many clients it is for. */
static void complain_value(
	struct job *job, const char *keyword, const struct ssh_config_value *v, const char *why)
{
	if (job->source->told != v->text)
		complain_at(job->load, v->file, v->line, "%s for %s: %s", keyword, job->host, why);
	job->source->told = v->text;
}

static int expand(struct job *job, const char *value, char *out)
{
	const struct passwd *user = getpwuid(geteuid());
	const struct client *c = &job->client->client;
	const struct ssh_config_token tokens[] = { { 'h', c->ip }, { 'n', job->host },
		{ 'r', c->username }, { 'd', user ? user->pw_dir : "" },
		{ 'u', user ? user->pw_name : "" }, { 0, NULL } };
	char tilde[VALUE_MAX];
	bool is_home = value[0] == '~' && value[1] == '/';
	int n = snprintf(tilde, sizeof tilde, "%s%s", is_home ? "%d" : "", value + is_home);
	return n < 0 || n >= VALUE_MAX ? -1 : ssh_config_expand(tilde, tokens, out, VALUE_MAX);
}

/* Of "a,user@b:22" the last one, by its name alone: how to log in there, and the way to it, stands
 * at the machine of that name in config.xml. */
static void take_last_jump(const char *value, char *out)
{
	const char *comma = strrchr(value, ',');
	const char *hop = comma ? comma + 1 : value;
	if (strncmp(hop, "ssh://", 6) == 0)
		hop += 6;
	const char *at = strrchr(hop, '@');
	hop = at ? at + 1 : hop;
	if (*hop == '[')
		(void)snprintf(out, VALUE_MAX, "%.*s", (int)strcspn(hop + 1, "]"), hop + 1);
	else
		(void)snprintf(out, VALUE_MAX, "%.*s", (int)strcspn(hop, ":/"), hop);
}

static bool is_none(const char *value)
{
	return strcmp(value, "none") == 0;
}

static const struct row {
	enum ssh_config_key key;
	const char *keyword, *attribute;
	bool expands;
} rows[] = {
	/* what later ones expand comes first */
	{ SSH_CONFIG_HOSTNAME, "HostName", "ip", true },
	{ SSH_CONFIG_USER, "User", "username", false },
	{ SSH_CONFIG_PORT, "Port", "port", false },
	{ SSH_CONFIG_IDENTITY_FILE, "IdentityFile", "identity", true },
	{ SSH_CONFIG_PROXY_JUMP, "ProxyJump", "jump", false },
};

static void apply_value(struct job *job, const struct row *row, const struct ssh_config_value *v)
{
	char text[VALUE_MAX];
	struct error err = { "is too long, or holds a % that is not known here; write it out" };
	bool is_jump = row->key == SSH_CONFIG_PROXY_JUMP;
	if (!v->text || !is_wanted(job, row->attribute) || is_none(v->text))
		return;
	int r = 0;
	if (row->expands)
		r = expand(job, v->text, text);
	else if (is_jump)
		take_last_jump(v->text, text);
	else
		r = snprintf(text, sizeof text, "%s", v->text) < VALUE_MAX ? 0 : -1;
	if (is_jump && strcmp(text, job->client->client.name) == 0)
		return; /* Host * is about the jump host, too */
	if (r == 0)
		r = field_apply(job->load, row->attribute, text, job->client, &err);
	if (r < 0)
		complain_value(job, row->keyword, v, err.text);
}

int apply_ssh_config(struct load *load, const struct xml_node *node, struct client_source *client)
{
	struct ssh_config_value values[SSH_CONFIG_KEYS];
	const char *path = client->client.ssh_config;
	if (!path[0])
		return 0;
	struct job job = { load, find_source(load, node, path), node, client, client->client.ip };
	if (!job.source)
		return -1;
	if (!job.source->config)
		return 0;
	ssh_config_find(job.source->config, job.host, values);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		apply_value(&job, &rows[i], &values[rows[i].key]);
	const struct ssh_config_value *command = &values[SSH_CONFIG_PROXY_COMMAND];
	if (command->text && !is_none(command->text) && !is_given(node, "jump"))
		complain_value(&job, "ProxyCommand", command,
			"is not supported; write jump=\"…\" in config.xml (jump=\"\": it is "
			"reached "
			"directly)");
	return 0;
}
