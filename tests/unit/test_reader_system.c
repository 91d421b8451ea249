/* The system: its clock, its name, its distribution, and what people are told of it. */
#include "tests/unit/readers_rig.h"

#define OS_LABELS(id, like, name, pretty, version, codename, number)                           \
	"node_os_info{build_id=\"\",id=\"" id "\",id_like=\"" like                             \
	"\",image_id=\"\",image_version=\"\",name=\"" name "\",pretty_name=\"" pretty          \
	"\",variant=\"\",variant_id=\"\",version=\"" version "\",version_codename=\"" codename \
	"\",version_id=\"" number "\"} 1\n"
#define OS(id, like, name, pretty, version, codename, number) \
	TYPE("os_info", "gauge") OS_LABELS(id, like, name, pretty, version, codename, number)
#define OS_VERSION(id, like, name, value) \
	TYPE("os_version", "gauge")       \
	"node_os_version{id=\"" id "\",id_like=\"" like "\",name=\"" name "\"} " value "\n"
#define UNAME(domain, machine, node, release, system, version)                               \
	TYPE("uname_info", "gauge")                                                          \
	"node_uname_info{domainname=\"" domain "\",machine=\"" machine "\",nodename=\"" node \
	"\",release=\"" release "\",sysname=\"" system "\",version=\"" version "\"} 1\n"
#define SOURCE_OF(kind, source, device)                                                          \
	"node_time_clocksource_" kind "_info{clocksource=\"" source "\",device=\"" device "\"} " \
											  "1\n"
#define THERE(path)		       "file 1 0 0 " path "\n\n"
#define NOT_THERE(path)		       "file 0 -1 0 " path "\n\n"
#define FILE_TYPE(name)		       OUR_TYPE("file_" name, "gauge")
#define FILE_SAMPLE(name, path, value) "fleet_file_" name "{path=\"" path "\"} " value "\n"

/* For a label; a family of nothing else is not named. */
#define X64	 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define TOO_LONG X64 X64 X64 X64 X64 X64 X64 X64 "x"

