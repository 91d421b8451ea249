/*
 * Temperatures, fans, voltages and what else is measured on a board, of /sys/class/hwmon:
 * Documentation/hwmon/sysfs-interface.rst. Files are TYPE NUMBER "_" ELEMENT: temp1_input. Old
 * drivers have theirs in the device's folder.
 *
 * What a chip is called hangs on where its device is, not on the order in which drivers came:
 * the last two names of that path, platform_coretemp_0. Where chips share a device, their own
 * names tell them apart.
 */
#include "remote/readers/readers.h"

#include <stdio.h>
#include <string.h>

#include "lib/compiler.h"
#include "remote/bytes/tree_rows.h"

enum {
	CHIPS_MAX = 192,
	LINES_MAX = UINT16_MAX, /* bytes of one chip's */
	READINGS_MAX = 2048,
	PART_MAX = 47,
	CHIP_NAME_MAX = 3 * (PART_MAX + 1),
};

struct chip {
	struct span entry, lines, own; /* its "name" */
	const char *folder;	       /* "", or where an old driver has its files */
	bool is_shared, is_alike;      /* its device, and its own name as well */
	char name[CHIP_NAME_MAX];
};

/* Thousandths of a degree, of a volt and of an ampere, millionths of a watt and of a joule. That
 * an alarm in degrees or volts is 0 or 0.001 is how node_exporter has it. */
/* clang-format off */
static const struct row {
	const char *sensor, *element, *name, *type;
	unsigned decimals;
} rows[] = {
	{ "temp",      "input",       "node_hwmon_temp_celsius",            "gauge",   3 },
	{ "temp",      "min",         "node_hwmon_temp_min_celsius",        "gauge",   3 },
	{ "temp",      "max",         "node_hwmon_temp_max_celsius",        "gauge",   3 },
	{ "temp",      "crit",        "node_hwmon_temp_crit_celsius",       "gauge",   3 },
	{ "temp",      "alarm",       "node_hwmon_temp_alarm",              "gauge",   0 },
	{ "temp",      "min_alarm",   "node_hwmon_temp_min_alarm_celsius",  "gauge",   3 },
	{ "temp",      "max_alarm",   "node_hwmon_temp_max_alarm_celsius",  "gauge",   3 },
	{ "temp",      "crit_alarm",  "node_hwmon_temp_crit_alarm_celsius", "gauge",   3 },
	{ "temp",      "fault",       "node_hwmon_temp_fault",              "gauge",   0 },
	{ "fan",       "input",       "node_hwmon_fan_rpm",                 "gauge",   0 },
	{ "fan",       "min",         "node_hwmon_fan_min_rpm",             "gauge",   0 },
	{ "fan",       "max",         "node_hwmon_fan_max_rpm",             "gauge",   0 },
	{ "fan",       "alarm",       "node_hwmon_fan_alarm",               "gauge",   0 },
	{ "fan",       "min_alarm",   "node_hwmon_fan_min_alarm",           "gauge",   0 },
	{ "fan",       "fault",       "node_hwmon_fan_fault",               "gauge",   0 },
	{ "in",        "input",       "node_hwmon_in_volts",                "gauge",   3 },
	{ "in",        "min",         "node_hwmon_in_min_volts",            "gauge",   3 },
	{ "in",        "max",         "node_hwmon_in_max_volts",            "gauge",   3 },
	{ "in",        "alarm",       "node_hwmon_in_alarm",                "gauge",   0 },
	{ "in",        "lcrit_alarm", "node_hwmon_in_lcrit_alarm_volts",    "gauge",   3 },
	{ "curr",      "input",       "node_hwmon_curr_amps",               "gauge",   3 },
	{ "curr",      "max",         "node_hwmon_curr_max_amps",           "gauge",   3 },
	{ "curr",      "alarm",       "node_hwmon_curr_alarm",              "gauge",   0 },
	{ "power",     "input",       "node_hwmon_power_watt",              "gauge",   6 },
	{ "power",     "average",     "node_hwmon_power_average_watt",      "gauge",   6 },
	{ "power",     "max",         "node_hwmon_power_max_watt",          "gauge",   6 },
	{ "power",     "alarm",       "node_hwmon_power_alarm",             "gauge",   0 },
	{ "energy",    "input",       "node_hwmon_energy_joule_total",      "counter", 6 },
	{ "intrusion", "alarm",       "node_hwmon_intrusion_alarm",         "gauge",   0 },
};
/* clang-format on */

enum { LABEL = ARRAY_LEN(rows), FREQUENCY };

