/*
 * How systemd is, out of what its bus answered (remote/bus.h): the state as `systemctl
 * is-system-running` tells it, and how many units have failed.
 */
#include "remote/readers/readers.h"

#include "remote/bus.h"

void read_systemd(struct span bytes, struct text *out)
{
	struct bus_value values[BUS_QUESTIONS];
	const struct bus_value *state = &values[0], *failed = &values[1];
	(void)bus_answers(bytes, values);
	if (state->type == 's') {
		struct label label = { "state", state->text };
		text_single(out, "node_systemd_system_running", "gauge",
			span_is(state->text, "running"), 0);
		text_type(out, "fleet_systemd_state", "gauge");
		text_sample(out, "fleet_systemd_state", &label, 1, 1, 0);
	}
	if (failed->type == 'u') {
		struct label label = text_label("state", "failed");
		text_type(out, "node_systemd_units", "gauge");
		text_sample(out, "node_systemd_units", &label, 1, failed->number, 0);
	}
}
