/*
 * Two tables that say what config.xml may hold: one row per element, one per attribute. A
 * new attribute is a row here, one in config.xsd, and a comment in config.xml.example.
 */
#include "lib/config/load.h"

#include <stdio.h>
#include <string.h>

#include "lib/escape.h"

enum {
	MACHINE = ELEMENT_CLIENT | ELEMENT_JUMP,
	SHARED = ELEMENT_CLIENT | ELEMENT_GROUP,
	LOGIN = MACHINE | ELEMENT_GROUP,
	RECIPIENT = ELEMENT_RECIPIENT | ELEMENT_WEBHOOK | ELEMENT_COMMAND,
	OF_RULES = ELEMENT_CONFIG | ELEMENT_GROUP,
	OF_ASKS = OF_RULES | ELEMENT_CLIENT,
	SECOND = 1000,
	MINUTE = 60 * SECOND,
	HOUR = 60 * MINUTE,
	MESSAGE_MAX = 40 * SECOND, /* less than a run of the alerter takes for all of them */
};
#define YEARS (10 * 365 * 24 * (int64_t)HOUR)

/* clang-format off */
#define AT(type, member) offsetof(struct type##_source, member)

#define ROW(e, n, p, o, d) .elements = (e), .name = (n), .parse = (p), .offset = (o), .fallback = (d)
#define RANGE(least, most) .min = (least), .max = (most)

