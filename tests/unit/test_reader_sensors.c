/* Temperatures, fans, power, frequencies, errors of memory, and what machine it is. */
#include "tests/unit/readers_rig.h"

#define HW(name, chip, sensor, value) \
	"node_hwmon_" name "{chip=\"" chip "\",sensor=\"" sensor "\"} " value "\n"
#define CHIP(chip, own) "node_hwmon_chip_names{chip=\"" chip "\",chip_name=\"" own "\"} 1\n"
#define LABEL(chip, sensor, label) \
	"node_hwmon_sensor_label{chip=\"" chip "\",sensor=\"" sensor "\",label=\"" label "\"} 1\n"
#define CPU_PACKAGE(package, value) \
	"node_cpu_package_throttles_total{package=\"" package "\"} " value "\n"
#define SUPPLY(name, value)                 \
	TYPE("power_supply_" name, "gauge") \
	"node_power_supply_" name "{power_supply=\"B\"} " value "\n"
#define RAPL(name, index, zone, value)                                                         \
	"node_rapl_" name "_joules_total{index=\"" index "\",path=\"/sys/class/powercap/" zone \
	"\"} " value "\n"
#define CPU(name, cpu, value) "node_cpu_" name "{cpu=\"" cpu "\"} " value "\n"
#define GOVERNOR(cpu, name, value) \
	"node_cpu_scaling_governor{cpu=\"" cpu "\",governor=\"" name "\"} " value "\n"
#define EDAC(name, labels, value) \
	"node_edac_" name "_errors_total{controller=\"0\"" labels "} " value "\n"

