#ifndef FLEET_CONFIG_XML_H
#define FLEET_CONFIG_XML_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/error.h"

/*
 * XML text to a plain tree, validated against config.xsd on the way. The only user of
 * libxml2, whose types do not cross this header.
 *
 * No document of libxml2's own is built: its parser's events make the tree, so that ten
 * thousand clients do not cost 34 MB, and lines are right beyond 65535. Whatever libxml2
 * allocates while it works is wiped when it frees it, because passwords may stand in it.
 */
struct xml_attribute {
	const char *name, *value;
	const void *field; /* the user's own: what it sets */
};

struct xml_node {
	const char *name;
	unsigned element;		  /* the user's own number of its kind */
	int line;			  /* of its `<` */
	struct xml_attribute *attributes; /* those without a namespace */
	size_t attribute_count;
	struct xml_node *first, *last, *next, *parent;
};

enum xml_fault {
	XML_FAULT_SYNTAX, /* the document cannot be used */
	XML_FAULT_SCHEMA, /* well-formed, but not what config.xsd describes */
};

typedef void xml_report(void *arg, enum xml_fault fault, int line, const char *text);

struct xml_reader;

/* Compiles the schema once for many documents. */
int xml_reader_create(struct xml_reader **ret_reader, struct error *err) MUST_CHECK;
void xml_reader_destroy(struct xml_reader *reader);

/* Parses and validates one document into `arena`. Faults are reported as they are met; at
 * most the first of syntax. Any DOCTYPE is one, found before anything in it is looked at.
 * Returns -1 when there is no usable tree, which has been reported unless memory ran out. */
int xml_read(struct xml_reader *reader, const char *text, size_t len, struct arena *arena,
	xml_report *report, void *arg, struct xml_node **ret_root) MUST_CHECK;

/* The value of an attribute, or NULL. */
const char *xml_attribute(const struct xml_node *node, const char *name);

#endif
