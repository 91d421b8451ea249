#include <stdlib.h>
#include <string.h>

#include "lib/metrics/work.h"

/* Series are in the order of their labels, of which the device is the first by name. */
static int compare_device(const void *device, const void *item)
{
	const struct prom_sample *s = ((const struct series *)item)->sample;
	return strcmp(device, s->label_count ? s->labels[0].value : "");
}

const char *work_disk_name(const struct work *w, const char *device)
{
	size_t count;
	if (strncmp(device, "dm-", 3) != 0)
		return device;
	const struct series *all = series_named(&w->index, "node_disk_device_mapper_info", &count);
	const struct series *found = bsearch(device, all, count, sizeof *all, compare_device);
	const char *name = found ? prom_label(found->sample, "name") : NULL;
	return name && *name ? name : device;
}