static const struct field fields[] = {
	/* the first are soonest found, and of clients there are thousands */
	{ ROW(ELEMENT_GROUP, "name", parse_text, AT(client, group_name), "") },
	{ ROW(ELEMENT_GROUP, "sessions", parse_count, AT(client, group_sessions), NULL), RANGE(1, 100000) },
	{ ROW(MACHINE, "ip",             parse_host,        AT(client, client.ip), "") },
	{ ROW(MACHINE, "name",           parse_name,        AT(client, client.name), "") },
	{ ROW(LOGIN, "port",           parse_port,        AT(client, client.port), "22"), RANGE(1, 65535) },
	{ ROW(LOGIN, "username",       parse_username,    AT(client, client.username), "monitor") },
	{ ROW(LOGIN, "identity",       parse_identity,    AT(client, client.identity), "") },
	{ ROW(LOGIN, "passphrase-file",parse_secret_path, AT(client, client.passphrase_file), "") },
	{ ROW(LOGIN, "password",       parse_password,    AT(client, client.password), ""), .secret = true },
	{ ROW(LOGIN, "password-file",  parse_password_file, AT(client, client.password), "") },
	{ ROW(LOGIN, "host-key",       parse_host_key,    AT(client, client), "strict") },
	{ ROW(LOGIN, "timeout",        parse_duration,    AT(client, client.timeout_ms), "30s"), RANGE(SECOND, HOUR) },
	{ ROW(LOGIN, "ssh-config",     parse_ssh_config,  AT(client, client.ssh_config), ""), .may_be_empty = true },
	{ ROW(LOGIN, "jump",           parse_name,        AT(client, client.jump_name), ""), .may_be_empty = true },
	{ ROW(LOGIN, "parent",         parse_name,        AT(client, client.parent_name), ""), .may_be_empty = true },
	{ ROW(MACHINE, "connects",       parse_count,       AT(client, client.connects), "8"), RANGE(1, 1000) },
	{ ROW(SHARED, "every",           parse_duration,    AT(client, client.every_ms), "0"), RANGE(0, YEARS) },
	{ ROW(SHARED, "mail",            parse_addresses,   AT(client, client.mail), ""), .may_be_empty = true },
	{ ROW(SHARED, "escalate",        parse_addresses,   AT(client, client.escalate), ""), .may_be_empty = true },
	{ ROW(SHARED, "escalate-after",  parse_duration,    AT(client, client.escalate_after_ms), "0"), RANGE(0, YEARS) },

	{ ROW(ELEMENT_STORAGE, "engine",        parse_choice,   AT(storage, config.engine), "sqlite"), .choices = "sqlite|mariadb" },
	{ ROW(ELEMENT_STORAGE, "path",          parse_path,     AT(storage, config.path), "fleet.db") },
	{ ROW(ELEMENT_STORAGE, "host",          parse_host,     AT(storage, config.host), "") },
	{ ROW(ELEMENT_STORAGE, "port",          parse_port,     AT(storage, config.port), "3306"), RANGE(1, 65535) },
	{ ROW(ELEMENT_STORAGE, "socket",        parse_path,     AT(storage, config.socket), "") },
	{ ROW(ELEMENT_STORAGE, "database",      parse_username, AT(storage, config.database), "fleet") },
	{ ROW(ELEMENT_STORAGE, "user",          parse_username, AT(storage, config.user), "fleet") },
	{ ROW(ELEMENT_STORAGE, "password",      parse_password, AT(storage, config.password), ""), .secret = true },
	{ ROW(ELEMENT_STORAGE, "password-file", parse_password_file, AT(storage, config.password), "") },
	{ ROW(ELEMENT_STORAGE, "tls",           parse_choice,   AT(storage, tls), "auto"), .choices = "auto|no|yes" },
	{ ROW(ELEMENT_STORAGE, "ca",            parse_file,     AT(storage, config.tls_ca), "") },
	{ ROW(ELEMENT_STORAGE, "timeout",       parse_duration, AT(storage, config.timeout_ms), "10s"), RANGE(SECOND, HOUR) },

	{ ROW(ELEMENT_MAIL, "host",          parse_host,     AT(mail, config.host), "") },
	{ ROW(ELEMENT_MAIL, "port",          parse_port,     AT(mail, config.port), NULL), RANGE(1, 65535) },
	{ ROW(ELEMENT_MAIL, "security",      parse_choice,   AT(mail, config.security), "starttls"), .choices = "starttls|smtps|plain" },
	{ ROW(ELEMENT_MAIL, "insecure",      parse_yes,      AT(mail, insecure), "no") },
	{ ROW(ELEMENT_MAIL, "ca",            parse_file,     AT(mail, config.ca), "") },
	{ ROW(ELEMENT_MAIL, "user",          parse_text,     AT(mail, config.user), "") },
	{ ROW(ELEMENT_MAIL, "password",      parse_password, AT(mail, config.password), ""), .secret = true },
	{ ROW(ELEMENT_MAIL, "password-file", parse_password_file, AT(mail, config.password), "") },
	{ ROW(ELEMENT_MAIL, "from",          parse_address,  AT(mail, config.from), "") },
	{ ROW(ELEMENT_MAIL, "list-id",       parse_list_id,   AT(mail, config.list_id), "") },
	{ ROW(ELEMENT_MAIL, "timeout",       parse_duration, AT(mail, config.timeout_ms), "30s"), RANGE(SECOND, MESSAGE_MAX) },

	{ ROW(ELEMENT_COLLECTOR, "identity",        parse_identity, AT(collector, identity), "") },
	{ ROW(ELEMENT_COLLECTOR, "passphrase-file", parse_secret_path, AT(collector, passphrase_file), "") },
	{ ROW(ELEMENT_COLLECTOR, "known-hosts",     parse_path,     AT(collector, config.known_hosts), "known_hosts") },
	{ ROW(ELEMENT_COLLECTOR, "key",             parse_path,     AT(collector, config.key), "server.key") },
	{ ROW(ELEMENT_COLLECTOR, "pub",             parse_path,     AT(collector, config.pub), "server.pub") },
	{ ROW(ELEMENT_COLLECTOR, "spool",           parse_path,     AT(collector, config.spool), "encrypted_stats") },
	{ ROW(ELEMENT_COLLECTOR, "spool-files",     parse_count,    AT(collector, config.spool_files_max), "100000"), RANGE(1, 10000000) },
	{ ROW(ELEMENT_COLLECTOR, "sessions",        parse_count,    AT(collector, config.sessions), "500"), RANGE(1, 100000) },
	{ ROW(ELEMENT_COLLECTOR, "connects",        parse_count,    AT(collector, config.connects), "200"), RANGE(1, 100000) },
	{ ROW(ELEMENT_COLLECTOR, "pollers",         parse_count,    AT(collector, config.pollers), "0"), RANGE(0, 99) },
	{ ROW(ELEMENT_COLLECTOR, "connect-timeout", parse_duration, AT(collector, config.connect_timeout_ms), "10s"), RANGE(100, HOUR) },
	{ ROW(ELEMENT_COLLECTOR, "deadline",        parse_duration, AT(collector, config.deadline_ms), "50s"), RANGE(SECOND, 24 * HOUR) },
	{ ROW(ELEMENT_COLLECTOR, "ssh-config",      parse_ssh_config, AT(collector, ssh_config), "") },
	{ ROW(ELEMENT_COLLECTOR, "probe-dir",       parse_path,     AT(collector, config.probe_dir), "") },
	{ ROW(ELEMENT_COLLECTOR, "user",            parse_text,     AT(collector, config.user), "") },
	{ ROW(ELEMENT_COLLECTOR, "heartbeat",       parse_url,      AT(collector, config.heartbeat), ""), .secret = true },

	{ ROW(ELEMENT_ALERTER, "mail",               parse_addresses, offsetof(struct alerter_config, mail), ""), .may_be_empty = true },
	{ ROW(ELEMENT_ALERTER, "unreachable-after",  parse_count,     offsetof(struct alerter_config, unreachable_after), "2"), RANGE(1, 1000) },
	{ ROW(ELEMENT_ALERTER, "unreachable-repeat", parse_duration,  offsetof(struct alerter_config, unreachable_repeat_ms), "0"), RANGE(0, YEARS) },
	{ ROW(ELEMENT_ALERTER, "collector-stale",    parse_duration,  offsetof(struct alerter_config, collector_stale_ms), "15m"), RANGE(MINUTE, YEARS) },
	{ ROW(ELEMENT_ALERTER, "absent-after",       parse_count,     offsetof(struct alerter_config, absent_after), "3"), RANGE(1, 1000) },
	{ ROW(ELEMENT_ALERTER, "flap-after",         parse_count,     offsetof(struct alerter_config, flap_after), "5"), RANGE(1, 1000) },
	{ ROW(ELEMENT_ALERTER, "flap-window",        parse_duration,  offsetof(struct alerter_config, flap_window_ms), "1h"), RANGE(MINUTE, YEARS) },
	{ ROW(ELEMENT_ALERTER, "per-hour",           parse_count,     offsetof(struct alerter_config, per_hour), "30"), RANGE(1, 100000) },
	{ ROW(ELEMENT_ALERTER, "heartbeat",          parse_url,       offsetof(struct alerter_config, heartbeat), ""), .secret = true },

	{ ROW(ELEMENT_RETENTION, "raw", parse_duration, offsetof(struct retention_config, raw_ms), "14d"), RANGE(0, YEARS) },

	{ ROW(ELEMENT_INCLUDE, "dir", parse_path, AT(include, dir), "") },

	{ ROW(RECIPIENT, "name",     parse_nick,  AT(recipient, recipient.name), "") },
	{ ROW(RECIPIENT, "quiet",    parse_quiet, AT(recipient, recipient), NULL) },
	{ ROW(RECIPIENT, "per-hour", parse_count, AT(recipient, recipient.per_hour), NULL), RANGE(1, 100000) },
	{ ROW(ELEMENT_RECIPIENT, "mail", parse_address, AT(recipient, recipient.address), "") },
	{ ROW(ELEMENT_WEBHOOK, "url",         parse_url,           AT(recipient, recipient.url), ""), .secret = true },
	{ ROW(ELEMENT_WEBHOOK, "url-file",    parse_url_file,      AT(recipient, recipient.url), "") },
	{ ROW(ELEMENT_WEBHOOK, "insecure",    parse_yes,           AT(recipient, insecure), "no") },
	{ ROW(ELEMENT_WEBHOOK, "form",        parse_choice,        AT(recipient, recipient.form), "json"), .choices = "json|slack|ntfy|pagerduty|alertmanager" },
	{ ROW(ELEMENT_WEBHOOK, "template",    parse_template,      AT(recipient, recipient.template), "") },
	{ ROW(ELEMENT_WEBHOOK, "secret-file", parse_password_file, AT(recipient, recipient.secret), "") },
	{ ROW(ELEMENT_WEBHOOK, "token-file",  parse_password_file, AT(recipient, recipient.token), "") },
	{ ROW(ELEMENT_WEBHOOK, "ca",          parse_file,          AT(recipient, recipient.ca), "") },
	{ ROW(ELEMENT_COMMAND, "run",         parse_argv,          AT(recipient, recipient.argv), NULL) },
	{ ROW(ELEMENT_WEBHOOK | ELEMENT_COMMAND, "timeout", parse_duration, AT(recipient, recipient.timeout_ms), "10s"), RANGE(SECOND, MESSAGE_MAX) },

	{ ROW(ELEMENT_PARENT, "name",   parse_name, AT(node, node.name), "") },
	{ ROW(ELEMENT_PARENT, "parent", parse_name, AT(node, node.parent_name), "") },

	{ ROW(ELEMENT_PROCESS, "name",         parse_process,     AT(ask, name), "") },
	{ ROW(ELEMENT_PROCESS, "pid-file",     parse_client_path, AT(ask, path), "") },
	{ ROW(ELEMENT_FILE,        "path",     parse_client_path, AT(ask, path), "") },
	{ ROW(ELEMENT_CERTIFICATE, "path",     parse_client_path, AT(ask, path), "") },
	{ ROW(ELEMENT_TEXTFILE,    "dir",      parse_client_path, AT(ask, path), ""), .may_be_empty = true },
	{ ROW(ELEMENT_FILESYSTEMS, "include",  parse_mounts,      AT(ask, include), "") },
	{ ROW(ELEMENT_FILESYSTEMS, "exclude",  parse_mounts,      AT(ask, exclude), "") },
	{ ROW(ELEMENT_FILESYSTEMS, "network",  parse_yes,         AT(ask, network), "no") },
	{ ROW(ELEMENT_METRICS, "include", parse_metrics, AT(ask, include), "") },
	{ ROW(ELEMENT_METRICS, "exclude", parse_metrics, AT(ask, exclude), "") },

	{ ROW(ELEMENT_ALERT, "type",      parse_text,      AT(rule, rule.label), "") },
	{ ROW(ELEMENT_ALERT, "instance",  parse_text,      AT(rule, rule.instance), "*") },
	{ ROW(ELEMENT_ALERT, "limit",     parse_text,      AT(rule, limit), "") },
	{ ROW(ELEMENT_ALERT, "below",     parse_text,      AT(rule, below), "") },
	{ ROW(ELEMENT_ALERT, "clear",     parse_text,      AT(rule, clear), "") },
	{ ROW(ELEMENT_ALERT, "critical",  parse_text,      AT(rule, critical), "") },
	{ ROW(ELEMENT_ALERT, "critical-clear", parse_text, AT(rule, critical_clear), "") },
	{ ROW(ELEMENT_ALERT, "full-within", parse_text,    AT(rule, full_within), "") },
	{ ROW(ELEMENT_ALERT, "change",    parse_text,      AT(rule, change), "") },
	{ ROW(ELEMENT_ALERT, "absent",    parse_text,      AT(rule, absent), "") },
	{ ROW(ELEMENT_ALERT, "count",     parse_text,      AT(rule, count), "") },
	{ ROW(ELEMENT_ALERT, "within",    parse_duration,  AT(rule, rule.within_ms), "6h"), RANGE(MINUTE, YEARS) },
	{ ROW(ELEMENT_ALERT, "samples",   parse_count,     AT(rule, rule.samples), "1"), RANGE(1, 1000) },
	{ ROW(ELEMENT_ALERT, "unless",    parse_words,     AT(rule, rule.unless), "") },
	{ ROW(ELEMENT_ALERT, "disabled",  parse_yes,       AT(rule, disabled), "no") },
	{ ROW(ELEMENT_ALERT, "escalate",  parse_addresses, AT(rule, rule.escalate), NULL), .may_be_empty = true },
	{ ROW(ELEMENT_ALERT, "escalate-after", parse_duration, AT(rule, rule.escalate_after_ms), "0"), RANGE(0, YEARS) },
	{ ROW(ELEMENT_ALERT, "for",       parse_duration,  AT(rule, rule.for_ms), "0"), RANGE(0, YEARS) },
	{ ROW(ELEMENT_ALERT, "clear-for", parse_duration,  AT(rule, rule.clear_for_ms), "0"), RANGE(0, YEARS) },
	{ ROW(ELEMENT_ALERT, "severity",  parse_choice,    AT(rule, rule.severity), "warning"), .choices = "warning|critical" },
	{ ROW(ELEMENT_ALERT, "repeat",    parse_duration,  AT(rule, rule.repeat_ms), "0"), RANGE(0, YEARS) },
	{ ROW(ELEMENT_ALERT, "mail",      parse_addresses, AT(rule, rule.mail), NULL), .may_be_empty = true },
};