/* A file of a sensor's, taken apart once for all families; small, since there are many. */
struct reading {
	const char *sensor, *value;
	uint16_t sensor_len, value_len;
	uint16_t kind; /* a row's number, or one of the above */
	uint16_t chip; /* its number */
};

struct readings {
	struct chip chips[CHIPS_MAX];
	struct reading items[READINGS_MAX];
	size_t chip_count, count;
};

/* Small letters, digits and "_", which is not at an end. Returns false when nothing is left. */
static bool clean(struct span s, char out[static PART_MAX + 1])
{
	size_t len = 0;
	for (size_t i = 0; i < s.len && len < PART_MAX; i++) {
		char c = s.at[i] >= 'A' && s.at[i] <= 'Z' ? (char)(s.at[i] | 0x20) : s.at[i];
		bool is_kept = (c >= 'a' && c <= 'z') || span_is_digit(c) || c == ':';
		if (is_kept || len > 0)
			out[len++] = is_kept ? c : '_';
	}
	while (len > 0 && out[len - 1] == '_')
		len--;
	out[len] = 0;
	return len > 0;
}

/* Takes the last name off a path. */
static struct span last_name(struct span *path)
{
	const char *slash = path->len ? memrchr(path->at, '/', path->len) : NULL;
	size_t from = slash ? (size_t)(slash - path->at) + 1 : 0;
	struct span name = { path->at + from, path->len - from };
	path->len = slash ? from - 1 : 0;
	return name;
}

static void join(char name[static CHIP_NAME_MAX], const char *part)
{
	size_t len = strlen(name);
	if (len > 0)
		name[len++] = '_';
	memcpy(name + len, part, strlen(part) + 1);
}

static bool name_by_device(struct chip *c)
{
	char device[PART_MAX + 1], bus[PART_MAX + 1];
	struct span path;
	if (!tree_find(c->lines, c->entry, "@@device", &path) || !clean(last_name(&path), device))
		return false;
	if (clean(last_name(&path), bus))
		join(c->name, bus);
	join(c->name, device);
	return true;
}

static void name_chip(struct chip *c)
{
	char part[PART_MAX + 1];
	if (!name_by_device(c) && (clean(c->own, part) || clean(c->entry, part)))
		join(c->name, part);
}

static void tell_apart(struct chip *chips, size_t count)
{
	char part[PART_MAX + 1];
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < count; k++) {
			bool is_shared = i != k && strcmp(chips[i].name, chips[k].name) == 0;
			chips[i].is_shared |= is_shared;
			chips[i].is_alike |= is_shared && span_equal(chips[i].own, chips[k].own);
		}
	for (size_t i = 0; i < count; i++)
		if (chips[i].is_shared && ((!chips[i].is_alike && clean(chips[i].own, part)) ||
						  clean(chips[i].entry, part)))
			join(chips[i].name, part);
}

/* A driver has all its files in one folder, whichever that is. */
static const char *find_folder(struct span lines)
{
	struct tree_line line;
	while (tree_next(&lines, &line))
		if (!span_starts(line.file, "device/") && !span_is(line.file, "name") &&
			!span_is(line.file, "@@device"))
			return "";
	return "device/";
}

/* "temp1_input" is element "input" of sensor temp1, which is a temp. */
struct sensor {
	struct span stem, name, element;
};

static bool take_sensor(struct span file, struct sensor *ret)
{
	size_t stem = 0;
	while (stem < file.len && !span_is_digit(file.at[stem]))
		stem++;
	size_t name = stem;
	while (name < file.len && span_is_digit(file.at[name]))
		name++;
	if (name == stem || name == file.len || file.at[name] != '_')
		return false;
	ret->stem = (struct span){ file.at, stem };
	ret->name = (struct span){ file.at, name };
	ret->element = (struct span){ file.at + name + 1, file.len - name - 1 };
	return true;
}

/* Which of the rows, or LABEL, or FREQUENCY; or -1. */
static int find_kind(const struct sensor *s)
{
	bool is_label = span_is(s->element, "label");
	if (span_is(s->stem, "freq"))
		return is_label ? LABEL : span_is(s->element, "input") ? FREQUENCY : -1;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (span_is(s->stem, rows[i].sensor) &&
			(is_label || span_is(s->element, rows[i].element)))
			return is_label ? LABEL : (int)i;
	return -1;
}

static bool next_chip(struct span *tree, struct chip *ret, struct text *out)
{
	struct span entry, lines;
	if (!tree_entry(tree, &entry, &lines))
		return false;
	if (lines.len > LINES_MAX) {
		lines.len = LINES_MAX;
		out->cut++;
	}
	*ret = (struct chip){ .entry = entry, .lines = lines, .own = { "", 0 } };
	ret->folder = find_folder(lines);
	(void)tree_find(lines, entry, "name", &ret->own);
	name_chip(ret);
	return true;
}

