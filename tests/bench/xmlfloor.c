/*
 * What libxml2 takes to parse a configuration and to validate it, and nothing else:
 *   xmlfloor config.xsd config.xml
 */
#include <libxml/parser.h>
#include <libxml/xmlschemas.h>
#include <stdio.h>

static int validate(const char *schema_file, const char *file)
{
	xmlSchemaParserCtxt *parser = xmlSchemaNewParserCtxt(schema_file);
	xmlSchema *schema = parser ? xmlSchemaParse(parser) : NULL;
	xmlDoc *document = xmlReadFile(file, NULL, XML_PARSE_NONET | XML_PARSE_BIG_LINES);
	xmlSchemaValidCtxt *validator = schema ? xmlSchemaNewValidCtxt(schema) : NULL;
	int rc = validator && document ? xmlSchemaValidateDoc(validator, document) : -1;
	xmlSchemaFreeValidCtxt(validator);
	xmlFreeDoc(document);
	xmlSchemaFree(schema);
	xmlSchemaFreeParserCtxt(parser);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc == 3 && validate(argv[1], argv[2]) == 0)
		return 0;
	(void)fputs("xmlfloor: the file is not valid, or usage: xmlfloor SCHEMA FILE\n", stderr);
	return 1;
}
