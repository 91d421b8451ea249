/*
 * Whether the machine is to be rebooted, as its distribution says in a file: Debian's and Ubuntu's
 * packages and unattended-upgrades; zypper(8) of SUSE; ostree of Fedora's immutable editions. That
 * none of these files is there means something only where there is what would write one.
 */
#include "remote/readers/readers.h"

#include "lib/compiler.h"
#include "remote/bytes/bundle.h"

static const char *const flags[] = { "run/reboot-required", "run/reboot-needed",
	"run/ostree/staged-deployment" };

static bool is_flag(struct span path)
{
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (span_is(path, flags[i]))
			return true;
	return false;
}

void read_reboot(struct span bytes, struct text *out)
{
	struct bundle_file f;
	bool is_known = false, is_required = false;
	while (bundle_next(&bytes, &f)) {
		is_known = is_known || f.size >= 0;
		is_required = is_required || (f.size >= 0 && is_flag(f.path));
	}
	if (is_known)
		text_single(out, "fleet_reboot_required", "gauge", is_required, 0);
}
