/*
 * Debian's libsodium.a was compiled against glibc with _FORTIFY_SOURCE, whose checked
 * explicit_bzero() musl does not have. It is the one symbol missing.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

void __explicit_bzero_chk(void *data, size_t len, size_t size);

void __explicit_bzero_chk(void *data, size_t len, size_t size)
{
	if (len > size)
		abort();
	explicit_bzero(data, len);
}
