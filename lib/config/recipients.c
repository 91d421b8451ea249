/*
 * <recipient>, <webhook>, <command>: what a name in mail="…" stands for. They are read first, so
 * that every list of names can be checked where it stands.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lib/config/load.h"
#include "lib/file.h"
#include "lib/send/address.h"
#include "lib/send/payload.h"

enum {
	RECIPIENTS = ELEMENT_RECIPIENT | ELEMENT_WEBHOOK | ELEMENT_COMMAND,
	TEMPLATE_MAX = 64 * 1024,
};

static const char *const no_words[] = { NULL };
static const struct recipient nobody = { .name = "",
	.address = "",
	.url = "",
	.template = "",
	.secret = "",
	.token = "",
	.ca = "",
	.argv = no_words,
	.file = "" };

const char *channel_name(enum channel c)
{
	static const char *const names[] = {
		[CHANNEL_STDOUT] = "stdout",
		[CHANNEL_MAIL] = "mail",
		[CHANNEL_WEBHOOK] = "webhook",
		[CHANNEL_COMMAND] = "command",
	};
	return names[c];
}

static int compare_name(const void *a, const void *b)
{
	const struct recipient *x = a, *y = b;
	return strcmp(x->name, y->name);
}

const struct recipient *find_recipient(const struct config *config, const char *name)
{
	const struct recipient key = { .name = name };
	return config->recipient_count == 0
		       ? NULL
		       : bsearch(&key, config->recipients, config->recipient_count, sizeof key,
				 compare_name);
}

static size_t count_recipients(const struct load *load)
{
	size_t count = 0;
	for (const struct document *d = load->documents; d; d = d->next)
		for (const struct xml_node *n = d->root->first; n; n = n->next)
			count += (n->element & RECIPIENTS) != 0;
	return count;
}

static void check_webhook(
	struct load *load, const struct xml_node *node, const struct recipient_source *s)
{
	const struct recipient *r = &s->recipient;
	if (!xml_attribute(node, "url") && !xml_attribute(node, "url-file"))
		complain(load, node, "<webhook> has no url; write url=\"…\" or url-file=\"FILE\"");
	bool is_plain = strncmp(r->url, "http:", 5) == 0;
	if (is_plain && !s->insecure && !url_is_loopback(r->url))
		complain(load, node,
			"url=\"http:…\" would show every alert to the network; write "
			"url=\"https:…\", or add insecure=\"yes\"");
	if (is_plain && r->ca[0])
		complain(load, node, "ca has no use with url=\"http:…\"; write url=\"https:…\"");
	size_t topic_len;
	(void)payload_topic(r, &topic_len);
	if (r->form == WEBHOOK_NTFY && topic_len == 0)
		complain(load, node,
			"form=\"ntfy\" needs a topic; write it at the end of the url, as "
			"url=\"https://ntfy.example.com/fleet\"");
	if (r->form == WEBHOOK_NTFY && strpbrk(r->url, "?#"))
		complain(load, node,
			"with form=\"ntfy\" the url ends with the topic; leave out what is "
			"behind it, and write the access token into a file and "
			"token-file=\"FILE\"");
	if (r->form == WEBHOOK_PAGERDUTY && !r->token[0])
		complain(load, node,
			"form=\"pagerduty\" needs the routing key; write it into a file and "
			"token-file=\"FILE\"");
	if (r->template[0] && xml_attribute(node, "form"))
		complain(load, node, "form and template are both given; write only one of them");
}

/* Others are to hear of their alerts while one program is away. */
static void check_command(struct load *load, const struct recipient *r)
{
	if (r->argv[0] && access(r->argv[0], X_OK) < 0)
		warn_at(load, r->file, r->line,
			"%s cannot be run; what it is to be told waits until it can", r->argv[0]);
}

