#ifndef FLEET_CONFIG_CONFIG_H
#define FLEET_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/error.h"
#include "lib/metrics/metrics.h"
#include "lib/wire/wire.h"

/*
 * config.xml, read, validated, inherited and flattened. What a program sees is one row per
 * client with every attribute decided, and one row per rule that applies to it. All strings
 * are owned by the configuration and never NULL: "" when not given. All paths are absolute
 * (those in the file are relative to the folder of config.xml). Ratios are 0 to 1.
 *
 * All mistakes are reported in one go, each with file, line and what to write instead.
 */
enum host_key_policy { HOST_KEY_STRICT, HOST_KEY_ACCEPT_NEW, HOST_KEY_PINNED };

enum severity { SEVERITY_WARNING, SEVERITY_CRITICAL };

/* What a rule compares with its limits. */
enum rule_kind {
	RULE_LEVEL,	  /* the metric's value */
	RULE_FULL_WITHIN, /* seconds until the ratio is 1, as the stored history goes; `below` */
	RULE_CHANGE,	  /* what the value gained in `within_ms`; `below` when it is to fall */
	RULE_ABSENT,	  /* seconds since a good sample had an instance that matches */
	RULE_SAMPLE_AGE,  /* seconds since the client's last good sample; has no metric */
	RULE_COUNT,	  /* of a group: how many of its clients break the rule that it counts */
};

struct rule_group;

/* One <alert>. */
struct rule {
	enum rule_kind kind;
	const char *type;  /* catalogue name of the metric: "memory_used_ratio"; "" without */
	const char *label; /* what the file says: "memory" */
	const char *key;   /* identity in the alert table: friendly name (whatever the
			      file says), severity, instance pattern, "below" when it is,
			      its kind when that is not RULE_LEVEL, with slashes between */
	double limit;
	bool below;	   /* fires at or below `limit`; otherwise at or above */
	double clear;	   /* resolves beyond this; equal to `limit` when not given */
	bool has_critical; /* a second limit, on the far side of `limit`: critical from there on */
	double critical, critical_clear;
	int64_t for_ms, clear_for_ms, repeat_ms; /* 0 = at once / never again */
	uint32_t samples;  /* good samples in a row that must break it, beside for_ms; 1 at least */
	int64_t within_ms; /* of RULE_CHANGE; of RULE_FULL_WITHIN the history that is looked at */
	enum severity severity;	   /* at `limit` */
	const char *instance;	   /* glob pattern; "*" when not given */
	const char *const *unless; /* friendly names of alerts of the same client which keep this
				      one quiet while they fire: NULL-terminated, may be empty */
	const char *const *mail; /* recipients, NULL-terminated; NULL when not given: the client's,
				    see config_recipients() */
	const char *const *escalate; /* as `mail`: who hears of it, too, when nobody */
	int64_t escalate_after_ms;   /* acknowledged it for so long; see config_escalation() */
	const struct rule_group *counted_by; /* tells nobody itself; NULL for ordinary rules */
	const char *file;		     /* where it stands */
	int line;
	const char *inherited_from; /* "" = nobody, it is the client's own; "group outer/inner",
				       "<config>" or "<defaults/>" */
};

/* An <alert> with `count` on a group: its clients have the rule, and the group has the alert. */
struct rule_group {
	const char *group;	   /* as struct client has it */
	const struct rule *counts; /* the rule of the clients */
	struct rule rule;	   /* RULE_COUNT; its limit is how many */
	const char *const *mail;   /* of rule or group: NULL-terminated, may be empty */
	uint32_t client_count;	   /* who have the rule */
};

/* The unit of a rule's values and limits. */
enum metric_unit rule_unit(const struct rule *rule);

enum { CONFIG_JUMPS_MAX = 4 }; /* jump hosts on the way to one client */

/* A <group> that says how many of its clients, those of the groups in it included, may be polled
 * at once. */
struct group_cap {
	uint32_t sessions;
	uint32_t index;		       /* below cap_count of the configuration */
	const struct group_cap *outer; /* the nearest around it; NULL = none */
};

enum { CONFIG_CAPS_MAX = 4 }; /* inside each other */

/* Bytes of what one client can be asked for; the rest of a request is for what all have. */
enum { CONFIG_ASKS_MAX = WIRE_REQUEST_MAX - WIRE_LINE_MAX };

struct client;
struct metric_choice; /* lib/metrics/choice.h */
struct node;

/* When that is down nobody behind it can be reached: a client or <jump>, or a <parent>; one of
 * them at most is not NULL. */
struct parent {
	const struct client *client;
	const struct node *node;
};

