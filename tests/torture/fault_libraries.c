/* The allocators of libraries that take ours; libxml2 and libssh2 have them already. */
#include <curl/curl.h>
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "tests/torture/fault.h"

void *__wrap_calloc(size_t n, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

CURLcode __wrap_curl_global_init(long flags);
CURLcode __wrap_curl_global_init(long flags)
{
	return FAULT(curl_global_init) ? CURLE_OUT_OF_MEMORY
				       : curl_global_init_mem(flags, __wrap_malloc, free,
						 __wrap_realloc, __wrap_strdup, __wrap_calloc);
}

/*
 * Schemas in libxml2 2.9 go through null pointers, and forget what they hold, when there is no
 * memory, whatever their caller does. What is compiled is one schema that is part of the
 * program, and what is checked is config.xml, before anything is begun.
 */
xmlSchema *__real_xmlSchemaParse(xmlSchemaParserCtxt *p);
xmlSchema *__wrap_xmlSchemaParse(xmlSchemaParserCtxt *p);
xmlSchema *__wrap_xmlSchemaParse(xmlSchemaParserCtxt *p)
{
	if (FAULT(xmlSchemaParse))
		return NULL;
	fault_spare_libraries();
	xmlSchema *schema = __real_xmlSchemaParse(p);
	fault_resume();
	return schema;
}

xmlSchemaValidCtxt *__real_xmlSchemaNewValidCtxt(xmlSchema *schema);
xmlSchemaValidCtxt *__wrap_xmlSchemaNewValidCtxt(xmlSchema *schema);
xmlSchemaValidCtxt *__wrap_xmlSchemaNewValidCtxt(xmlSchema *schema)
{
	if (FAULT(xmlSchemaNewValidCtxt))
		return NULL;
	fault_spare_libraries();
	xmlSchemaValidCtxt *context = __real_xmlSchemaNewValidCtxt(schema);
	fault_resume();
	return context;
}

int __real_xmlParseDocument(xmlParserCtxt *p);
int __wrap_xmlParseDocument(xmlParserCtxt *p);
int __wrap_xmlParseDocument(xmlParserCtxt *p)
{
	fault_spare_libraries();
	int r = __real_xmlParseDocument(p);
	fault_resume();
	return r;
}

/* SQLite asks how large a block is, so its own allocator stays underneath. */
static sqlite3_mem_methods plain;

static void *sqlite_malloc(int size)
{
	return FAULT(malloc) ? NULL : plain.xMalloc(size);
}

static void *sqlite_realloc(void *p, int size)
{
	return FAULT(realloc) ? NULL : plain.xRealloc(p, size);
}

__attribute__((constructor)) static void use_allocator(void)
{
	sqlite3_mem_methods ours;
	if (sqlite3_config(SQLITE_CONFIG_GETMALLOC, &plain) != SQLITE_OK)
		abort();
	ours = plain;
	ours.xMalloc = sqlite_malloc;
	ours.xRealloc = sqlite_realloc;
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &ours) != SQLITE_OK)
		abort();
}
