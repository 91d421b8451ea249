/* Files in, configuration out. */
#include "lib/config/config.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config/load.h"
#include "lib/file.h"

/* What config->memory points to. */
struct config_memory {
	struct config config;
	struct arena arena;
	struct secrets secrets;
};

/* The absolute path of config.xml; its last part may not be a symbolic link, see file_read(). */
static int set_paths(struct load *load, const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	CLEANUP(path_free) char *copy = strdup(path);
	CLEANUP(path_free) char *dir = copy ? realpath(dirname(copy), NULL) : NULL;
	if (!dir && errno != ENOMEM)
		return error_set(err, "cannot be found: %s; name another file", strerror(errno));
	CLEANUP(path_free) char *file = dir ? path_join(dir, slash ? slash + 1 : path) : NULL;
	if (!file)
		return -1;
	load->dir = arena_copy(load->result, dir, strlen(dir));
	load->config->dir = load->dir;
	load->config->file = arena_copy(load->result, file, strlen(file));
	return load->config->dir && load->config->file ? 0 : -1;
}

/* -1 for want of memory; mistakes are counted in `load`. */
static int load_documents(struct load *load, const char *text, size_t len)
{
	struct client base;
	if (read_documents(load, text, len) < 0)
		return -1;
	if (!load->documents)
		return 0;
	if (load_recipients(load) < 0 || load_sections(load, &base) < 0 ||
		load_fleet(load, &base) < 0)
		return -1;
	warn_of_unnamed(load);
	add_schema_complaints(load);
	return 0;
}

int config_load_text(const char *path, const char *text, size_t len, struct config **ret_config,
	struct config_problems *problems)
{
	struct error err = { "not enough memory" };
	struct config_memory *m = calloc(1, sizeof *m);
	struct load load = { .problems = problems };
	*problems = (struct config_problems){ 0 };
	int result = -1;
	if (!m)
		goto out;
	m->config.memory = m;
	load.config = &m->config;
	load.result = &m->arena;
	load.secrets = &m->secrets;
	if (set_paths(&load, path, &err) == 0 && xml_reader_create(&load.reader, &err) == 0)
		result = load_documents(&load, text, len);
out:
	if (result < 0)
		add_problem(problems, path, 0, false, err.text);
	xml_reader_destroy(load.reader);
	finish_ssh_config(&load);
	finish_shared(&load);
	arena_finish(&load.scratch);
	sort_problems(problems);
	if (result < 0 || load.mistakes) {
		config_destroy(m ? &m->config : NULL);
		return -1;
	}
	*ret_config = &m->config;
	return 0;
}

int config_load(const char *path, struct config **ret_config, struct config_problems *problems)
{
	return config_load_text(path, NULL, 0, ret_config, problems);
}

void config_destroy(struct config *config)
{
	if (!config)
		return;
	struct config_memory *m = config->memory;
	secrets_finish(&m->secrets);
	arena_finish(&m->arena);
	free(m);
}

const char *config_default_path(void)
{
	static const char *const paths[] = { "./config.xml", "/etc/fleet-health/config.xml" };
	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		if (access(paths[i], F_OK) == 0)
			return paths[i];
	return NULL;
}