/* clang-format off */
static const struct reader_row rows[] = {
	/* kept right, in nanoseconds */
	{ read_timex, "now\t1700000000.000000123\nstate\t0\nstatus\t8193\ncalcnt\t1\nconstant\t7\nerrcnt\t2\n"
	  "esterror\t345\nfreq\t-1234567\njitcnt\t3\njitter\t4096\nmaxerror\t31000\noffset\t-41520\nppsfreq\t655360\n"
	  "shift\t8\nstabil\t-65536\nstbcnt\t4\ntai\t37\ntick\t10000\n",
	  ONE("time_seconds", "gauge", "1700000000.000000123") ONE("timex_sync_status", "gauge", "1")
	  ONE("timex_pps_calibration_total", "counter", "1") ONE("timex_loop_time_constant", "gauge", "7")
	  ONE("timex_pps_error_total", "counter", "2") ONE("timex_estimated_error_seconds", "gauge", "0.000345")
	  ONE("timex_frequency_adjustment_ratio", "gauge", "0.999981162") ONE("timex_pps_jitter_total", "counter", "3")
	  ONE("timex_pps_jitter_seconds", "gauge", "0.000004096") ONE("timex_maxerror_seconds", "gauge", "0.031000")
	  ONE("timex_offset_seconds", "gauge", "-0.000041520") ONE("timex_pps_frequency_hertz", "gauge", "0.000010000")
	  ONE("timex_pps_shift_seconds", "gauge", "8") ONE("timex_pps_stability_hertz", "gauge", "-0.000001000")
	  ONE("timex_status", "gauge", "8193") ONE("timex_pps_stability_exceeded_total", "counter", "4")
	  ONE("timex_tai_offset_seconds", "gauge", "37") ONE("timex_tick_seconds", "gauge", "0.010000") },
	/* nobody keeps it, in microseconds */
	{ read_timex, "state\t5\nstatus\t64\njitter\t-1\noffset\t41520\n",
	  ONE("timex_sync_status", "gauge", "0") ONE("timex_pps_jitter_seconds", "gauge", "-0.000001")
	  ONE("timex_offset_seconds", "gauge", "0.041520") ONE("timex_status", "gauge", "64") },
	{ read_timex, "now\tx\nstate\nfreq\t9223372036854775807\noffset\t-9223372036854775807\ntick 3\n", "" },

	{ read_clocksource, "clocksource0/available_clocksource\ttsc hpet acpi_pm\nclocksource0/current_clocksource\ttsc\n"
	  "clocksource10/current_clocksource\ta\"b \nother/current_clocksource\tx\n",
	  TYPE("time_clocksource_available_info", "gauge") SOURCE_OF("available", "tsc", "0") SOURCE_OF("available", "hpet", "0")
	  SOURCE_OF("available", "acpi_pm", "0") TYPE("time_clocksource_current_info", "gauge") SOURCE_OF("current", "tsc", "0")
	  SOURCE_OF("current", "a\\\"b", "10") },
	{ read_clocksource, "power/x\ty\n", "" },

	{ read_uname, "arch\tx86_64\ndomainname\t(none)\nhostname\tweb1\nosrelease\t6.1.0-28-amd64\nostype\tLinux\n"
	  "version\t#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)\n",
	  UNAME("(none)", "x86_64", "web1", "6.1.0-28-amd64", "Linux", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)") },
	{ read_uname, "hostname\t" TOO_LONG "\n", "" },
	{ read_uname, "hostname\ta\"b\xff\n", UNAME("", "", "a\\\"b\\\\xff", "", "", "") },

	{ read_os_release, "NAME=\"Ubuntu\"\nVERSION=\"20.04.2 LTS (Focal Fossa)\"\nID=ubuntu\nID_LIKE=debian\n"
	  "PRETTY_NAME=\"Ubuntu 20.04.2 LTS\"\nVERSION_ID=\"20.04\"\nHOME_URL=\"https://www.example.com/\"\nVERSION_CODENAME=focal\n",
	  OS("ubuntu", "debian", "Ubuntu", "Ubuntu 20.04.2 LTS", "20.04.2 LTS (Focal Fossa)", "focal", "20.04")
	  OS_VERSION("ubuntu", "debian", "Ubuntu", "20.04") },
	{ read_os_release, "ID=debian\nNAME='Debian \"GNU\" \\Linux'\nVERSION_ID=\"12\"\n",
	  OS("debian", "", "Debian \\\"GNU\\\" \\\\Linux", "", "", "", "12") OS_VERSION("debian", "", "Debian \\\"GNU\\\" \\\\Linux", "12") },
	{ read_os_release, "# none\nNAME=\"a\\\"b\\$c\\`\\\\d\" trailing\nID\n=x\nVERSION_ID=3.21.2.9\nID=",
	  OS("", "", "a\\\"b$c`\\\\d", "", "", "", "3.21.2.9") OS_VERSION("", "", "a\\\"b$c`\\\\d", "3.21") },
	{ read_os_release, "ID=fedora\nSUPPORT_END=2026-12-02\n", OS("fedora", "", "", "", "", "", "")
	  ONE("os_support_end_timestamp_seconds", "gauge", "1796169600") },
	{ read_os_release, "SUPPORT_END=\"2024-02-29\"", OS("", "", "", "", "", "", "")
	  ONE("os_support_end_timestamp_seconds", "gauge", "1709164800") },
	{ read_os_release, "SUPPORT_END=2023-02-29", OS("", "", "", "", "", "", "") },
	{ read_os_release, "SUPPORT_END=2023-13-01", OS("", "", "", "", "", "", "") },
	{ read_os_release, "SUPPORT_END=2023-00-01", OS("", "", "", "", "", "", "") },
	{ read_os_release, "SUPPORT_END=0000-01-01", OS("", "", "", "", "", "", "") },
	{ read_os_release, "SUPPORT_END=2023-1-011", OS("", "", "", "", "", "", "") },
	{ read_os_release, "SUPPORT_END=20230101", OS("", "", "", "", "", "", "") },
	{ read_os_release, "VERSION_ID=20.", OS("", "", "", "", "", "", "20.") OS_VERSION("", "", "", "20") },
	{ read_os_release, "VERSION_ID=0", OS("", "", "", "", "", "", "0") },
	{ read_os_release, "VERSION_ID=sid", OS("", "", "", "", "", "", "sid") },
	{ read_os_release, "VERSION_ID=1234567890123456789", OS("", "", "", "", "", "", "1234567890123456789") },
	{ read_os_release, "VERSION_ID=1.23456789012", OS("", "", "", "", "", "", "1.23456789012") },

	{ read_reboot, NOT_THERE("run/reboot-required") NOT_THERE("run/reboot-needed") NOT_THERE("etc/zypp/needreboot"), "" },
	{ read_reboot, NOT_THERE("run/reboot-required") THERE("etc/kernel/postinst.d/unattended-upgrades"),
	  OUR("reboot_required", "gauge", "0") },
	{ read_reboot, THERE("run/reboot-required") THERE("etc/zypp/needreboot"), OUR("reboot_required", "gauge", "1") },
	{ read_reboot, THERE("run/ostree-booted") THERE("run/ostree/staged-deployment"), OUR("reboot_required", "gauge", "1") },
	{ read_reboot, "file 1 0 5 run/reboot-required\nab", "" },

	{ read_updates, "\n12 updates can be applied immediately.\n3 of these updates are standard security updates.\n"
	  "To see these additional updates run: apt list --upgradable\n",
	  OUR("updates_pending", "gauge", "12") OUR("security_updates_pending", "gauge", "3") },
	{ read_updates, "Expanded Security Maintenance for Applications is not enabled.\n\n5 updates can be applied immediately.\n"
	  "1 of these updates is a standard security update.\n2 additional security updates can be applied with ESM Apps.\n",
	  OUR("updates_pending", "gauge", "5") OUR("security_updates_pending", "gauge", "1") },
	{ read_updates, "12 packages can be updated.\n8 updates are security updates.\n",
	  OUR("updates_pending", "gauge", "12") OUR("security_updates_pending", "gauge", "8") },
	{ read_updates, "0 updates can be applied immediately.\n",
	  OUR("updates_pending", "gauge", "0") OUR("security_updates_pending", "gauge", "0") },
	{ read_updates, "5 can immediately.\n6 can updated.\n1 is security\n2 are security\n",
	  OUR("updates_pending", "gauge", "5") OUR("security_updates_pending", "gauge", "1") },
	{ read_updates, "\n\nno updates can be applied immediately.\n-1 are security\n", "" },

	{ read_files, "now 10000000000 0 0 \n\nfile 7500000000 1234 0 /var/backups/my db\n\n" "file 0 -1 0 /nope\n\n"
	  "file 12000000001 0 0 /later\n\nfile 0 -2 0 /hidden\n\n",
	  FILE_TYPE("age_seconds") FILE_SAMPLE("age_seconds", "/var/backups/my db", "2.500000000")
	  FILE_SAMPLE("age_seconds", "/later", "-2.000000001")
	  FILE_TYPE("error") FILE_SAMPLE("error", "/var/backups/my db", "0") FILE_SAMPLE("error", "/nope", "0")
	  FILE_SAMPLE("error", "/later", "0") FILE_SAMPLE("error", "/hidden", "1")
	  FILE_TYPE("exists") FILE_SAMPLE("exists", "/var/backups/my db", "1") FILE_SAMPLE("exists", "/nope", "0")
	  FILE_SAMPLE("exists", "/later", "1")
	  FILE_TYPE("mtime_seconds") FILE_SAMPLE("mtime_seconds", "/var/backups/my db", "7.500000000")
	  FILE_SAMPLE("mtime_seconds", "/later", "12.000000001")
	  FILE_TYPE("size_bytes") FILE_SAMPLE("size_bytes", "/var/backups/my db", "1234") FILE_SAMPLE("size_bytes", "/later", "0") },
	{ read_files, "now 9223372036854775807 0 0 \n\nfile -9223372036854775807 0 0 /a\n\n",
	  FILE_TYPE("age_seconds") FILE_SAMPLE("age_seconds", "/a", "9223372036.854775807")
	  FILE_TYPE("error") FILE_SAMPLE("error", "/a", "0") FILE_TYPE("exists") FILE_SAMPLE("exists", "/a", "1")
	  FILE_TYPE("mtime_seconds") FILE_SAMPLE("mtime_seconds", "/a", "-9223372036.854775807")
	  FILE_TYPE("size_bytes") FILE_SAMPLE("size_bytes", "/a", "0") },
	{ read_files, "now 10 0 0 \n\n", "" },
	{ read_files, "file 1 1 0 /a\n\n", "" },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