/* clang-format off */
static const struct reader_row rows[] = {
	/* every unit; signs; labels, of which one is no UTF-8 */
	{ read_hwmon,
	  "h/temp1_input\t-5500\nh/temp1_max\t80000\nh/temp1_crit\t100000\nh/temp1_crit_alarm\t1\nh/temp1_fault\t0\n"
	  "h/temp1_alarm\t1\nh/temp1_label\tCore \xff\nh/fan2_input\t1098\nh/fan2_min\t0\nh/fan2_alarm\t0\nh/in0_input\t792\nh/in0_lcrit_alarm\t1\n"
	  "h/curr1_input\t1500\nh/power1_input\t2500000\nh/power1_average\t1\nh/energy1_input\t12000001\nh/intrusion0_alarm\t0\n",
	  TYPE("hwmon_temp_celsius", "gauge") HW("temp_celsius", "h", "temp1", "-5.500")
	  TYPE("hwmon_temp_max_celsius", "gauge") HW("temp_max_celsius", "h", "temp1", "80.000")
	  TYPE("hwmon_temp_crit_celsius", "gauge") HW("temp_crit_celsius", "h", "temp1", "100.000")
	  TYPE("hwmon_temp_alarm", "gauge") HW("temp_alarm", "h", "temp1", "1")
	  TYPE("hwmon_temp_crit_alarm_celsius", "gauge") HW("temp_crit_alarm_celsius", "h", "temp1", "0.001")
	  TYPE("hwmon_temp_fault", "gauge") HW("temp_fault", "h", "temp1", "0")
	  TYPE("hwmon_fan_rpm", "gauge") HW("fan_rpm", "h", "fan2", "1098")
	  TYPE("hwmon_fan_min_rpm", "gauge") HW("fan_min_rpm", "h", "fan2", "0")
	  TYPE("hwmon_fan_alarm", "gauge") HW("fan_alarm", "h", "fan2", "0")
	  TYPE("hwmon_in_volts", "gauge") HW("in_volts", "h", "in0", "0.792")
	  TYPE("hwmon_in_lcrit_alarm_volts", "gauge") HW("in_lcrit_alarm_volts", "h", "in0", "0.001")
	  TYPE("hwmon_curr_amps", "gauge") HW("curr_amps", "h", "curr1", "1.500")
	  TYPE("hwmon_power_watt", "gauge") HW("power_watt", "h", "power1", "2.500000")
	  TYPE("hwmon_power_average_watt", "gauge") HW("power_average_watt", "h", "power1", "0.000001")
	  TYPE("hwmon_energy_joule_total", "counter") HW("energy_joule_total", "h", "energy1", "12.000001")
	  TYPE("hwmon_intrusion_alarm", "gauge") HW("intrusion_alarm", "h", "intrusion0", "0")
	  TYPE("hwmon_sensor_label", "gauge") LABEL("h", "temp1", "Core \\\\xff") },
	/* a chip's name: by its device, by its own, by its folder's */
	{ read_hwmon,
	  "hwmon0/name\tcoretemp\nhwmon0/@@device\t/sys/devices/platform/coretemp.0\nhwmon0/temp1_input\t1000\n"
	  "hwmon1/name\tNCT-6779_\nhwmon1/temp1_input\t2000\nhwmon2/temp1_input\t3000\n"
	  "hwmon3/name\t--\nhwmon3/@@device\t/..\nhwmon3/temp1_input\t4000\nhwmon4/@@device\tx\nhwmon4/temp1_input\t5000\n",
	  TYPE("hwmon_temp_celsius", "gauge") HW("temp_celsius", "platform_coretemp_0", "temp1", "1.000")
	  HW("temp_celsius", "nct_6779", "temp1", "2.000") HW("temp_celsius", "hwmon2", "temp1", "3.000")
	  HW("temp_celsius", "hwmon3", "temp1", "4.000") HW("temp_celsius", "x", "temp1", "5.000")
	  TYPE("hwmon_chip_names", "gauge") CHIP("platform_coretemp_0", "coretemp") CHIP("nct_6779", "nct_6779") },
	/* chips of one device: their own names tell them apart, or else their folders' */
	{ read_hwmon,
	  "hwmon0/name\tphy 0\nhwmon0/@@device\t/d/p/wifi\nhwmon0/temp1_input\t1\n"
	  "hwmon1/name\tphy 1\nhwmon1/@@device\t/d/p/wifi\nhwmon1/temp1_input\t2\n"
	  "hwmon2/name\tsame\nhwmon2/@@device\t/d/p/disk\nhwmon3/name\tsame\nhwmon3/@@device\t/d/p/disk\n",
	  TYPE("hwmon_temp_celsius", "gauge") HW("temp_celsius", "p_wifi_phy_0", "temp1", "0.001")
	  HW("temp_celsius", "p_wifi_phy_1", "temp1", "0.002")
	  TYPE("hwmon_chip_names", "gauge") CHIP("p_wifi_phy_0", "phy_0") CHIP("p_wifi_phy_1", "phy_1")
	  CHIP("p_disk_hwmon2", "same") CHIP("p_disk_hwmon3", "same") },
	/* an old driver's files are its device's; but not a new one's */
	{ read_hwmon,
	  "h/name\th\nh/@@device\tx\nh/device/fan1_input\t1\nh/device/fan1_label\tLeft side\n"
	  "i/fan2_input\t3\ni/device/fan2_input\t2\n",
	  TYPE("hwmon_fan_rpm", "gauge") HW("fan_rpm", "x", "fan1", "1") HW("fan_rpm", "i", "fan2", "3")
	  TYPE("hwmon_sensor_label", "gauge") LABEL("x", "fan1", "Left side")
	  TYPE("hwmon_chip_names", "gauge") CHIP("x", "h") },
	{ read_hwmon, "g/freq1_input\t214000000\ng/freq1_label\tSCLK\ng/freq2_input\t1\ng/freq3_label\tx\ng/freq4_input\tx\ng/freq4_label\ty\n",
	  TYPE("hwmon_freq_freq_mhz", "gauge") HW("freq_freq_mhz", "g", "sclk", "214.000000")
	  TYPE("hwmon_sensor_label", "gauge") LABEL("g", "freq1", "SCLK") LABEL("g", "freq3", "x") LABEL("g", "freq4", "y") },
	{ read_hwmon, "h/temp_input\t1\nh/temp1input\t1\nh/temp1_\t1\nh/temp1_input\tx\nh/temp1_input_x\t1\nh/bogus1_input\t1\n"
	  "h/temp1_inpu\t1\nplain\t1\nh/input1_input\t1\nh/device/\t1\n", "" },

	{ read_thermal, "cooling_device0/cur_state\t-1\ncooling_device0/max_state\t3\ncooling_device0/type\tProcessor\n"
	  "thermal_zone0/temp\t12376\nthermal_zone0/type\tcpu-thermal\nthermal_zone1/temp\t-1\nthermal_zone2/type\tno temp\n"
	  "thermal_zone3/temp\tx\nthermal_zone3/type\ty\nother/temp\t1\nother/type\tz\n",
	  TYPE("thermal_zone_temp", "gauge") "node_thermal_zone_temp{zone=\"0\",type=\"cpu-thermal\"} 12.376\n"
	  TYPE("cooling_device_cur_state", "gauge") "node_cooling_device_cur_state{name=\"0\",type=\"Processor\"} -1\n"
	  TYPE("cooling_device_max_state", "gauge") "node_cooling_device_max_state{name=\"0\",type=\"Processor\"} 3\n" },

	{ read_powersupply, "B/capacity\t81\nB/capacity_level\tNormal\nB/charge_now\t5\nB/current_now\t-1500000\nB/cycle_count\t7\n"
	  "B/energy_full\t45070000\nB/energy_now\t36580000\nB/power_now\t5002000\nB/present\t1\nB/status\tFull\nB/temp\t-15\n"
	  "B/time_to_empty_now\t60\nB/type\tBattery\nB/voltage_now\t11660000\nM/online\t1\nM/type\tMains\nN/other\t1\n",
	  TYPE("power_supply_online", "gauge") "node_power_supply_online{power_supply=\"M\"} 1\n"
	  SUPPLY("present", "1") SUPPLY("capacity", "81") SUPPLY("cyclecount", "7") SUPPLY("time_to_empty_seconds", "60")
	  SUPPLY("energy_watthour", "36.580000") SUPPLY("energy_full", "45.070000") SUPPLY("charge_ampere", "0.000005")
	  SUPPLY("power_watt", "5.002000") SUPPLY("current_ampere", "-1.500000") SUPPLY("voltage_volt", "11.660000")
	  SUPPLY("temp_celsius", "-1.5")
	  TYPE("power_supply_info", "gauge")
	  "node_power_supply_info{power_supply=\"B\",capacity_level=\"Normal\",status=\"Full\",type=\"Battery\"} 1\n"
	  "node_power_supply_info{power_supply=\"M\",type=\"Mains\"} 1\n" },

	{ read_rapl, "intel-rapl:0/name\tpackage-0\nintel-rapl:0/energy_uj\t240422366267\nintel-rapl:0:0/name\tcore\n"
	  "intel-rapl:0:0/energy_uj\t1\nintel-rapl:1/name\tpackage-1\nintel-rapl:1/energy_uj\t2\nintel-rapl:1:0/name\tcore\n"
	  "intel-rapl:1:0/energy_uj\t3\nx/name\tpackage-0-die-1\nx/energy_uj\t4\ny/name\tpsys\nz/energy_uj\t5\n"
	  "a/name\tA b-\na/energy_uj\t6\nb/name\tcore\nb/energy_uj\t-7\nc/name\t\nc/energy_uj\t8\n",
	  TYPE("rapl_package_joules_total", "counter") RAPL("package", "0", "intel-rapl:0", "240422.366267")
	  RAPL("package", "1", "intel-rapl:1", "0.000002")
	  TYPE("rapl_core_joules_total", "counter") RAPL("core", "0", "intel-rapl:0:0", "0.000001")
	  RAPL("core", "1", "intel-rapl:1:0", "0.000003")
	  TYPE("rapl_package_0_die_1_joules_total", "counter") RAPL("package_0_die_1", "0", "x", "0.000004")
	  TYPE("rapl_A_b__joules_total", "counter") RAPL("A_b_", "0", "a", "0.000006") },

	{ read_cpufreq, "cpu0/cpufreq/scaling_available_governors\tperformance powersave \ncpu0/cpufreq/scaling_cur_freq\t1699981\n"
	  "cpu0/cpufreq/scaling_governor\tpowersave\ncpu0/cpufreq/scaling_max_freq\t3700000\ncpu0/cpufreq/scaling_min_freq\t800000\n"
	  "cpu1/cpufreq/scaling_governor\tpowersave\nxcpu/cpufreq/scaling_governor\ta\nxcpu/cpufreq/scaling_available_governors\ta\n",
	  TYPE("cpu_scaling_frequency_hertz", "gauge") CPU("scaling_frequency_hertz", "0", "1699981000")
	  TYPE("cpu_scaling_frequency_min_hertz", "gauge") CPU("scaling_frequency_min_hertz", "0", "800000000")
	  TYPE("cpu_scaling_frequency_max_hertz", "gauge") CPU("scaling_frequency_max_hertz", "0", "3700000000")
	  TYPE("cpu_scaling_governor", "gauge") GOVERNOR("0", "performance", "0") GOVERNOR("0", "powersave", "1") },
	/* two threads of one core, a second core, a second package */
	{ read_cpufreq,
	  "cpu0/thermal_throttle/core_throttle_count\t5\ncpu0/thermal_throttle/package_throttle_count\t30\n"
	  "cpu0/topology/core_id\t0\ncpu0/topology/physical_package_id\t0\n"
	  "cpu1/thermal_throttle/core_throttle_count\t5\ncpu1/thermal_throttle/package_throttle_count\t30\n"
	  "cpu1/topology/core_id\t0\ncpu1/topology/physical_package_id\t0\n"
	  "cpu2/thermal_throttle/core_throttle_count\t6\ncpu2/topology/core_id\t1\ncpu2/topology/physical_package_id\t0\n"
	  "cpu3/thermal_throttle/core_throttle_count\t7\ncpu3/thermal_throttle/package_throttle_count\t8\n"
	  "cpu3/topology/core_id\t0\ncpu3/topology/physical_package_id\t1\ncpu4/thermal_throttle/core_throttle_count\t9\n",
	  TYPE("cpu_core_throttles_total", "counter") "node_cpu_core_throttles_total{package=\"0\",core=\"0\"} 5\n"
	  "node_cpu_core_throttles_total{package=\"0\",core=\"1\"} 6\nnode_cpu_core_throttles_total{package=\"1\",core=\"0\"} 7\n"
	  TYPE("cpu_package_throttles_total", "counter") CPU_PACKAGE("0", "30") CPU_PACKAGE("1", "8") },

	{ read_edac, "mc0/ce_count\t1\nmc0/ce_noinfo_count\t2\nmc0/ue_count\t5\nmc0/ue_noinfo_count\t6\nmc0/csrow0/ce_count\t3\n"
	  "mc0/csrow12/ce_count\t4\nmc0/csrow0/ue_count\t0\nmc0/csrow/ce_count\t9\nmc0/csrow0x/ce_count\t9\nmc0/csrow0/ch0_ce_count\t9\n"
	  "power/ce_count\t1\nmc1/ce_count\tx\nmc0/csrow1/ce_count\t-\n",
	  TYPE("edac_correctable_errors_total", "counter") EDAC("correctable", "", "1")
	  TYPE("edac_uncorrectable_errors_total", "counter") EDAC("uncorrectable", "", "5")
	  TYPE("edac_csrow_correctable_errors_total", "counter") EDAC("csrow_correctable", ",csrow=\"unknown\"", "2")
	  EDAC("csrow_correctable", ",csrow=\"0\"", "3") EDAC("csrow_correctable", ",csrow=\"12\"", "4")
	  TYPE("edac_csrow_uncorrectable_errors_total", "counter") EDAC("csrow_uncorrectable", ",csrow=\"unknown\"", "6")
	  EDAC("csrow_uncorrectable", ",csrow=\"0\"", "0") },

	{ read_dmi, "id/bios_date\t04/12/2021\nid/chassis_version\t\nid/product_name\tPowerEdge\nid/sys_vendor\tDell \"Inc.\"\nother/bios_date\tx\n",
	  TYPE("dmi_info", "gauge")
	  "node_dmi_info{bios_date=\"04/12/2021\",product_name=\"PowerEdge\",system_vendor=\"Dell \\\"Inc.\\\"\"} 1\n" },
};
/* clang-format on */

int main(void)
{
	return run_reader_rows(rows, ARRAY_LEN(rows));
}
