#ifndef FLEET_COLLECTOR_HEARTBEAT_H
#define FLEET_COLLECTOR_HEARTBEAT_H

/*
 * The last act of a good run: its process becomes the program fleet-heartbeat, which tells whoever
 * waits for it. So a run loads libcurl, and the thirty libraries that this needs, only to call
 * somebody, and has no keys left when it does.
 *
 * Returns when there is nobody to tell (the URL is ""), or when that program cannot be started,
 * which is a warning. The URL goes through standard input, since it is a secret.
 */
void heartbeat_become(const char *url);

#endif
