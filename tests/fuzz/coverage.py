"""Fails when a fuzz target's seeds do not reach its parser: coverage.py GCOV EXE SEEDS EXCEPT RULE SOURCE…

EXE was built with --coverage. It is run over the seeds alone; then at least 90 % of the lines of
each SOURCE (RULE "each"), or of all together ("total"), must have run. EXCEPT names functions that are not counted (those that do input and
output around the parser), with commas between, or '-'.
"""
import json
import os
import subprocess
import sys
import tempfile

LEAST = 0.9


def run_seeds(exe, seeds, folder):
    """Returns the counter files, each with its notes file beside it."""
    env = dict(os.environ, GCOV_PREFIX=folder, GCOV_PREFIX_STRIP='99')
    subprocess.run([exe, seeds], check=True, env=env, cwd=folder, stdout=subprocess.DEVNULL)
    data = [name for name in os.listdir(folder) if name.endswith('.gcda')]
    for name in data:
        notes = name[:-len('gcda')] + 'gcno'
        os.symlink(os.path.join(exe + '.p', notes), os.path.join(folder, notes))
    return data


def read_gcov(gcov, data, folder):
    """Yields (absolute path, gcov's record) of every source file."""
    command = [gcov, '--json-format', '--stdout', *data]
    text = subprocess.run(command, check=True, cwd=folder, stdout=subprocess.PIPE).stdout
    for line in text.splitlines():
        report = json.loads(line)
        for record in report['files']:
            path = os.path.join(report['current_working_directory'], record['file'])
            yield os.path.realpath(path), record


def count_lines(record, left_out):
    """Returns {line: times it ran} without the functions that are left out."""
    skipped = set()
    for function in record['functions']:
        if function['name'] in left_out:
            skipped.update(range(function['start_line'], function['end_line'] + 1))
    lines = {}
    for line in record['lines']:
        number = line['line_number']
        if number not in skipped:
            lines[number] = max(lines.get(number, 0), line['count'])
    return lines


def main(gcov, exe, seeds, left_out, rule, *sources):
    exe, seeds = os.path.abspath(exe), os.path.abspath(seeds)
    wanted = {os.path.realpath(source): {} for source in sources}
    with tempfile.TemporaryDirectory() as folder:
        data = run_seeds(exe, seeds, folder)
        for path, record in read_gcov(gcov, data, folder):
            if path in wanted:
                wanted[path].update(count_lines(record, left_out.split(',')))
    counts = []
    for path, lines in wanted.items():
        if not lines:
            sys.exit(f'{path}: nothing of it is in {exe}')
        reached = sum(count > 0 for count in lines.values())
        counts.append((reached, len(lines)))
        with open(path, encoding='utf-8') as source:
            text = source.read().splitlines()
        for number in sorted(number for number, count in lines.items() if not count):
            print(f'not reached: {os.path.basename(path)}:{number}: {text[number - 1].strip()}')
        print(f'{os.path.basename(path)}: the seeds reach {reached} of {len(lines)} lines '
              f'({reached / len(lines):.1%})')
    if rule == 'total':
        counts = [[sum(column) for column in zip(*counts)]]
    return any(reached < LEAST * total for reached, total in counts)


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