static enum channel channel_of(enum element element)
{
	return element == ELEMENT_WEBHOOK   ? CHANNEL_WEBHOOK
	       : element == ELEMENT_COMMAND ? CHANNEL_COMMAND
					    : CHANNEL_MAIL;
}

static int read_recipient(struct load *load, const struct xml_node *node, struct recipient *ret)
{
	enum element element = node->element;
	struct recipient_source s = { .recipient = nobody };
	struct recipient *r = &s.recipient;
	if (fields_default(load, element, &s) < 0)
		return -1;
	fields_apply(load, node, element, &s);
	r->channel = channel_of(element);
	r->file = load->document->file;
	r->line = node->line;
	if (element == ELEMENT_WEBHOOK)
		check_webhook(load, node, &s);
	if (element == ELEMENT_COMMAND)
		check_command(load, r);
	if (r->template[0])
		r->form = WEBHOOK_TEMPLATE;
	*ret = *r;
	return 0;
}

static void check_twice(struct load *load, const struct recipient *list, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (list[i].name[0] && strcmp(list[i - 1].name, list[i].name) == 0)
			complain_at(load, list[i].file, list[i].line,
				"name=\"%s\" is there already, at %s:%d; write another",
				list[i].name, list[i - 1].file, list[i - 1].line);
}

int load_recipients(struct load *load)
{
	size_t count = 0;
	struct recipient *list =
		arena_alloc(load->result, (count_recipients(load) + 1) * sizeof *list);
	load->named = arena_alloc(&load->scratch, (count_recipients(load) + 1) * sizeof(bool));
	if (!list || !load->named)
		return -1;
	for (const struct document *d = load->documents; d; d = d->next) {
		load->document = d;
		for (const struct xml_node *n = d->root->first; n; n = n->next)
			if (n->element & RECIPIENTS && read_recipient(load, n, &list[count++]) < 0)
				return -1;
	}
	qsort(list, count, sizeof *list, compare_name);
	check_twice(load, list, count);
	load->config->recipients = list;
	load->config->recipient_count = count;
	return 0;
}

void warn_of_unnamed(struct load *load)
{
	const struct config *config = load->config;
	for (size_t i = 0; i < config->recipient_count; i++)
		if (!load->named[i])
			warn_at(load, config->recipients[i].file, config->recipients[i].line,
				"no list names \"%s\", so nobody is told by it; write mail=\"%s\" "
				"where it is meant",
				config->recipients[i].name, config->recipients[i].name);
}

/* The <recipient> with that address, whose hours and number count for it, too: it is the same
 * person, however a list calls them. */
static const struct recipient *find_address(const struct config *config, const char *address)
{
	for (size_t i = 0; i < config->recipient_count; i++)
		if (config->recipients[i].channel == CHANNEL_MAIL &&
			strcasecmp(config->recipients[i].address, address) == 0)
			return &config->recipients[i];
	return NULL;
}

static struct recipient make_recipient(const struct config *config, const char *name)
{
	const struct recipient *same = find_address(config, name);
	struct recipient r = same ? *same : nobody;
	r.name = r.address = name;
	r.channel = mail_address_valid(name) ? CHANNEL_MAIL : CHANNEL_STDOUT;
	return r;
}

struct recipient config_recipient(const struct config *config, const char *name)
{
	const struct recipient *found = find_recipient(config, name);
	struct recipient r = found ? *found : make_recipient(config, name);
	if (r.per_hour == 0)
		r.per_hour = config->alerter.per_hour;
	if (r.channel == CHANNEL_MAIL && !config->mail.enabled)
		r.channel = CHANNEL_STDOUT;
	return r;
}

/* ---- values ------------------------------------------------------------------------------- */

/* What no mail address looks like, and no list is cut at. */
int parse_nick(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-._";
	if (text[strspn(text, allowed)])
		return error_set(err, "is no name; write letters, digits and . _ -, as %s=\"ops\"",
			field->name);
	return parse_name(load, field, text, target, err);
}