/* A <parent>: something on the way that nobody logs in to, a switch or a line. It is down when
 * all clients behind it are. */
struct node {
	const char *name;
	const char *parent_name;
	struct parent parent;
	const char *file;
	int line;
};

struct client {
	const char *name; /* defaults to `ip` */
	const char *ip;	  /* address or host name */
	uint16_t port;
	const char *username;
	const char *identity; /* private key file, .pub of a key the agent holds, "agent",
				 "agent:/SOCKET"; "" when there is a password */
	const char *passphrase_file;
	const char *password; /* secret; libsodium memory, wiped by config_destroy() */
	enum host_key_policy host_key_policy;
	const char *host_key_pin;  /* "SHA256:…" when pinned */
	const char *jump_name;	   /* "" when it is reached directly */
	const struct client *jump; /* the one of that name, which it is reached through, or NULL;
				      at most CONFIG_JUMPS_MAX follow one another */
	const char *ssh_config;	   /* what was asked for all that is not said here; "" = nothing */
	uint32_t connects;	   /* as a jump host: most at once on their way to a login there */
	int64_t every_ms;	   /* 0 = every run */
	int64_t timeout_ms;	   /* total for one attempt */
	const char *const *mail;   /* NULL-terminated, may be empty; <alerter>'s when not given */
	const struct rule *const *rules; /* NULL-terminated */
	const char *group;		 /* "" or "outer/inner" */
	const struct group_cap *cap;	 /* of the nearest group that has one, or NULL */
	const char *const *escalate;	 /* as in struct rule; for rules that do not say */
	int64_t escalate_after_ms;
	const char *asks; /* what its probe is asked for: the end of its request, see
			     lib/wire/ask.h; "" = nothing. Shared by those with the same, */
	const struct metric_choice *metrics; /* as what is stored of it is; NULL for a <jump> */
	const char *parent_name;	     /* "" when nothing is known */
	struct parent parent; /* what stands between it and the collector, beside its jump host */
	const char *file;
	int line;
};

enum channel { CHANNEL_STDOUT, CHANNEL_MAIL, CHANNEL_WEBHOOK, CHANNEL_COMMAND };

/* "stdout", "mail", … as the outbox has it. */
const char *channel_name(enum channel c);

enum webhook_form {
	WEBHOOK_JSON,
	WEBHOOK_SLACK, /* and Mattermost */
	WEBHOOK_NTFY,
	WEBHOOK_PAGERDUTY,
	WEBHOOK_ALERTMANAGER,
	WEBHOOK_TEMPLATE, /* `template` is given */
};

/* Whom a name in mail="…" stands for. */
struct recipient {
	const char *name; /* of <recipient>, <webhook> or <command>; or the address itself */
	enum channel channel;
	const char *address; /* CHANNEL_MAIL */

	const char *url; /* CHANNEL_WEBHOOK: https, or http to this machine or insecure="yes" */
	enum webhook_form form;
	const char *template; /* text of its file, of at most 64 KiB; "" = that of the form */
	const char *secret;   /* signs what is sent; "" = nothing does. Locked memory, */
	const char *token;    /* as this: a bearer's; "" = none */
	const char *ca;	      /* CA file; "" = the system's */

	const char *const *argv; /* CHANNEL_COMMAND: NULL-terminated; the first is absolute */
	int64_t timeout_ms;	 /* of one webhook call or command */

	bool has_quiet; /* warnings wait from .. until, in minutes since midnight */
	uint32_t quiet_from, quiet_until; /* of local time; the hours may go over midnight */
	uint32_t per_hour; /* messages; what is more is gathered, and told when there is room */
	const char *file;
	int line;
};

enum storage_engine { STORAGE_SQLITE, STORAGE_MARIADB };

struct storage_config {
	enum storage_engine engine;
	const char *path;					/* SQLite: the database file */
	const char *host, *socket, *user, *password, *database; /* MariaDB */
	uint16_t port;
	const char *tls_ca; /* CA file; TLS is verified or refused when `tls` */
	bool tls;
	int64_t timeout_ms;
};

enum mail_security { MAIL_STARTTLS, MAIL_SMTPS, MAIL_PLAIN };

struct mail_config {
	bool enabled; /* a <mail> element is there; otherwise alerts go to stdout */
	const char *host;
	uint16_t port;
	enum mail_security security; /* plain is only accepted for loopback unless insecure="yes" */
	const char *user, *password; /* "" = no authentication */
	const char *ca;		     /* CA file; "" = the system's */
	const char *from;	     /* address */
	const char *list_id;	     /* domain part of Message-ID and List-Id */
	int64_t timeout_ms;
};

