#include "lib/process.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/compiler.h"

static volatile sig_atomic_t process_stop;

static void on_stop(int signal_number)
{
	(void)signal_number;
	process_stop = 1;
}

void process_fill_descriptors(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* the lowest free number is `fd`, since those below are taken */
		(void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

const volatile sig_atomic_t *process_setup(void)
{
	static const int stops[] = { SIGTERM, SIGINT, SIGHUP };
	struct sigaction stop = { .sa_handler = on_stop };
	process_fill_descriptors();
	(void)umask(077);
	for (size_t i = 0; i < ARRAY_LEN(stops); i++)
		(void)sigaction(stops[i], &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	return &process_stop;
}
