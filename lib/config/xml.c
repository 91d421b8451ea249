#include "lib/config/xml.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/xmlschemas.h>
#include <limits.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

extern const char config_xsd[];
extern const size_t config_xsd_len;

struct xml_reader {
	xmlSchema *schema;

	/* of the document under way */
	xmlParserCtxt *parser;
	struct arena *arena;
	struct xml_node *root, *current;
	int line; /* of the element under way, for the validator's complaints */
	bool failed;
	xml_report *report;
	void *arg;
};

#if LIBXML_VERSION >= 21200
typedef const xmlError xml_error;
#else
typedef xmlError xml_error;
#endif

/* ---- memory that is wiped when libxml2 frees it ------------------------------------------ */

static void wiping_free(void *p)
{
	if (p)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *wiping_realloc(void *p, size_t size)
{
	void *moved = malloc(size);
	if (!moved || !p)
		return moved;
	size_t old = malloc_usable_size(p);
	memcpy(moved, p, old < size ? old : size);
	wiping_free(p);
	return moved;
}

/* ---- from events to the tree ------------------------------------------------------------- */

static void fail(struct xml_reader *r, int line, const char *text)
{
	if (text && !r->failed)
		r->report(r->arg, XML_FAULT_SYNTAX, line, text);
	r->failed = true;
}

/* Not for error handlers: the parser goes on to use the input that stopping it frees. It ends
 * by itself after a mistake of syntax. */
static void fail_and_stop(struct xml_reader *r, int line, const char *text)
{
	fail(r, line, text);
	xmlStopParser(r->parser);
}

/* The line where the tag under way begins; the parser itself stands at its end. A `<` cannot
 * be part of an attribute's value, so the nearest one before is the tag's own. */
static int tag_line(const xmlParserInput *in)
{
	int line = in->line;
	for (const xmlChar *c = in->cur; c > in->base && *c != '<'; c--)
		line -= *c == '\n';
	return line;
}

/* A value as the parser hands it to event handlers: decoded, but for an ampersand, which
 * stands as `&#38;` unless entities are substituted. */
static char *copy_value(struct arena *arena, const char *text, size_t len)
{
	static const char ampersand[] = "&#38;";
	char *copy = arena_copy(arena, text, len);
	char *out = copy ? strchr(copy, '&') : NULL;
	if (!out)
		return copy;
	for (const char *in = out; *in;) {
		bool coded = strncmp(in, ampersand, sizeof ampersand - 1) == 0;
		*out++ = *in;
		in += coded ? sizeof ampersand - 1 : 1;
	}
	*out = 0;
	return copy;
}

/* libxml2 hands attributes over as (name, prefix, namespace, value, end of value). */
enum { NAME, PREFIX, NAMESPACE, VALUE, END, ATTRIBUTE_WIDTH };

static int copy_attributes(
	struct xml_reader *r, struct xml_node *node, const xmlChar **from, size_t count)
{
	struct xml_attribute *to = arena_alloc(r->arena, count * sizeof *to);
	if (!to)
		return -1;
	node->attributes = to;
	for (size_t i = 0; i < count; i++, from += ATTRIBUTE_WIDTH) {
		const char *name = (const char *)from[NAME];
		if (from[NAMESPACE])
			continue; /* the validator's business: xsi:… for editors */
		to->name = arena_copy(r->arena, name, strlen(name));
		to->value = copy_value(
			r->arena, (const char *)from[VALUE], (size_t)(from[END] - from[VALUE]));
		if (!to->name || !to->value)
			return -1;
		to++;
		node->attribute_count++;
	}
	return 0;
}

static void add_child(struct xml_node *parent, struct xml_node *node)
{
	node->parent = parent;
	if (!parent)
		return;
	if (parent->last)
		parent->last->next = node;
	else
		parent->first = node;
	parent->last = node;
}

static void on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
	int namespace_count, const xmlChar **namespaces, int attribute_count, int defaulted,
	const xmlChar **attributes)
{
	(void)prefix, (void)uri, (void)namespace_count, (void)namespaces, (void)defaulted;
	struct xml_reader *r = arg;
	if (r->failed)
		return;
	struct xml_node *node = arena_alloc(r->arena, sizeof *node);
	if (node)
		node->name = arena_copy(r->arena, name, strlen((const char *)name));
	if (!node || !node->name ||
		copy_attributes(r, node, attributes, (size_t)attribute_count) < 0) {
		fail_and_stop(r, 0, NULL);
		return;
	}
	r->line = node->line = tag_line(r->parser->input);
	add_child(r->current, node);
	r->current = node;
	if (!r->root)
		r->root = node;
}

static void on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	(void)name, (void)prefix, (void)uri;
	struct xml_reader *r = arg;
	if (r->failed)
		return;
	r->line = r->current->line;
	r->current = r->current->parent;
}