static const struct shape {
	const char *name;
	enum element element;
	unsigned parents;
	const char *required[2];    /* attributes it cannot do without */
	const char *excludes[3][2]; /* attributes of which only one may be given */
} shapes[] = {
	{ "alert",     ELEMENT_ALERT,     OF_RULES | ELEMENT_CLIENT, .required = { "type" } },
	{ "alerter",   ELEMENT_ALERTER,   .parents = ELEMENT_CONFIG },
	{ "certificate", ELEMENT_CERTIFICATE, OF_ASKS, .required = { "path" } },
	{ "client",    ELEMENT_CLIENT,    ELEMENT_CONFIG | ELEMENT_GROUP, .required = { "ip" },
		.excludes = { { "identity", "password" }, { "identity", "password-file" }, { "password", "password-file" } } },
	{ "collector", ELEMENT_COLLECTOR, .parents = ELEMENT_CONFIG },
	{ "command",   ELEMENT_COMMAND,   ELEMENT_CONFIG, .required = { "name", "run" } },
	{ "config",    ELEMENT_CONFIG,    .parents = 0 },
	{ "defaults",  ELEMENT_DEFAULTS,  .parents = OF_RULES },
	{ "file",      ELEMENT_FILE,      OF_ASKS, .required = { "path" } },
	{ "filesystems", ELEMENT_FILESYSTEMS, .parents = OF_ASKS },
	{ "group",     ELEMENT_GROUP,     ELEMENT_CONFIG | ELEMENT_GROUP, .required = { "name" },
		.excludes = { { "identity", "password" }, { "identity", "password-file" }, { "password", "password-file" } } },
	{ "include",   ELEMENT_INCLUDE,   ELEMENT_CONFIG, .required = { "dir" } },
	{ "jump",      ELEMENT_JUMP,      ELEMENT_CONFIG | ELEMENT_GROUP, .required = { "ip" },
		.excludes = { { "identity", "password" }, { "identity", "password-file" }, { "password", "password-file" } } },
	{ "mail",      ELEMENT_MAIL,      ELEMENT_CONFIG, .required = { "host", "from" }, .excludes = { { "password", "password-file" } } },
	{ "metrics",   ELEMENT_METRICS,   .parents = OF_ASKS },
	{ "parent",    ELEMENT_PARENT,    OF_RULES, .required = { "name" } },
	{ "process",   ELEMENT_PROCESS,   OF_ASKS, .required = { "name" } },
	{ "recipient", ELEMENT_RECIPIENT, ELEMENT_CONFIG, .required = { "name", "mail" } },
	{ "retention", ELEMENT_RETENTION, .parents = ELEMENT_CONFIG },
	{ "storage",   ELEMENT_STORAGE,   ELEMENT_CONFIG, .required = { NULL }, .excludes = { { "password", "password-file" }, { "host", "socket" } } },
	{ "textfile",  ELEMENT_TEXTFILE,  OF_ASKS, .required = { "dir" } },
	{ "webhook",   ELEMENT_WEBHOOK,   ELEMENT_CONFIG, .required = { "name" }, .excludes = { { "url", "url-file" } } },
};
/* clang-format on */