static void find_chips(struct span tree, struct readings *r, struct text *out)
{
	struct chip *chips = r->chips;
	size_t count = 0;
	while (count < CHIPS_MAX && next_chip(&tree, &chips[count], out))
		count++;
	for (struct span entry, lines; tree_entry(&tree, &entry, &lines);)
		out->cut++;
	tell_apart(chips, count);
	r->chip_count = count;
}

/* Returns false when there is no room for one more. */
static bool add_reading(struct readings *r, size_t chip, const struct tree_line *line)
{
	struct span file = line->file, value = line->value;
	struct sensor sensor;
	if (!tree_strip(&file, r->chips[chip].folder) || !take_sensor(file, &sensor))
		return true;
	int kind = find_kind(&sensor);
	if (kind < 0)
		return true;
	if (r->count == READINGS_MAX)
		return false;
	r->items[r->count++] = (struct reading){ sensor.name.at, value.at,
		(uint16_t)sensor.name.len, (uint16_t)value.len, (uint16_t)kind, (uint16_t)chip };
	return true;
}

static void find_readings(struct readings *r, struct text *out)
{
	struct tree_line line;
	r->count = 0;
	for (size_t i = 0; i < r->chip_count; i++)
		for (struct span rest = r->chips[i].lines; tree_next(&rest, &line);)
			out->cut += !add_reading(r, i, &line);
}

/* The next reading of a kind, with its chip and its sensor as labels. */
static const struct reading *next_reading(const struct readings *r, const struct reading *after,
	int kind, struct label ret_labels[static 2])
{
	const struct reading *i = after ? after + 1 : r->items;
	while (i < r->items + r->count && i->kind != kind)
		i++;
	if (i == r->items + r->count)
		return NULL;
	ret_labels[0] = text_label("chip", r->chips[i->chip].name);
	ret_labels[1] = (struct label){ "sensor", { i->sensor, i->sensor_len } };
	return i;
}

static struct span value_of(const struct reading *i)
{
	return (struct span){ i->value, i->value_len };
}

static void write_row(const struct readings *r, int row, struct text *out)
{
	struct family family = { rows[row].name, rows[row].type, false };
	struct label labels[2];
	int64_t number;
	for (const struct reading *i = NULL; (i = next_reading(r, i, row, labels));)
		if (span_i64(value_of(i), &number))
			text_member(out, &family, labels, 2, number, rows[row].decimals);
}

static void write_labels(const struct readings *r, struct text *out)
{
	struct family family = { "node_hwmon_sensor_label", "gauge", false };
	struct label labels[3];
	for (const struct reading *i = NULL; (i = next_reading(r, i, LABEL, labels));) {
		labels[2] = (struct label){ "label", value_of(i) };
		text_member(out, &family, labels, 3, 1, 0);
	}
}

/* Of graphics processors: millionths of a MHz, by the sensor's label. */
static void write_frequencies(const struct readings *r, struct text *out)
{
	struct family family = { "node_hwmon_freq_freq_mhz", "gauge", false };
	char file[32], name[PART_MAX + 1];
	struct label labels[2];
	struct span label;
	int64_t number;
	for (const struct reading *i = NULL; (i = next_reading(r, i, FREQUENCY, labels));) {
		const struct chip *c = &r->chips[i->chip];
		(void)snprintf(file, sizeof file, "%.*s_label", (int)i->sensor_len, i->sensor);
		if (!span_i64(value_of(i), &number) ||
			!tree_find(c->lines, c->entry, file, &label) || !clean(label, name))
			continue;
		labels[1] = text_label("sensor", name);
		text_member(out, &family, labels, 2, number, 6);
	}
}

static void write_names(const struct readings *r, struct text *out)
{
	struct family family = { "node_hwmon_chip_names", "gauge", false };
	char own[PART_MAX + 1];
	for (size_t i = 0; i < r->chip_count; i++) {
		if (!clean(r->chips[i].own, own))
			continue;
		struct label labels[] = { text_label("chip", r->chips[i].name),
			text_label("chip_name", own) };
		text_member(out, &family, labels, 2, 1, 0);
	}
}

void read_hwmon(struct span tree, struct text *out)
{
	struct readings readings;
	find_chips(tree, &readings, out);
	find_readings(&readings, out);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		write_row(&readings, (int)i, out);
	write_frequencies(&readings, out);
	write_labels(&readings, out);
	write_names(&readings, out);
}
