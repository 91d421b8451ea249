"""A work folder with a config.xml, and the real programs run over it as cron would."""
import collections
import os
import pathlib
import re
import signal
import sqlite3
import subprocess
import sys
import urllib.parse

# The programs as they are used: optimized, without sanitizers, which forbid what confines them.
RELEASED = os.environ.get('FLEET_RELEASED') or os.path.abspath(os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..', '..', '..', 'build'))
BUILD = os.environ.get('FLEET_BUILD') or RELEASED
if os.environ.get('FLEET_TESTED') == 'released':
    BUILD = RELEASED
    if not os.path.exists(os.path.join(BUILD, 'collector', 'fleet-collector')):
        print(f'skipped: nothing is built in {BUILD}; ./bootstrap build, or set FLEET_RELEASED')
        sys.exit(77)
PROGRAMS = {
    'collector': os.path.join(BUILD, 'collector', 'fleet-collector'),
    'alerter': os.path.join(BUILD, 'alerter', 'fleet-alerter'),
    'fleet': os.path.join(BUILD, 'console', 'fleet'),
    'probe': os.path.join(BUILD, 'remote', 'fleet-probe'),
}
KILLED = 128 + signal.SIGKILL
# A report that waits in the spool (collector/spool/spool.h): `sealed` are its bytes without the
# head, `path` is the file that it lies in, perhaps with others.
Frame = collections.namedtuple('Frame', 'attempt client sealed path')
FRAME_HEAD = re.compile(
    rb'fleet1 spool ([0-9a-f]{16}) [0-9a-f]{16} \d+ (\d+) (\S+) \d+ [0-9a-f]{32}\n')
# What a sanitizer needs to know; everything else of the environment stays behind, as in cron.
KEPT = ('ASAN_OPTIONS', 'UBSAN_OPTIONS', 'LSAN_OPTIONS')


class Result:
    """How a program ended: status (negative for a signal), out, err."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f'status {self.status}\n--- out\n{self.out}\n--- err\n{self.err}'


class Fleet:
    """folder: where config.xml, keys and data lie; one per test."""

    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.config = os.path.join(folder, 'config.xml')
        self.database = os.path.join(folder, 'fleet.db')
        self.spool = os.path.join(folder, 'encrypted_stats')

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text, mode=0o600):
        with open(self.path(name), 'w', encoding='utf-8') as f:
            f.write(text)
        os.chmod(self.path(name), mode)
        return self.path(name)

    def write_config(self, body):
        """body: what stands between <config> and </config>."""
        return self.write('config.xml', f'<config>\n{body}\n</config>\n')

    def command(self, program, *arguments):
        return [PROGRAMS[program], *(['-c', self.config] if program != 'probe' else []), *arguments]

    def start(self, program, *arguments, env=None, kill_at=(), **more):
        """Starts a program with an environment as empty as cron's; a Popen. kill_at: moments at
        which it is killed with all that it started (kill_at.c); its status is KILLED then."""
        clean = {k: os.environ[k] for k in KEPT if k in os.environ}
        clean.update(env or {})
        killer = [os.environ['KILL_AT'], *kill_at, '--'] if kill_at else []
        if killer:  # nor do sanitizers look for leaks in what is traced
            clean['ASAN_OPTIONS'] = clean.get('ASAN_OPTIONS', '') + ':detect_leaks=0'
        more = {'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE, **more}
        return subprocess.Popen(killer + self.command(program, *arguments), env=clean, cwd='/',
                                stdin=subprocess.DEVNULL, text=True, errors='replace', **more)

    def run(self, program, *arguments, env=None, timeout=120, stdin=None):
        process = self.start(program, *arguments, env=env)
        try:
            out, err = process.communicate(stdin, timeout=timeout)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, err = process.communicate()
            raise AssertionError(f'{program} did not end in {timeout} s\n{out}\n{err}') from None
        return Result(process.returncode, out, err)

    def run_closed(self, program, *arguments, timeout=120):
        """With descriptors 0 to 2 closed. Returns the exit status."""
        clean = {k: os.environ[k] for k in KEPT if k in os.environ}
        script = 'exec "$@" <&- >&- 2>&-'
        return subprocess.run(['/bin/sh', '-c', script, 'sh', *self.command(program, *arguments)],
                              env=clean, cwd='/', timeout=timeout, check=False).returncode

    def rows(self, sql, *arguments):
        """Rows of the SQLite database as tuples."""
        connection = sqlite3.connect(f'file:{self.database}?mode=ro', uri=True, timeout=10)
        try:
            return connection.execute(sql, arguments).fetchall()
        finally:
            connection.close()

    def spool_files(self):
        """The files that wait in the spool."""
        if not os.path.isdir(self.spool):
            return []
        return sorted(n for n in os.listdir(self.spool)
                      if n.endswith(('.frames', '.outcomes', '.sealed')))

    def frames(self):
        """The reports that wait in the spool, as Frame each, older files first. The last of a file
        is left out when it was cut."""
        return [frame for path in sorted(pathlib.Path(self.spool).glob('*.frames'))
                for frame in frames_of(path)]


def frames_of(path):
    data, at = path.read_bytes(), 0
    while head := FRAME_HEAD.match(data, at):
        begin, at = head.end(), head.end() + int(head[2])
        if at > len(data):
            return
        yield Frame(int(head[1], 16), urllib.parse.unquote_to_bytes(head[3]).decode(),
                    data[begin:at], path)