static const struct shape *find_shape(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (strcmp(shapes[i].name, name) == 0)
			return &shapes[i];
	return NULL;
}

enum element element_find(const char *name)
{
	const struct shape *s = find_shape(name);
	return s ? s->element : 0;
}

static const struct field *find_field(enum element element, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fields[i].elements & element && strcmp(fields[i].name, name) == 0)
			return &fields[i];
	return NULL;
}

/* ---- what to write instead ---------------------------------------------------------------- */

static void append(char *out, size_t size, const char *before, const char *name)
{
	size_t len = strlen(out);
	(void)snprintf(out + len, size - len, "%s%s", len ? before : "", name);
}

static void complain_attribute(
	struct load *load, const struct xml_node *node, const struct shape *shape, const char *name)
{
	char known[500] = "";
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (fields[i].elements & shape->element)
			append(known, sizeof known, ", ", fields[i].name);
	complain(load, node, "<%s> has no attribute %.60s; write one of: %s", shape->name, name,
		known);
}

static void complain_element(
	struct load *load, const struct xml_node *node, const struct shape *parent)
{
	char known[500] = "";
	for (size_t i = 0; i < ARRAY_LEN(shapes); i++)
		if (shapes[i].parents & parent->element)
			append(known, sizeof known, ", ", shapes[i].name);
	if (known[0])
		complain(load, node, "<%.60s> does not belong inside <%s>; write one of: %s",
			node->name, parent->name, known);
	else
		complain(load, node, "<%.60s> does not belong inside <%s>; write <%s …/> alone",
			node->name, parent->name, parent->name);
}

