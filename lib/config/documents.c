/* Reads config.xml and what it includes to trees. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/config/load.h"
#include "lib/file.h"

enum { FILE_SIZE_MAX = 64 << 20, FILES_MAX = 10000 };

static void on_fault(void *arg, enum xml_fault fault, int line, const char *text)
{
	struct load *load = arg;
	if (fault == XML_FAULT_SYNTAX) {
		complain_at(load, load->document->file, line, "%s", text);
		return;
	}
	struct schema_complaint *c = arena_alloc(&load->scratch, sizeof *c);
	char *copy = arena_copy(&load->scratch, text, strlen(text));
	if (!c || !copy) {
		complain_at(load, load->document->file, line, "%s", text);
		return;
	}
	*c = (struct schema_complaint){ load->document->file, line, copy, load->complaints };
	load->complaints = c;
}

/* Parses a document and puts it behind the others. What is wrong in it is a complaint; -1 is
 * for want of memory. */
static int add_document(struct load *load, const char *file, const char *too_open,
	const struct xml_node *include, const char *text, size_t len)
{
	struct document *d = arena_alloc(&load->scratch, sizeof *d);
	if (!d)
		return -1;
	d->file = arena_copy(load->result, file, strlen(file));
	d->too_open = too_open ? arena_copy(&load->scratch, too_open, strlen(too_open)) : NULL;
	d->include = include;
	if (!d->file || (too_open && !d->too_open))
		return -1;
	load->document = d;
	size_t mistakes = load->mistakes;
	struct xml_node *root;
	if (xml_read(load->reader, text, len, &load->scratch, on_fault, load, &root) < 0)
		return load->mistakes > mistakes ? 0 : -1;
	d->root = root;
	check_shape(load, root);
	struct document **end = &load->documents;
	while (*end)
		end = &(*end)->next;
	*end = d;
	return 0;
}

/* Reads a file that need not be secret, but tells why it is not, should it hold a secret. */
static int read_document(
	const char *file, struct buffer *out, struct error *ret_open, struct error *err)
{
	ret_open->text[0] = 0;
	if (file_read(file, FILE_SECRET, FILE_SIZE_MAX, out, ret_open) == 0)
		return 0;
	return file_read(file, FILE_TRUSTED, FILE_SIZE_MAX, out, err);
}

static int add_file(struct load *load, const char *file, const struct xml_node *include)
{
	CLEANUP(buffer_wipe) struct buffer text = { 0 };
	struct error open;
	struct error err;
	if (read_document(file, &text, &open, &err) < 0) {
		complain_at(load, file, 0, "%s%s", err.text,
			strstr(err.text, "; ")
				? ""
				: "; make it as config.xml.example shows, or name another file");
		return 0;
	}
	return add_document(
		load, file, open.text[0] ? open.text : NULL, include, text.data, text.len);
}

/* ---- included files ----------------------------------------------------------------------- */

static int is_included(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);
	return entry->d_name[0] != '.' && len > 4 && strcmp(entry->d_name + len - 4, ".xml") == 0;
}

static int by_file_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_listed(struct load *load, const char *dir, struct dirent *const *entries, int count,
	const struct xml_node *include)
{
	int result = 0;
	for (int i = 0; i < count && result == 0; i++) {
		CLEANUP(path_free) char *file = path_join(dir, entries[i]->d_name);
		result = file ? add_file(load, file, include) : -1;
	}
	return result;
}

static int add_folder(struct load *load, const struct xml_node *include, const char *dir)
{
	struct dirent **entries;
	int count = scandir(dir, &entries, is_included, by_file_name);
	if (count < 0) {
		complain(load, include, "%s: %s; make the folder or name another", dir,
			strerror(errno));
		return 0;
	}
	int result = 0;
	if (count > FILES_MAX)
		complain(load, include, "%s holds %d files; write at most %d", dir, count,
			FILES_MAX);
	else
		result = add_listed(load, dir, entries, count, include);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return result;
}

static int add_includes(struct load *load)
{
	const struct document *main = load->documents;
	for (const struct xml_node *n = main->root->first; n; n = n->next) {
		struct include_source s = { .dir = "" };
		if (n->element != ELEMENT_INCLUDE)
			continue;
		load->document = main;
		fields_apply(load, n, ELEMENT_INCLUDE, &s);
		if (s.dir[0] && add_folder(load, n, s.dir) < 0)
			return -1;
	}
	for (const struct document *d = main->next; d; d = d->next)
		for (const struct xml_node *n = d->root->first; n; n = n->next)
			if (n->element == ELEMENT_INCLUDE)
				complain_at(load, d->file, n->line,
					"<include> stands in an included file; "
					"write it in %s",
					main->file);
	return 0;
}

int read_documents(struct load *load, const char *text, size_t len)
{
	const char *file = load->config->file;
	int result =
		text ? add_document(load, file, NULL, NULL, text, len) : add_file(load, file, NULL);
	return result < 0 || !load->documents ? result : add_includes(load);
}
