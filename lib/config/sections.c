/*
 * What stands once: storage, mail, and the two programs' own settings. Each takes its
 * defaults first, then its attributes, then what only both together can tell.
 */
#include <string.h>

#include "lib/config/load.h"
#include "lib/send/address.h"

/* The only one of that element in all files; complains about a second one. The document
 * under way becomes the one that holds it. */
static const struct xml_node *find_section(
	struct load *load, enum element element, const char *name)
{
	const struct xml_node *found = NULL;
	const struct document *holder = load->documents;
	for (const struct document *d = load->documents; d; d = d->next)
		for (const struct xml_node *n = d->root->first; n; n = n->next) {
			if (n->element != element)
				continue;
			if (found)
				complain_at(load, d->file, n->line,
					"<%s> is given twice, first at %s:%d; write it once", name,
					holder->file, found->line);
			if (found)
				continue;
			found = n;
			holder = d;
		}
	load->document = holder;
	return found;
}

/* Defaults, then attributes. The element, or NULL when it is not there; -1 without memory. */
static int read_section(
	struct load *load, const char *name, void *base, const struct xml_node **ret_node)
{
	enum element element = element_find(name);
	*ret_node = find_section(load, element, name);
	if (fields_default(load, element, base) < 0)
		return -1;
	if (*ret_node)
		fields_apply(load, *ret_node, element, base);
	return 0;
}

/* ---- <storage> ---------------------------------------------------------------------------- */

/* The first attribute given of those that the other engine has; NULL when none is. */
static const char *foreign_attribute(const struct xml_node *node, enum storage_engine engine)
{
	static const char *const of_sqlite[] = { "path", NULL };
	static const char *const of_mariadb[] = { "host", "port", "socket", "database", "user",
		"password", "password-file", "tls", "ca", NULL };
	const char *const *names = engine == STORAGE_SQLITE ? of_mariadb : of_sqlite;
	while (*names && !xml_attribute(node, *names))
		names++;
	return *names;
}

static void check_storage(
	struct load *load, const struct xml_node *node, const struct storage_source *s)
{
	const struct storage_config *c = &s->config;
	const char *foreign = foreign_attribute(node, c->engine);
	if (foreign)
		complain(load, node,
			"%s is not for engine=\"%s\"; leave it out, or write engine=\"%s\"",
			foreign, c->engine == STORAGE_SQLITE ? "sqlite" : "mariadb",
			c->engine == STORAGE_SQLITE ? "mariadb" : "sqlite");
	bool remote = c->host[0] && !is_loopback(c->host);
	if (remote && s->tls == TLS_NO)
		complain(load, node,
			"tls=\"no\" would send the password in the clear to %s; "
			"write tls=\"yes\"",
			c->host);
	if (c->tls && !c->host[0])
		complain(load, node,
			"tls is for connections to a host; write host=\"…\" or leave tls "
			"and ca out");
	if (c->tls_ca[0] && s->tls == TLS_NO)
		complain(load, node, "ca has no use with tls=\"no\"; write tls=\"yes\"");
}

static int load_storage(struct load *load)
{
	struct storage_source s = { 0 };
	const struct xml_node *node;
	if (read_section(load, "storage", &s, &node) < 0)
		return -1;
	struct storage_config *c = &s.config;
	bool remote = c->host[0] && !is_loopback(c->host);
	c->tls = s.tls == TLS_YES || (s.tls == TLS_AUTO && (remote || c->tls_ca[0]));
	if (node)
		check_storage(load, node, &s);
	if (c->engine == STORAGE_MARIADB && !c->host[0] && !c->socket[0])
		c->socket = "/run/mysqld/mysqld.sock";
	load->config->storage = *c;
	return 0;
}

/* ---- <mail> ------------------------------------------------------------------------------- */

static void check_mail(struct load *load, const struct xml_node *node, const struct mail_source *s)
{
	const struct mail_config *c = &s->config;
	bool has_password = c->password[0] || xml_attribute(node, "password") ||
			    xml_attribute(node, "password-file");
	if (c->security == MAIL_PLAIN && !is_loopback(c->host) && !s->insecure)
		complain(load, node,
			"security=\"plain\" would show every mail to the network on its "
			"way to %s; write security=\"starttls\", or add insecure=\"yes\"",
			c->host);
	if (c->security == MAIL_PLAIN && c->ca[0])
		complain(load, node,
			"ca has no use with security=\"plain\"; write "
			"security=\"starttls\" or leave it out");
	if (c->user[0] && !has_password)
		complain(load, node, "user has no password; add password-file=\"…\"");
	if (!c->user[0] && has_password)
		complain(load, node, "the password has no user; add user=\"…\"");
}

static int load_mail(struct load *load)
{
	static const uint16_t ports[] = {
		[MAIL_STARTTLS] = 587, [MAIL_SMTPS] = 465, [MAIL_PLAIN] = 25
	};
	struct mail_source s = { 0 };
	const struct xml_node *node;
	if (read_section(load, "mail", &s, &node) < 0)
		return -1;
	struct mail_config *c = &s.config;
	c->enabled = node != NULL;
	if (!c->port)
		c->port = ports[c->security];
	const char *at = strchr(c->from, '@');
	if (!c->list_id[0] && at && !mail_is_ascii(at))
		complain(load, node,
			"the domain of from is not ASCII; write it as xn--…, or add "
			"list-id=\"fleet.example.com\"");
	else if (!c->list_id[0] && at)
		c->list_id = at + 1;
	if (node)
		check_mail(load, node, &s);
	load->config->mail = *c;
	return 0;
}

/* ---- the programs ------------------------------------------------------------------------- */

/* Who sees it can say in the program's place that all is well. */
static void warn_of_heartbeat(struct load *load, const struct xml_node *node, const char *url)
{
	if (node && strncmp(url, "http:", 5) == 0 && !url_is_loopback(url))
		warn_at(load, load->document->file, node->line,
			"the heartbeat's address is shown to the network; write "
			"heartbeat=\"https:…\"");
}

static int load_collector(struct load *load, struct client *base)
{
	struct collector_source s = { 0 };
	const struct xml_node *node;
	if (read_section(load, "collector", &s, &node) < 0)
		return -1;
	struct collector_config *c = &s.config;
	if (c->connects > c->sessions && !(node && xml_attribute(node, "connects")))
		c->connects = c->sessions;
	if (node && c->connect_timeout_ms > c->deadline_ms)
		complain(load, node,
			"connect-timeout is longer than the whole run's deadline; "
			"write a shorter one");
	if (node && c->connects > c->sessions)
		complain(load, node,
			"connects is more than sessions, which is %u; write at most that",
			c->sessions);
	warn_of_heartbeat(load, node, c->heartbeat);
	load->config->collector = s.config;
	base->identity = s.identity;
	base->passphrase_file = s.passphrase_file;
	base->ssh_config = s.ssh_config;
	return 0;
}

int load_sections(struct load *load, struct client *ret_base)
{
	struct client_source base = { 0 };
	struct config *c = load->config;
	const struct xml_node *node;
	load->document = load->documents;
	if (fields_default(load, ELEMENT_CLIENT, &base) < 0 || load_storage(load) < 0 ||
		load_mail(load) < 0 || load_collector(load, &base.client) < 0 ||
		read_section(load, "alerter", &c->alerter, &node) < 0)
		return -1;
	warn_of_heartbeat(load, node, c->alerter.heartbeat);
	if (read_section(load, "retention", &c->retention, &node) < 0)
		return -1;
	base.client.mail = c->alerter.mail;
	base.client.group = "";
	*ret_base = base.client;
	return 0;
}
