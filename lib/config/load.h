#ifndef FLEET_CONFIG_LOAD_H
#define FLEET_CONFIG_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/arena.h"
#include "lib/config/config.h"
#include "lib/config/secrets.h"
#include "lib/config/xml.h"
#include "lib/wire/ask.h"

/*
 * One reading of a configuration, shared by the files of this folder:
 *
 *   config.c    files in, configuration out
 *   documents.c config.xml and what it includes, as trees
 *   problems.c  what is wrong with them
 *   xml.c       text to a tree, validated by config.xsd
 *   fields.c    which element stands where; which attribute goes where, and its default
 *   values.c    one parser per type of value (credentials.c: those that are secret)
 *   sections.c  <storage>, <mail>, <collector>, <alerter>, <retention>
 *   fleet.c     <group>, <client>, <jump>: inheritance
 *   asks.c      <process>, <file>, <certificate>, <textfile>, <filesystems>
 *   watched.c   alerts on what is asked for
 *   choices.c   <metrics>
 *   shared.c    what clients have in common
 *   jumps.c     names, and who is reached through whom
 *   parents.c   <parent>: what else stands on the way
 *   rules.c     <alert>, <defaults>
 *   limits.c    what an <alert> compares with what
 *   recipients.c  <recipient>, <webhook>, <command>
 *   url.c       addresses of web servers
 */

/* One file of the configuration. */
struct document {
	const char *file;     /* absolute */
	const char *too_open; /* why it may hold no password or address; NULL when it may */
	const struct xml_node *root;
	const struct xml_node *include; /* what named it; NULL for config.xml */
	struct document *next;
};

/* The schema's complaint, kept until it is known whether there is a better one. */
struct schema_complaint {
	const char *file;
	int line;
	const char *text;
	struct schema_complaint *next;
};

/* A rule that a group counts, in the order of reading. */
struct rule_link {
	struct rule_group group;
	const char *count; /* "3" or "30%" */
	const struct xml_node *node;
	const struct document *document;
	struct rule_link *next;
};

struct load {
	const char *dir; /* of config.xml; relative paths begin here */
	struct config *config;
	struct arena *result; /* lives as long as the configuration */
	struct secrets *secrets;
	struct arena scratch; /* ends with the reading: trees, lists */
	struct xml_reader *reader;
	struct document *documents;	 /* config.xml, then the included ones in order */
	const struct document *document; /* the one under way */
	struct schema_complaint *complaints;
	struct config_problems *problems;
	size_t mistakes;
	const struct document *defaults; /* what <defaults/> stands for, once it was read */
	struct rule_link *rule_groups;	 /* those read so far, the newest first */
	const char *checked;		 /* the secret file that was found good last */
	bool *named;			 /* which of config->recipients a list names */
	struct ssh_source *ssh_sources;	 /* those read so far */

	const struct metric_choice *choice; /* by the <metrics> around the element under way */
	void *asks, *choices;		    /* trees of struct shared */
	struct watch *watches;		    /* on what has to be asked for */
};

/* As config_load(), with the text of config.xml given unless it is NULL: for the fuzzer. */
int config_load_text(const char *path, const char *text, size_t len, struct config **ret_config,
	struct config_problems *problems) MUST_CHECK;

/* ---- documents.c, problems.c ------------------------------------------------------------- */

/* Reads config.xml, or this text in its place unless that is NULL, and what it includes. What is
 * wrong in them is a complaint; -1 is for want of memory. */
int read_documents(struct load *load, const char *text, size_t len) MUST_CHECK;

/* Adds a mistake at this element, in the document under way. */
void complain(struct load *load, const struct xml_node *node, const char *fmt, ...) PRINTF(3, 4);

/* The same at any place; beyond 200 mistakes they are only counted. Then one that does not
 * refuse the configuration. */
void complain_at(struct load *load, const char *file, int line, const char *fmt, ...) PRINTF(4, 5);
void warn_at(struct load *load, const char *file, int line, const char *fmt, ...) PRINTF(4, 5);

/* The same without a reading. Without memory a problem is lost, but never the fact that there was
 * one. */
void add_problem(
	struct config_problems *p, const char *file, int line, bool warning, const char *text);

/* What only the schema found. */
void add_schema_complaints(struct load *load);

/* By file and line, keeping the order within a line. */
void sort_problems(struct config_problems *p);

/* ---- fields.c ---------------------------------------------------------------------------- */

enum element {
	ELEMENT_CONFIG = 1 << 0,
	ELEMENT_STORAGE = 1 << 1,
	ELEMENT_MAIL = 1 << 2,
	ELEMENT_COLLECTOR = 1 << 3,
	ELEMENT_ALERTER = 1 << 4,
	ELEMENT_RETENTION = 1 << 5,
	ELEMENT_INCLUDE = 1 << 6,
	ELEMENT_GROUP = 1 << 7,
	ELEMENT_CLIENT = 1 << 8,
	ELEMENT_ALERT = 1 << 9,
	ELEMENT_JUMP = 1 << 10,
	ELEMENT_DEFAULTS = 1 << 11,
	ELEMENT_PARENT = 1 << 12,
	ELEMENT_RECIPIENT = 1 << 13,
	ELEMENT_WEBHOOK = 1 << 14,
	ELEMENT_COMMAND = 1 << 15,
	ELEMENT_PROCESS = 1 << 16,
	ELEMENT_FILE = 1 << 17,
	ELEMENT_CERTIFICATE = 1 << 18,
	ELEMENT_TEXTFILE = 1 << 19,
	ELEMENT_FILESYSTEMS = 1 << 20,
	ELEMENT_METRICS = 1 << 21,
};

