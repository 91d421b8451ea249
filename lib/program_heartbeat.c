/* Apart from program.c, so that who does not call it is not linked with libcurl. */
#include "lib/log.h"
#include "lib/program.h"
#include "lib/send/http.h"

void program_heartbeat(const char *url)
{
	struct error err;
	if (url[0] && http_heartbeat(url, &err) < 0)
		log_warning("heartbeat: %s", err.text);
}
