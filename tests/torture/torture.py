"""The sweep: every site fails once, in as many places at once as there are processors."""
import concurrent.futures
import contextlib
import os
import pathlib
import queue
import re
import shutil
import sys
import time

from faults import Table, name_sites, spread
from rig import fleet
from rig.fleet import BUILD, Fleet
from rig.shows import tell

FOLDER = os.path.join(BUILD, 'tests', 'torture')
DEPTH = 3  # calls that tell one site from another
TRIES = 3  # for a site that is not reached in every run
IS_LONG = bool(os.environ.get('TORTURE_ALL'))
IS_FIRST = os.environ.get('FLEET_TESTED') != 'released'  # what is quick does less the second time
SAMPLE, SMALL_SAMPLE = (15, 3) if IS_FIRST else (8, 0)  # sites in the quick suite
INSIDE = 150  # sites within libraries in the long one
# At times a run only waits for a deadline.
PLACES = (2 if IS_LONG or IS_FIRST else 1) * len(os.sched_getaffinity(0))
KINDS = {  # of processes
    'alerter': {'main'}, 'collector': {'main', 'poller', 'resolver', 'signer'}, 'probe': {'main'}}
# Of a process that was ended while it looked for leaks.
NO_REPORT = re.compile(r'(==\d+==Unable to get registers from thread \d+\.\n)+')
EXITS = {0, *range(64, 79)}  # sysexits(3)

fleet.PROGRAMS.update({name: os.path.join(FOLDER, program) for name, program in {
    'alerter': 'fleet-alerter', 'collector': 'fleet-collector', 'helper': 'fleet-helper',
    'probe': 'fleet-probe'}.items()})


def does(sample):
    """Marks a test that does as many sites in the quick suite; with none it is no test there."""
    return lambda test: test if sample or IS_LONG else None


class Wrong(Exception):
    """What a run should not have done."""


def check(is_right, *words):
    if not is_right:
        raise Wrong(' '.join(str(w) for w in words))


class Place:
    """One of several independent fleets: its folder, and a copy of it as it was at the start."""

    def __init__(self, folder, number):
        self.folder = pathlib.Path(folder) / f'place{number}'
        self.folder.mkdir(parents=True)
        for path in (folder, self.folder):
            os.chmod(path, 0o755)  # for pollers, which have an account of their own
        self.number = number
        self.table = Table(str(self.folder / 'faults'))
        self.start = Fleet(str(self.folder / 'start'))
        self.fleet = Fleet(str(self.folder / 'fleet'))
        self.reports = self.folder / 'reports'
        self.site = None  # the one that fails

    def restore(self):
        for path in (self.fleet.folder, self.reports):
            shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(self.start.folder, self.fleet.folder)
        self.reports.mkdir()
        self.reports.chmod(0o777)

    def env(self, faults):
        """Sanitizers write to files, so that no process's word is lost."""
        env = {name: f'{os.environ.get(name, "")}:log_path={self.reports}/report:handle_abort=1'
               for name in ('ASAN_OPTIONS', 'UBSAN_OPTIONS')}
        return {**env, **(self.table.env if faults else {})}

    def is_forgotten_within(self, text):
        """A library, where the allocation failed, leaked of its own."""
        return (self.site and self.site.is_inside and 'LeakSanitizer' in text and
                'ERROR: AddressSanitizer' not in text and not re.search(r'\.c:\d+', text))

    def check_reports(self, result):
        """A process that is killed while its leaks are looked for says no more than that."""
        texts = [re.sub(r'==\d+==Unable to get registers from thread \d+\.\n', '',
                        p.read_text(errors='replace')) for p in self.reports.iterdir()]
        said = '\n'.join(text for text in texts if not self.is_forgotten_within(text) and
                         not NO_REPORT.fullmatch(text))
        check(not said, 'a sanitizer says:', said, result)
        err = getattr(result, 'err', '')
        check('Sanitizer' not in err and "ERROR: Can't" not in err, 'it cannot report:', err)
        check('a signal ended' not in err, 'a crash:', result)
        check('because it made system call' not in err, 'its confinement is too narrow:', result)

    def run(self, program, *arguments, faults=False, **more):
        result = self.fleet.run(program, *arguments, env=self.env(faults), timeout=90, **more)
        self.check_reports(result)
        check(result.status in EXITS, 'it ended badly:', result)
        return result


