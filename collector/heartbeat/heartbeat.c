#include "collector/heartbeat/heartbeat.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/process.h"

/* A pipe takes at least 4096 bytes (pipe(7)), which is more than a URL may have. */
static int put_on_stdin(const char *url)
{
	int ends[2];
	size_t len = strlen(url);
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	int result = write(ends[1], url, len) == (ssize_t)len ? dup2(ends[0], STDIN_FILENO) : -1;
	(void)close(ends[0]);
	(void)close(ends[1]);
	return result < 0 ? -1 : 0;
}

void heartbeat_become(const char *url)
{
	char name[] = "fleet-heartbeat";
	char *argv[] = { name, NULL };
	struct error err = { "" };
	int program = -1;
	if (!url[0])
		return;
	if (process_open_beside(name, &program, &err) == 0 && put_on_stdin(url) == 0)
		(void)execveat(program, "", argv, environ, AT_EMPTY_PATH);
	if (program >= 0)
		(void)error_errno(&err, "%s", name);
	log_warning("heartbeat: %s", err.text);
}