/* What the attributes of an element are read into. */
struct storage_source {
	struct storage_config config;
	int tls; /* enum choice below */
};
enum { TLS_AUTO, TLS_NO, TLS_YES };

struct mail_source {
	struct mail_config config;
	bool insecure;
};

struct collector_source {
	struct collector_config config;
	const char *identity, *passphrase_file; /* of every client that has none of its own */
	const char *ssh_config;
};

struct include_source {
	const char *dir;
};

struct asked;

/* What the probe is asked for, from <config> down to the element. */
struct asked_list {
	const struct asked *items;
	size_t count;
};

struct client_source { /* of <group> and <jump> too, and of <config> what it shares */
	struct client client;
	const char *group_name;
	uint32_t group_sessions;
	struct asked_list asked;
	const char *words; /* of <metrics>; see choices.c */
};

struct ask_source { /* of all elements that ask for something, and of <metrics> */
	const char *name;
	const char *path; /* whatever it is called there */
	const char *const *include, *const *exclude;
	bool network;
};

struct node_source {
	struct node node;
};

struct recipient_source {
	struct recipient recipient;
	bool insecure;
};

struct rule_source {
	struct rule rule;
	/* their meaning hangs on the metric */
	const char *limit, *below, *clear, *critical, *critical_clear, *change;
	const char *full_within, *absent, *count;
	bool disabled;
};

/* Complains about elements and attributes that do not belong where they are, that are missing
 * or exclude each other, in the whole tree. What belongs there gets its `element` and `field`, so
 * that names are looked up once. */
void check_shape(struct load *load, struct xml_node *root);

/* The element of that name, 0 when there is none. */
enum element element_find(const char *name);

/* Sets every attribute of an element to its default. -1 without memory. */
int fields_default(struct load *load, enum element element, void *base) MUST_CHECK;

/* Parses the attributes that are given; complains about those that are wrong. */
void fields_apply(struct load *load, const struct xml_node *node, enum element element, void *base);

/* Parses a text as if it stood there as that attribute of a <client>. */
int field_apply(struct load *load, const char *attribute, const char *text,
	struct client_source *client, struct error *err) MUST_CHECK;

/* ---- values.c, credentials.c ------------------------------------------------------------- */

struct field;

/* Parses one attribute's text to `target`. The error says what is wrong with the value and
 * what to write instead. Parsers of text take "" as "not given"; a given attribute is never
 * empty, unless its field says so. */
typedef int value_parser(struct load *load, const struct field *field, const char *text,
	void *target, struct error *err);

struct field {
	unsigned elements; /* where it may stand */
	const char *name;
	value_parser *parse;
	size_t offset;	      /* of the target, in the element's source */
	const char *fallback; /* the default, as it would be written; NULL leaves zero */
	int64_t min, max;     /* of counts, ports and durations (ms) */
	const char *choices;  /* of parse_choice: "a|b", in the enum's order */
	bool secret;	      /* never shown */
	bool may_be_empty;
};

/* The words of a text, cut at any of these bytes (words.c): NULL-terminated; NULL without memory.
 */
#define COMMAS ", \t\n"
#define BLANKS " \t\n"
const char **cut_words(struct arena *arena, const char *text, const char *between) MUST_CHECK;

value_parser parse_text;      /* const char *: printable, no quotes */
value_parser parse_name;      /* the same, of a client */
value_parser parse_host;      /* const char *: a host name or address */
value_parser parse_username;  /* const char * */
value_parser parse_path;      /* const char *: made absolute */
value_parser parse_file;      /* const char *: the same, and it can be read */
value_parser parse_count;     /* uint32_t */
value_parser parse_port;      /* uint16_t */
value_parser parse_duration;  /* int64_t, ms */
value_parser parse_yes;	      /* bool */
value_parser parse_choice;    /* an enum */
value_parser parse_address;   /* const char *: one mail address */
value_parser parse_addresses; /* const char *const *: any number, of recipients by name too */
value_parser parse_words;     /* const char *const *: friendly names of alerts */
value_parser parse_list_id;   /* const char *: what names the list of the alerts */
value_parser parse_host_key;  /* struct client * */

value_parser parse_ssh_config; /* const char *: a path, "~/" being home (ssh_config_apply.c) */

value_parser parse_identity;	  /* const char *: "agent", "agent:PATH" or a key file */
value_parser parse_secret_path;	  /* const char *: a file nobody else can read */
value_parser parse_password;	  /* const char *, in `secrets` */
value_parser parse_password_file; /* const char *, in `secrets`: the file's first line */

