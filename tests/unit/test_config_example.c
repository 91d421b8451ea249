/* config.xml.example: complete, and every part of it works. */
#include "tests/unit/unit.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/file.h"
#include "tests/unit/config_rig.h"

static char *read_source(const char *name)
{
	struct buffer b = { 0 };
	struct error err;
	char path[4200];
	(void)snprintf(path, sizeof path, SOURCE_ROOT "/%s", name);
	if (file_read(path, FILE_ANY, 1 << 20, &b, &err) < 0)
		fail_msg("%s", err.text);
	return b.data;
}

static void the_example_works_as_it_is(void **state)
{
	(void)state;
	char *example = read_source("config.xml.example");
	struct config *c = rig_load(example);
	assert_int_equal(c->client_count, 2);
	config_destroy(c);
	free(example);
}

static void blank(char *from, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (from[i] != '\n')
			from[i] = ' ';
}

/* The live element of that name, which stands on a line of its own, two blanks in. */
static void blank_element(char *text, const char *name, size_t len)
{
	char start[40];
	(void)snprintf(start, sizeof start, "\n  <%.*s ", (int)len, name);
	char *live = strstr(text, start);
	if (live)
		blank(live, (size_t)(strstr(live, "/>") + 2 - live));
}

static void every_commented_element_works(void **state)
{
	(void)state;
	char *example = read_source("config.xml.example");
	int count = 0;
	for (const char *c = example; (c = strstr(c, "<!--")); c += 4) {
		const char *element = c + 4 + strspn(c + 4, " \n");
		if (*element != '<')
			continue;
		char *copy = strdup(example);
		char *here = copy + (c - example);
		const char *name = element + 1;
		blank(here, 4);
		blank(strstr(here, "-->"), 3);
		if (strncmp(name, "group", 5) != 0 && strncmp(name, "client", 6) != 0)
			blank_element(copy, name, strcspn(name, " "));
		rig_put("config.xml", copy, 0600);
		struct config *config;
		struct config_problems problems;
		if (config_load("config.xml", &config, &problems) < 0)
			fail_msg("%d: %s", problems.items[0].line, problems.items[0].text);
		config_problems_finish(&problems);
		config_destroy(config);
		free(copy);
		count++;
	}
	assert_true(count > 10);
	free(example);
}

/* Whether a tag of that element carries the attribute anywhere in the text. */
static bool tag_carries(const char *text, const char *element, const char *attribute)
{
	char tag[100];
	char given[100];
	(void)snprintf(tag, sizeof tag, "<%s", element);
	(void)snprintf(given, sizeof given, "%s=\"", attribute);
	for (const char *t = text; (t = strstr(t, tag)); t++) {
		const char *end = strchr(t, '>');
		if (!isspace((unsigned char)t[strlen(tag)]))
			continue;
		for (const char *a = t; (a = strstr(a, given)) && a < end; a++)
			if (isspace((unsigned char)a[-1]))
				return true;
	}
	return false;
}

static void the_example_shows_every_attribute_of_the_schema(void **state)
{
	(void)state;
	char *example = read_source("config.xml.example");
	char *schema = read_source("lib/config/config.xsd");
	char element[80] = "";
	char attribute[80];
	int count = 0;
	for (char *line = strtok(schema, "\n"); line; line = strtok(NULL, "\n")) {
		(void)sscanf(line, " <xs:complexType name=\"%79[^\"]\"", element);
		if (sscanf(line, " <xs:attributeGroup name=\"%79[^\"]\"", element) == 1)
			strcpy(element, strcmp(element, "told") == 0 ? "recipient" : "group");
		if (sscanf(line, " <xs:attribute name=\"%79[^\"]\"", attribute) != 1)
			continue;
		if (!tag_carries(example, element, attribute))
			fail_msg("config.xml.example shows no <%s %s>", element, attribute);
		count++;
	}
	assert_true(count > 50);
	free(schema);
	free(example);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CONFIG_TEST(the_example_works_as_it_is),
		CONFIG_TEST(every_commented_element_works),
		CONFIG_TEST(the_example_shows_every_attribute_of_the_schema),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
