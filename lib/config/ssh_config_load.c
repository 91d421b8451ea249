/* The files of an ssh_config(5), and those they include. */
#include <errno.h>
#include <glob.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/config/ssh_config.h"
#include "lib/file.h"

enum { FILE_SIZE_MAX = 16 * 1024 * 1024, DEPTH_MAX = 16 };

static int include(
	const struct ssh_config_source *from, struct ssh_config *c, const char *pattern, int line);

/* A link is followed, as ssh does, but what it leads to has to be trustworthy all the same. */
static int read_text(const char *path, struct buffer *out, struct error *err)
{
	CLEANUP(path_free) char *real = realpath(path, NULL);
	if (!real)
		return error_errno(err, "%s", path);
	return file_read(real, FILE_TRUSTED, FILE_SIZE_MAX, out, err);
}

/* Names of files live as long as the entries, which point to them. */
static int load_file(
	struct ssh_config *c, const struct ssh_config_source *source, struct error *err)
{
	CLEANUP(buffer_finish) struct buffer text = { 0 };
	if (read_text(source->file, &text, err) < 0)
		return -1;
	return ssh_config_parse(c, source, text.data ? text.data : "", text.len) < 0
		       ? error_set(err, "%s: not enough memory", source->file)
		       : 0;
}

static int include_file(
	const struct ssh_config_source *from, struct ssh_config *c, const char *file, int line)
{
	struct ssh_config_source source = *from;
	struct error err = { "" };
	source.depth++;
	source.file = ssh_config_keep(c, file);
	if (!source.file)
		return -1;
	if (load_file(c, &source, &err) < 0 && from->warn)
		from->warn(from->arg, from->file, line, err.text);
	return 0;
}

/* "~/NAME" begins at home, as the password file has it; a relative one at the first file's folder.
 * NULL without memory. */
static char *resolve(const char *name, const char *folder)
{
	const struct passwd *user = name[0] == '~' && name[1] == '/' ? getpwuid(geteuid()) : NULL;
	return user ? path_join(user->pw_dir, name + 2) : path_join(folder, name);
}

static int include(
	const struct ssh_config_source *from, struct ssh_config *c, const char *pattern, int line)
{
	CLEANUP(path_free) char *path = resolve(pattern, from->folder);
	glob_t found = { 0 };
	if (from->depth >= DEPTH_MAX) {
		if (from->warn)
			from->warn(from->arg, from->file, line,
				"Include goes too deep; it is passed over");
		return 0;
	}
	int r = path ? glob(path, 0, NULL, &found) : GLOB_NOSPACE;
	int result = r == GLOB_NOSPACE ? -1 : 0;
	for (size_t i = 0; r == 0 && result == 0 && i < found.gl_pathc; i++)
		result = include_file(from, c, found.gl_pathv[i], line);
	globfree(&found);
	return result;
}

int ssh_config_load(const char *path, ssh_config_warning *warn, void *arg,
	struct ssh_config **ret_config, struct error *err)
{
	CLEANUP(path_free) char *folder = strdup(path);
	struct ssh_config *c = ssh_config_create();
	const char *file = c ? ssh_config_keep(c, path) : NULL;
	int r = -1;
	if (folder && file) {
		char *slash = strrchr(folder, '/');
		if (slash)
			*slash = 0;
		const struct ssh_config_source source = { .file = file,
			.include = include,
			.warn = warn,
			.arg = arg,
			.folder = slash ? folder : "." };
		r = load_file(c, &source, err);
		if (r == 0 && ssh_config_index(c) < 0)
			r = error_set(err, "%s: not enough memory", path);
	} else {
		(void)error_set(err, "%s: not enough memory", path);
	}
	if (r < 0)
		ssh_config_destroy(c);
	else
		*ret_config = c;
	return r;
}