value_parser parse_nick;     /* const char *: what a list of recipients can call one (recipients.c,
				as all these) */
value_parser parse_quiet;    /* struct recipient * */
value_parser parse_argv;     /* const char *const *: a program and its arguments */
value_parser parse_template; /* const char *: the text of a file */

value_parser parse_client_path; /* const char *: an absolute path there (asks.c, as the next) */
value_parser parse_process;	/* const char * */
value_parser parse_mounts;	/* const char *const *: patterns of mount points */
value_parser parse_metrics;	/* const char *const *: words of <metrics> (choices.c) */

value_parser parse_url;	     /* const char *: http or https (url.c, as the next) */
value_parser parse_url_file; /* const char *, in `secrets`: the file's first line */

/* The words of a text, NULL-terminated, that live as long as the reading. The error of the first
 * one that is wrong says which. */
typedef int word_check(const char *word, struct error *err);
int read_words(struct load *load, const char *text, word_check *check,
	const char *const **ret_words, struct error *err) MUST_CHECK;

bool is_host(const char *text); /* a name or an address */
bool is_loopback(const char *host);
bool url_is_loopback(const char *url);

/* A limit as it is written, in the metric's unit: see rules.c. */
struct metric;
int parse_limit(const struct metric *metric, const char *name, const char *text, double *ret_value,
	struct error *err) MUST_CHECK;

/* ---- sections.c, fleet.c, jumps.c, rules.c ----------------------------------------------- */

/* The element of that name, or NULL. */
const struct recipient *find_recipient(const struct config *config, const char *name);

/* Reads <recipient>, <webhook> and <command>. -1 without memory. */
int load_recipients(struct load *load) MUST_CHECK;

/* Once all lists were read: warns of what none of them names. */
void warn_of_unnamed(struct load *load);

/* Reads every <parent>, and finds what each `parent_name` means; after load_jumps(). -1 without
 * memory. */
int load_parents(struct load *load, struct client *clients, struct client *jumps) MUST_CHECK;

/* Reads what stands once, wherever it stands. `ret_base` receives what clients inherit. */
int load_sections(struct load *load, struct client *ret_base) MUST_CHECK;

/* ssh_config_apply.c: what the file that the client names says of it, for what config.xml does not
 * say. -1 without memory. */
int apply_ssh_config(
	struct load *load, const struct xml_node *node, struct client_source *client) MUST_CHECK;
void finish_ssh_config(struct load *load);

/* Reads groups and clients into load->config. -1 without memory. */
int load_fleet(struct load *load, const struct client *base) MUST_CHECK;

/* What the element asks of its clients, added to what it inherits (asks.c). -1 without memory. */
int load_asks(
	struct load *load, const struct xml_node *node, struct client_source *client) MUST_CHECK;

/* Once a client has all: those who are asked the same share one text. -1 without memory. */
int share_asks(struct load *load, const struct xml_node *node, struct client *c) MUST_CHECK;

/* The same of what is stored (choices.c). An <alert> can be on what a <metrics> names, so the first
 * comes before load_rules(); the second after it, when either said something. */
int load_metrics(
	struct load *load, const struct xml_node *node, struct client_source *client) MUST_CHECK;
int share_choice(struct load *load, struct client_source *client) MUST_CHECK;

/* Alerts on what has to be asked for: each as it is read, then what every client has of them, and
 * in the end a warning of those that no client can have (watched.c). The first is -1 without
 * memory. */
int add_watch(struct load *load, const struct rule *rule) MUST_CHECK;
void check_watches(struct load *load, const struct client_source *client);
void warn_of_watches(struct load *load);

/* Whether something of that kind and pattern is asked for. */
bool is_asked(const struct asked_list *asked, enum ask_kind kind, const char *pattern);

/* Whether that is a metric outside the catalogue which is stored of the element under way. */
bool is_custom_metric(const struct load *load, const char *name);

/* A text that clients have in common (shared.c). */
struct shared {
	const char *text; /* lives as long as the configuration */
	const struct metric_choice *choice;
	bool is_used;
};

/* The one of this text among those of `root`, made if need be. NULL without memory. */
struct shared *find_shared(struct load *load, void **root, const char *text) MUST_CHECK;
void finish_shared(struct load *load);

/* Once all clients are there: sorts them by name, and finds what each `jump_name` means. -1
 * without memory. */
int load_jumps(struct load *load, struct client *clients, struct client *jumps) MUST_CHECK;

/* The rules of an element, over those inherited: what its <defaults/> brings, then its own
 * <alert>s in the place of the same ones, and its further ones. Shares the array when there is
 * nothing of its own. `owner` has the group and mail that rules with a `count` belong to. */
int load_rules(struct load *load, const struct xml_node *node, const struct client *owner,
	const struct rule *const **ret_rules) MUST_CHECK;

/* Once all clients are there: who is counted by which group. -1 without memory. */
int load_rule_groups(struct load *load) MUST_CHECK;

/* Metric and limits of a rule, out of what its attributes say (limits.c). */
void set_limits(struct load *load, const struct xml_node *node, struct rule_source *s);

#endif