static void check_attributes(struct load *load, struct xml_node *node, const struct shape *shape)
{
	for (size_t i = 0; i < node->attribute_count; i++) {
		struct xml_attribute *a = &node->attributes[i];
		a->field = find_field(shape->element, a->name);
		if (!a->field)
			complain_attribute(load, node, shape, a->name);
	}
	for (size_t i = 0; i < ARRAY_LEN(shape->required); i++) {
		const char *name = shape->required[i];
		if (name && !xml_attribute(node, name))
			complain(load, node, "<%s> has no %s; write %s=\"…\"", shape->name, name,
				name);
	}
	for (size_t i = 0; i < ARRAY_LEN(shape->excludes); i++) {
		const char *const *pair = shape->excludes[i];
		if (pair[0] && xml_attribute(node, pair[0]) && xml_attribute(node, pair[1]))
			complain(load, node, "%s and %s are both given; write only one of them",
				pair[0], pair[1]);
	}
}

static void check_children(struct load *load, struct xml_node *node, const struct shape *shape)
{
	node->element = shape->element;
	check_attributes(load, node, shape);
	for (struct xml_node *child = node->first; child; child = child->next) {
		const struct shape *s = find_shape(child->name);
		if (!s || !(s->parents & shape->element))
			complain_element(load, child, shape);
		else
			check_children(load, child, s);
	}
}