@contextlib.contextmanager
def nothing_elsewhere():
    """A probe that fails in its home goes to the next folder (remote/files/folder.c), which is
    everybody's: what it makes there is taken away, unless something was there before."""
    elsewhere = f'/var/tmp/fleet-health-{os.getuid()}'
    is_ours = not os.path.exists(elsewhere)
    try:
        yield
    finally:
        if is_ours:
            shutil.rmtree(elsewhere, ignore_errors=True)


class Sweep:
    """`program`: what is tortured. `places`: of Place. `attempt(place)` runs it with the faults
    of the place's table, and raises Wrong when it, or what comes after it, went wrong. `is_wanted`:
    which sites; all without it. `sample`: how many of ours in the quick suite."""

    def __init__(self, program, places, attempt, is_wanted=lambda site: True, sample=SAMPLE):
        self.program, self.attempt, self.is_wanted = program, attempt, is_wanted
        self.sample = sample
        self.places = queue.Queue()
        for place in places:
            self.places.put(place)
        self.first = places[0]
        self.wrong, self.done, self.missed = [], 0, []

    def record(self):
        """Every site there is."""
        self.first.table.prepare(DEPTH)
        for _ in range(2):  # what is only sometimes reached
            self.attempt(self.first)
        sites = self.first.table.sites()
        kinds = {s.role for s in sites}
        check(KINDS[self.program] <= kinds, 'only these processes take part:', kinds)
        for is_main, program in ((True, self.program), (False, 'helper')):
            name_sites(fleet.PROGRAMS[program],
                       [s for s in sites if (s.role == 'main') == is_main])
        return sorted(filter(self.is_wanted, sites), key=lambda s: s.name)

    def choose(self):
        sites = self.record()
        ours = [s for s in sites if not s.is_inside]
        inside = [s for s in sites if s.is_inside]
        wanted = os.environ.get('TORTURE_SITE')  # a pattern of names
        if wanted:
            return [s for s in sites if re.search(wanted, s.name)]
        print(f'{len(ours)} sites of ours, {len(inside)} in libraries')
        if IS_LONG:
            return ours + spread(inside, INSIDE)
        return spread(ours, self.sample) + spread(inside, self.sample // 5)

    def torture(self, site, is_half, words):
        place = self.places.get()
        try:
            for _ in range(TRIES):
                place.site = site
                place.table.prepare(DEPTH, site.key, is_half)
                self.attempt(place)
                if place.table.count():
                    self.done += 1
                    print(site.name, words, flush=True)
                    return
            self.missed.append(site.name)
        except Exception as e:  # pylint: disable=broad-except
            self.wrong.append(f'{site.name}\n  {words}: {e or repr(e)}')
            print('WRONG', self.wrong[-1], file=sys.stderr, flush=True)
        finally:
            self.places.put(place)

    def run(self):
        with nothing_elsewhere():
            return self.sweep()

    def sweep(self):
        begun = time.monotonic()
        sites = self.choose()
        with concurrent.futures.ThreadPoolExecutor(self.places.qsize()) as pool:
            for work in [pool.submit(self.torture, site, *way)
                         for site in sites for way in site.ways()]:
                work.result()
        print(f'{self.program}: {len(sites)} sites, {self.done} faults, {len(self.missed)} not '
              f'reached again, {len(self.wrong)} wrong, {time.monotonic() - begun:.0f} s')
        if not self.wrong:
            tell('41', f'{self.program}: {self.done} calls failed, each once')
        for name in self.missed:
            print('not reached again:', name)
        return self.wrong
