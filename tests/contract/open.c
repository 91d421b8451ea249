/* storage-open HOST PORT USER PASSWORD DATABASE CA: opens storage over verified TLS and says
 * what it is, or why not. For test_tls.py. */
#include <stdio.h>
#include <stdlib.h>

#include "lib/storage/storage.h"

int main(int argc, char **argv)
{
	if (argc != 7)
		return 2;
	struct storage_config config = {
		.engine = STORAGE_MARIADB,
		.path = "",
		.host = argv[1],
		.socket = "",
		.port = (uint16_t)atoi(argv[2]),
		.user = argv[3],
		.password = argv[4],
		.database = argv[5],
		.tls_ca = argv[6],
		.tls = true,
		.timeout_ms = 10000,
	};
	struct storage *s;
	struct error err;
	if (storage_open(&config, true, &s, &err)) {
		puts(err.text);
		return 1;
	}
	puts(storage_describe(s));
	storage_close(s);
	return 0;
}