void check_shape(struct load *load, struct xml_node *root)
{
	if (element_find(root->name) == ELEMENT_CONFIG)
		check_children(load, root, find_shape("config"));
	else
		complain(load, root,
			"the file begins with <%.60s>; write <config> around everything",
			root->name);
}

/* ---- values into structs ------------------------------------------------------------------ */

int fields_default(struct load *load, enum element element, void *base)
{
	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		const struct field *f = &fields[i];
		if (f->elements & element && f->fallback &&
			f->parse(load, f, f->fallback, (char *)base + f->offset, NULL) < 0)
			return -1;
	}
	return 0;
}

int field_apply(struct load *load, const char *attribute, const char *text,
	struct client_source *client, struct error *err)
{
	const struct field *f = find_field(ELEMENT_CLIENT, attribute);
	return f->parse(load, f, text, (char *)client + f->offset, err);
}

static void complain_value(struct load *load, const struct xml_node *node, const struct field *f,
	const char *text, const struct error *err)
{
	char shown[80];
	if (f->secret)
		text = "…";
	(void)escape_text(shown, sizeof shown, text, strlen(text));
	complain(load, node, "%s=\"%s\": %s", f->name, shown, err->text);
}

void fields_apply(struct load *load, const struct xml_node *node, enum element element, void *base)
{
	for (size_t i = 0; i < node->attribute_count; i++) {
		const struct xml_attribute *a = &node->attributes[i];
		const struct field *f = a->field;
		if (!f || !(f->elements & element))
			continue; /* check_shape() has said so */
		struct error err = { "" };
		int result = a->value[0] || f->may_be_empty
				     ? f->parse(load, f, a->value, (char *)base + f->offset, &err)
				     : error_set(&err, "is empty; give it a value or leave it out");
		if (result < 0)
			complain_value(load, node, f, a->value, &err);
	}
}