static void on_doctype(
	void *arg, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	(void)name, (void)external, (void)system;
	struct xml_reader *r = arg;
	fail_and_stop(r, r->parser->input->line,
		"a DOCTYPE is refused, because entities can read files and exhaust memory; "
		"write the file without <!DOCTYPE …>");
}

/* ---- complaints -------------------------------------------------------------------------- */

static void on_error(void *arg, xml_error *e)
{
	struct xml_reader *r = arg;
	if (r->failed || !e->message || e->level < XML_ERR_ERROR)
		return;
	char text[512];
	size_t len = strcspn(e->message, "\n");
	len -= len > 0 && e->message[len - 1] == '.';
	bool schema = e->domain == XML_FROM_SCHEMASV;
	(void)snprintf(text, sizeof text, "%.*s; %s", len > 300 ? 300 : (int)len, e->message,
		schema ? "write it as config.xml.example shows"
		       : "write well-formed XML: every tag closed, every value in quotes, & as "
			 "&amp;");
	if (schema)
		r->report(r->arg, XML_FAULT_SCHEMA, r->line, text);
	else
		fail(r, e->line, text);
}

/* Without memory the schema's compiler would speak on standard error of its own. */
static void ignore_error(void *arg, xml_error *e)
{
	(void)arg, (void)e;
}

/* ---- the module's functions -------------------------------------------------------------- */

int xml_reader_create(struct xml_reader **ret_reader, struct error *err)
{
	/* Plain malloc() underneath, so that what libxml2 had allocated before fits too. */
	(void)xmlMemSetup(wiping_free, malloc, wiping_realloc, strdup);
	xmlInitParser();
	struct xml_reader *r = calloc(1, sizeof *r);
	if (!r)
		return error_set(err, "not enough memory");
	xmlSetStructuredErrorFunc(NULL, ignore_error);
	xmlSchemaParserCtxt *p = xmlSchemaNewMemParserCtxt(config_xsd, (int)config_xsd_len);
	r->schema = p ? xmlSchemaParse(p) : NULL;
	xmlSchemaFreeParserCtxt(p);
	xmlSetStructuredErrorFunc(NULL, NULL);
	if (!r->schema) {
		xml_reader_destroy(r);
		return error_set(err, "config.xsd cannot be compiled");
	}
	*ret_reader = r;
	return 0;
}

void xml_reader_destroy(struct xml_reader *r)
{
	if (!r)
		return;
	xmlSchemaFree(r->schema);
	free(r);
}

/* Runs the parser with the validator plugged in behind our handlers: each element is first
 * put into the tree, so that its line is known when the validator complains. */
static int run(struct xml_reader *r, xmlSchemaValidCtxt *validator)
{
	xmlSAXHandler handlers = {
		.initialized = XML_SAX2_MAGIC,
		.startElementNs = on_start,
		.endElementNs = on_end,
		.internalSubset = on_doctype,
	};
	xmlSAXHandler *own = r->parser->sax;
	void *own_data = r->parser->userData;
	r->parser->sax = &handlers;
	r->parser->userData = r;
	xmlSchemaSAXPlugStruct *plug =
		xmlSchemaSAXPlug(validator, &r->parser->sax, &r->parser->userData);
	if (plug) {
		(void)xmlParseDocument(r->parser);
		(void)xmlSchemaSAXUnplug(plug);
	}
	bool well_formed = plug && r->parser->wellFormed;
	r->parser->sax = own;
	r->parser->userData = own_data;
	return well_formed && !r->failed && r->root ? 0 : -1;
}

int xml_read(struct xml_reader *r, const char *text, size_t len, struct arena *arena,
	xml_report *report, void *arg, struct xml_node **ret_root)
{
	*r = (struct xml_reader){
		.schema = r->schema, .arena = arena, .line = 1, .report = report, .arg = arg
	};
	if (len == 0 || len > INT_MAX) {
		fail(r, 1, "the file is empty or too large; write a <config> element");
		return -1;
	}
	int result = -1;
	xmlSetStructuredErrorFunc(r, on_error);
	r->parser = xmlCreateMemoryParserCtxt(text, (int)len);
	xmlSchemaValidCtxt *validator = xmlSchemaNewValidCtxt(r->schema);
	if (r->parser && validator) {
		/* Never NOENT, DTDLOAD, XINCLUDE or HUGE. */
		(void)xmlCtxtUseOptions(r->parser, XML_PARSE_NONET | XML_PARSE_BIG_LINES);
		xmlSchemaSetValidStructuredErrors(validator, on_error, r);
		result = run(r, validator);
	}
	xmlSchemaFreeValidCtxt(validator);
	xmlFreeParserCtxt(r->parser);
	xmlSetStructuredErrorFunc(NULL, NULL);
	r->parser = NULL;
	if (result == 0)
		*ret_root = r->root;
	return result;
}

const char *xml_attribute(const struct xml_node *node, const char *name)
{
	for (size_t i = 0; i < node->attribute_count; i++)
		if (strcmp(node->attributes[i].name, name) == 0)
			return node->attributes[i].value;
	return NULL;
}