/* "22:00" to minutes since midnight; the rest of the text, or NULL. */
static const char *read_time(const char *text, uint32_t *ret_minutes)
{
	static const char form[] = "dd:dd";
	for (size_t i = 0; form[i]; i++)
		if (form[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
			return NULL;
	uint32_t hours = (uint32_t)(text[0] - '0') * 10 + (uint32_t)(text[1] - '0');
	uint32_t minutes = (uint32_t)(text[3] - '0') * 10 + (uint32_t)(text[4] - '0');
	*ret_minutes = hours * 60 + minutes;
	return hours < 24 && minutes < 60 ? text + 5 : NULL;
}

int parse_quiet(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	(void)load;
	struct recipient *r = target;
	const char *rest = read_time(text, &r->quiet_from);
	rest = rest && *rest == '-' ? read_time(rest + 1, &r->quiet_until) : NULL;
	if (!rest || *rest || r->quiet_from == r->quiet_until)
		return error_set(err,
			"is no time of day from and until; write it as %s=\"22:00-07:00\"",
			field->name);
	r->has_quiet = true;
	return 0;
}

/* A word of a shell's -c that bytes from clients would stand in. */
static bool is_script(const char *const *argv, size_t i)
{
	const char *option = argv[i - 1], *name = strrchr(argv[0], '/') + 1;
	size_t len = strlen(name);
	bool is_shell = len >= 2 && strcmp(name + len - 2, "sh") == 0;
	return is_shell && option[0] == '-' && strchr(option, 'c') && strstr(argv[i], "{{");
}

/* There is no shell that would take quotes away, and none must be made to run what it is told. */
static int check_word(const char *const *argv, size_t i, struct error *err)
{
	struct error why;
	size_t len = strlen(argv[i]);
	if (argv[i][0] == '\'' || argv[i][len - 1] == '\'')
		return error_set(err,
			"%s: there is no shell, so quotes would be told, too; write it without",
			argv[i]);
	if (is_script(argv, i))
		return error_set(err,
			"%s: a shell would run what a client calls itself; write a script that "
			"takes it as an argument",
			argv[i]);
	if (payload_check_argument(argv[i], &why) < 0)
		return error_set(err, "%s: %s; write it as README.md says", argv[i], why.text);
	return 0;
}

/* Arguments with blanks between; there is no shell, so nothing in them is special. */
int parse_argv(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	const char *words = NULL;
	if (parse_text(load, field, text, &words, err) < 0)
		return -1;
	const char **argv = cut_words(load->result, words, BLANKS);
	if (!argv)
		return error_set(err, "not enough memory");
	if (!argv[0] || argv[0][0] != '/')
		return error_set(err,
			"does not begin with a program; write its whole path, "
			"as %s=\"/usr/local/bin/page ops\"",
			field->name);
	for (size_t i = 1; argv[i]; i++)
		if (check_word(argv, i, err) < 0)
			return -1;
	*(const char *const **)target = argv;
	return 0;
}

int parse_template(struct load *load, const struct field *field, const char *text, void *target,
	struct error *err)
{
	const char *path = NULL;
	if (parse_path(load, field, text, &path, err) < 0)
		return -1;
	CLEANUP(buffer_finish) struct buffer content = { 0 };
	struct error why;
	if (path[0] && file_read(path, FILE_TRUSTED, TEMPLATE_MAX, &content, &why) < 0)
		return error_set(err, "%s; name a file that can be read", why.text);
	if (path[0] && (content.len == 0 || memchr(content.data, 0, content.len)))
		return error_set(err, "%s: holds no text; write the template there", path);
	if (path[0] && payload_check(content.data, &why) < 0)
		return error_set(err, "%s: %s; write it as README.md says", path, why.text);
	const char *copy = arena_copy(load->result, content.data ? content.data : "", content.len);
	if (!copy)
		return error_set(err, "not enough memory");
	*(const char **)target = copy;
	return 0;
}
