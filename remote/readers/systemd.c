/*
 * How systemd is, out of what its bus answered (remote/bytes/bus.h): the state as `systemctl
 * is-system-running` tells it, how many units have failed, and which.
 */
#include "remote/readers/readers.h"

#include "remote/bytes/bus.h"

enum { UNITS_MAX = 64 };

static void write_state(struct span state, struct text *out)
{
	struct family family = { "fleet_systemd_state", "gauge", false };
	struct label label = { "state", state };
	text_single(out, "node_systemd_system_running", "gauge", span_is(state, "running"), 0);
	text_member(out, &family, &label, 1, 1, 0);
}

static void write_count(uint32_t count, struct text *out)
{
	struct family family = { "node_systemd_units", "gauge", false };
	struct label label = text_label("state", "failed");
	text_member(out, &family, &label, 1, count, 0);
}

static void write_units(struct bus_part units, struct text *out)
{
	struct family family = { "fleet_systemd_unit_failed", "gauge", false };
	struct label label = { .name = "name" };
	for (size_t i = 0; i < UNITS_MAX && bus_next_unit(&units, &label.value); i++)
		text_member(out, &family, &label, 1, 1, 0);
}

void read_systemd(struct span bytes, struct text *out)
{
	struct bus_value values[BUS_QUESTIONS];
	(void)bus_answers(bytes, values);
	if (values[BUS_SYSTEM_STATE].type == 's')
		write_state(values[BUS_SYSTEM_STATE].text, out);
	if (values[BUS_FAILED_COUNT].type == 'u')
		write_count(values[BUS_FAILED_COUNT].number, out);
	if (values[BUS_FAILED_UNITS].type == 'a')
		write_units(values[BUS_FAILED_UNITS].units, out);
}
