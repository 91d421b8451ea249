#!/usr/bin/env python3
"""What the probe takes for folders of devices, beside a bare loop that finds, opens and reads the
same files: each once with a thousand network interfaces, 200 sensors or 256 processors below
--root, and once with none."""
import os
import shutil
import statistics

import bench

PROBE = os.path.join(bench.BUILD, 'remote', 'fleet-probe')
TIMES = 10
MOST = 1.5
INTERFACE = {
    'address': '02:42:ac:11:00:02', 'broadcast': 'ff:ff:ff:ff:ff:ff', 'carrier': '1',
    'carrier_changes': '2', 'carrier_down_count': '1', 'carrier_up_count': '1', 'duplex': 'full',
    'flags': '0x1003', 'ifalias': '', 'mtu': '1500', 'operstate': 'up', 'speed': '10000',
}
SENSOR = {'input': '45000', 'max': '80000', 'crit': '100000', 'crit_alarm': '0', 'label': 'Core'}
PROCESSOR = {
    'cpufreq/scaling_available_governors': 'performance powersave',
    'cpufreq/scaling_cur_freq': '2000000', 'cpufreq/scaling_governor': 'performance',
    'cpufreq/scaling_max_freq': '3700000', 'cpufreq/scaling_min_freq': '800000',
    'thermal_throttle/core_throttle_count': '0', 'thermal_throttle/package_throttle_count': '0',
    'topology/core_id': '0', 'topology/physical_package_id': '0',
}


def interfaces():
    for i in range(1000):
        yield from ((f'sys/class/net/veth{i}/{name}', text) for name, text in INTERFACE.items())


def sensors():
    for chip in range(25):
        folder = f'sys/class/hwmon/hwmon{chip}'
        yield f'{folder}/name', 'coretemp'
        for i in range(1, 9):
            yield from ((f'{folder}/temp{i}_{name}', text) for name, text in SENSOR.items())


def processors():
    for i in range(256):
        yield from ((f'sys/devices/system/cpu/cpu{i}/{name}', text)
                    for name, text in PROCESSOR.items())


class Cost:
    def __init__(self, cpu):
        self.cpu = cpu


class Machine:
    """A root with these files and nothing else."""

    def __init__(self, root, files):
        self.root = root
        os.mkdir(root)
        for path, text in files:
            path = os.path.join(root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, 'w', encoding='ascii') as f:
                f.write(text + '\n')

    def sides(self):
        commands = {'probe': [PROBE, '--root', self.root, '--plain'],
                    'floor': [bench.program('procfloor'), 'tree', self.root]}
        return {side: lambda command=command: Cost(statistics.median(
                    bench.run(command, env={}).cpu for _ in range(TIMES)))
                for side, command in commands.items()}


def main():
    folder = bench.work_folder('devices')
    try:
        none = bench.interleave(Machine(os.path.join(folder, 'none'), ()).sides())
        table = bench.Table()
        for what, files in (('1000 interfaces', interfaces()), ('200 sensors', sensors()),
                            ('256 processors', processors())):
            machine = Machine(os.path.join(folder, what.split()[1]), files)
            costs = bench.interleave(machine.sides())
            more = {side: [(c.cpu - n.cpu) * 1000 for c, n in zip(costs[side], none[side])]
                    for side in costs}
            table.row(f'cpu, {what}, probe : floor', more['probe'], more['floor'], 'ms', most=MOST)
        table.finish()
    finally:
        shutil.rmtree(folder)


main()
