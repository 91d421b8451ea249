#ifndef FLEET_TESTS_KNOWN_KEYS_H
#define FLEET_TESTS_KNOWN_KEYS_H

/* Public keys as they stand in known_hosts. */
#define ED "AAAAC3NzaC1lZDI1NTE5AAAAIJ8YgdnNNeFHhnXfx9o7+A2tZ3eJtVtTCYEArXbfeDSU"
#define EC                                                                                    \
	"AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBNBQQMhHsHTPQ2eLGg+3Ofq36UxxMjG" \
	"s2fBbnRSU9QkpPVmZkKDRpJ9Z8dCPyXqy4vK3p1MSlGWAOjk3wOqAVkE="

#endif