struct collector_config {
	const char *spool; /* encrypted_stats */
	const char *known_hosts;
	const char *key, *pub; /* server.key, server.pub */
	uint32_t sessions;     /* most at once, over all pollers */
	uint32_t connects;     /* most TCP connects at once */
	uint32_t pollers;      /* 0 = one per core */
	int64_t connect_timeout_ms;
	int64_t deadline_ms;	  /* of the whole run */
	uint32_t spool_files_max; /* stops acknowledging beyond */
	const char *probe_dir;	  /* probes by architecture; "" = where they were installed */
	const char *user;	  /* of pollers when root runs it; "" = a number nobody has */
	const char *heartbeat;	  /* URL to call after a good run; "" = none */
};

struct alerter_config {
	uint32_t unreachable_after; /* consecutive failures; default 2 */
	int64_t collector_stale_ms; /* no finished cycle for so long */
	uint32_t absent_after;	    /* successful samples without an instance close its alert */
	const char *const *mail;    /* recipients of what concerns no client; may be empty */
	int64_t unreachable_repeat_ms;
	uint32_t flap_after;	/* more openings of an alert than these */
	int64_t flap_window_ms; /* in such a time are flapping */
	uint32_t per_hour;	/* messages to a recipient that has no number of its own */
	const char *heartbeat;	/* as the collector's */
};

struct retention_config {
	int64_t raw_ms; /* default 14 days; 0 = for ever */
};

struct config {
	const char *file; /* absolute path of config.xml */
	const char *dir;  /* its folder */
	struct storage_config storage;
	struct mail_config mail;
	struct collector_config collector;
	struct alerter_config alerter;
	struct retention_config retention;
	const struct client *clients; /* in the file's order */
	size_t client_count;
	const struct client *jumps; /* every <jump>: logged in to, but not watched */
	size_t jump_count;
	size_t cap_count;
	const struct recipient *recipients; /* <recipient>, <webhook>, <command>, by name */
	size_t recipient_count;
	const struct rule_group *const *rule_groups;
	size_t rule_group_count;
	const struct node *nodes; /* every <parent> */
	size_t node_count;
	const struct client *const *clients_by_name; /* the same, sorted by name */
	void *memory;				     /* private */
};

/* Collects the mistakes of one reading, sorted by file and line. */
struct config_problem {
	char *file;
	int line;     /* 0 when it is about the whole file */
	char *text;   /* what is wrong and what to write instead */
	bool warning; /* does not refuse the configuration */
};

struct config_problems {
	struct config_problem *items;
	size_t count, size;
};

void config_problems_finish(struct config_problems *p);

/* Reads a configuration and everything it includes. Returns -1 when there is at least one
 * mistake; then *ret_config is untouched. Warnings alone do not refuse. `problems` is set
 * either way and the caller's to finish.
 *
 * Passwords stand in locked memory and are wiped by config_destroy(); the text they came from
 * and all memory of the parser's are wiped before this returns, but are not locked meanwhile.
 * Not wiped: the kernel's page cache, and what registers and stack held for a moment. */
int config_load(
	const char *path, struct config **ret_config, struct config_problems *problems) MUST_CHECK;

void config_destroy(struct config *config);

/* The configuration a program uses without -c: ./config.xml, then
 * /etc/fleet-health/config.xml. NULL when neither is there. */
const char *config_default_path(void);

/* The client of that name, or NULL. */
const struct client *config_client(const struct config *config, const char *name);

/* The same, or else the <jump> of that name. */
const struct client *config_machine(const struct config *config, const char *name);

/* The rule of that key among a client's, and what counts the clients of a group by it; or NULL. */
const struct rule *config_rule(const struct client *client, const char *key);
const struct rule_group *config_rule_group(
	const struct config *config, const char *key, const char *group);

/* Whom a name of a mail list stands for: the element of that name, or else the address, with the
 * hours and the number of a <recipient> that has the same. Addresses without <mail>, "", and what
 * storage still names and the file no longer, stand for standard output: somebody reads it, and
 * nothing is lost. */
struct recipient config_recipient(const struct config *config, const char *name);

/* Who else hears of this rule's alert when nobody acknowledged it for *ret_after_ms:
 * NULL-terminated, empty when nobody does. */
const char *const *config_escalation(
	const struct client *client, const struct rule *rule, int64_t *ret_after_ms);

/* Who is told when this rule of this client fires: NULL-terminated, may be empty. */
const char *const *config_recipients(const struct client *client, const struct rule *rule);

#endif
