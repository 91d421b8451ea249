#!/usr/bin/env python3
"""A private MariaDB server in a folder: unix socket only unless told otherwise, ended by its
process id.

    with Mariadb(folder) as server:
        ... server.socket, server.query('SELECT 1') ...

As a program (see tests/contract/):

    mariadb.py run COMMAND…      starts a server in a temporary folder, runs COMMAND with its
                                 folder in FLEET_MARIADB and this file in
                                 FLEET_MARIADB_CONTROL, and removes both; 77 without mariadbd
    mariadb.py start|stop|kill FOLDER

FLEET_MYSQLD names a mysqld of MySQL to be the server instead.
"""
import contextlib
import getpass
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from rig import servers  # noqa: E402  pylint: disable=wrong-import-position

MYSQLD = os.environ.get('FLEET_MYSQLD')
OPTIONS = ['--skip-networking', '--innodb-buffer-pool-size=64M', '--performance-schema=OFF',
           '--skip-log-bin', *(['--mysqlx=OFF', '--innodb-redo-log-capacity=64M'] if MYSQLD else
                               ['--innodb-log-file-size=32M'])]
NO_TLS = '--tls-version=' if MYSQLD else '--skip-ssl'  # of the server
# The administrator's own way in: since 11.4 the clients would verify a certificate even there.
LOCAL = ['-u', 'root', '--skip-ssl', '-S']
WAIT = 60


def installed():
    """Whether there is a mariadbd to run."""
    return MYSQLD is not None or servers.find('mariadbd')[0] is not None


def alive(pid):
    """Whether the process runs; one that ended and was not waited for does not."""
    try:
        with open(f'/proc/{pid}/stat', encoding='utf-8', errors='replace') as f:
            return f.read().rpartition(')')[2].split()[0] not in 'ZX'
    except OSError:
        return False


class Session:
    """A connection of root's that stays: the server's own client takes longer to start than most
    statements do."""

    END = 'end of the answer'

    def __init__(self, command, env):
        self.process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def run(self, sql):
        """The rows as lists of texts. The first error ends it."""
        self.process.stdin.write(f"{sql}\n;\nSELECT '{self.END}';\n")
        self.process.stdin.flush()
        rows = []
        for line in self.process.stdout:
            if line == self.END + '\n':
                return rows
            rows.append(line.rstrip('\n').split('\t'))
        raise RuntimeError(f'{sql}: {rows}')

    def close(self):
        self.process.communicate()


class Mariadb:
    """options: for mariadbd, beside OPTIONS; the last one of a name counts, so that
    '--skip-networking=0', '--port=N', '--bind-address=127.0.0.1' open TCP."""

    def __init__(self, folder, options=()):
        self.folder = os.path.abspath(folder)
        self.data = os.path.join(self.folder, 'data')
        self.socket = os.path.join(self.folder, 'socket')
        self.pid_file = os.path.join(self.folder, 'pid')
        self.log = os.path.join(self.folder, 'log')
        # A server that starts clears away what it takes for its own there, other servers' too.
        self.temporary = os.path.join(self.folder, 'tmp')
        self.options = list(options)
        self.process = None
        self.sessions = {}  # by thread

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.stop()

    def _command(self, name, *arguments):
        path, env = servers.find(name)
        if path is None:
            raise FileNotFoundError(name)
        return [path, '--no-defaults', *arguments], dict(env, TMPDIR=self.temporary)

    def _server(self, *arguments):
        own = [f'--user={getpass.getuser()}', f'--datadir={self.data}', *arguments]
        if MYSQLD:
            return [MYSQLD, '--no-defaults', '--secure-file-priv=NULL', *own], dict(os.environ, TMPDIR=self.temporary)
        return self._command('mariadbd', *own)

    def _install(self):
        if MYSQLD:
            command, env = self._server('--initialize-insecure')
        else:
            command, env = self._mariadb_install()
        with open(self.log, 'ab') as log:
            subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                           check=True, timeout=180)

    def _mariadb_install(self):
        base = os.path.dirname(os.path.dirname(os.path.realpath(servers.find('mariadbd')[0])))
        return self._command(
            'mariadb-install-db', f'--datadir={self.data}', f'--basedir={base}',
            # --force: not even localhost need have a name
            '--force', f'--user={getpass.getuser()}',
            '--auth-root-authentication-method=normal',
            '--skip-test-db', '--skip-name-resolve', *OPTIONS)

    def pid(self):
        """Of the running server, or None."""
        try:
            with open(self.pid_file, encoding='ascii') as f:
                pid = int(f.read())
        except (OSError, ValueError):
            return None
        return pid if alive(pid) else None

    def start(self, outlives_us=False):
        """On the data that is there; makes the first."""
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        os.makedirs(self.temporary, exist_ok=True)
        if not os.path.isdir(os.path.join(self.data, 'mysql')):
            self._install()
        if MYSQLD and self.pid() is None:  # it takes one that nobody waited for as alive
            pathlib.Path(self.socket + '.lock').unlink(missing_ok=True)
        command, env = self._server(f'--socket={self.socket}', f'--pid-file={self.pid_file}',
                                    *OPTIONS, *self.options)
        prefix = [] if outlives_us else servers.DIES_WITH_US
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(prefix + command, env=env, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True)
        self._wait_until_ready()

    def _wait_until_ready(self):
        deadline = time.monotonic() + WAIT
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.pid() == self.process.pid and self._answers():
                return
            time.sleep(0.05)
        self.process.kill()
        self.process.wait()
        with open(self.log, encoding='utf-8', errors='replace') as f:
            raise RuntimeError('mariadbd did not start:\n' + f.read()[-4000:])

    def _answers(self):
        command, env = self._command('mariadb-admin', *LOCAL, self.socket, 'ping')
        return subprocess.run(command, env=env, stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def _end(self, number):
        while self.sessions:
            self.sessions.popitem()[1].close()
        pid = self.pid()
        if pid is None:
            return
        os.kill(pid, number)
        deadline = time.monotonic() + WAIT
        while alive(pid):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            time.sleep(0.02)
        if self.process and self.process.pid == pid:
            self.process.wait()

    def stop(self):
        """As an administrator does."""
        self._end(signal.SIGTERM)

    def kill(self):
        """As a power cut does to its memory."""
        self._end(signal.SIGKILL)

    def _open(self):
        command, env = self._command('mariadb', *LOCAL, self.socket, '-N', '-B', '--unbuffered',
                                     '--default-character-set=utf8mb4')
        return Session(command, env)

    @contextlib.contextmanager
    def session(self, database):
        """Gives a function that runs SQL over a connection of its own."""
        with contextlib.closing(self._open()) as session:
            session.run(f'USE {database}')
            yield session.run

    def query(self, sql, database=''):
        """Runs SQL as root; the rows as lists of texts."""
        thread = threading.get_ident()
        if thread not in self.sessions:
            self.sessions[thread] = self._open()
        try:
            return self.sessions[thread].run(f'USE {database};\n{sql}' if database else sql)
        except (OSError, RuntimeError):
            self.sessions.pop(thread).close()
            raise


def run(command):
    """Runs a command beside a server. Returns its exit status, or 77."""
    if not installed():
        print('mariadbd is not installed', file=sys.stderr)
        return 77
    folder = tempfile.mkdtemp(prefix='fleet-mariadb.')
    server = Mariadb(folder)
    try:
        server.start()
        env = dict(os.environ, FLEET_MARIADB=folder, FLEET_MARIADB_CONTROL=os.path.abspath(__file__))
        return subprocess.run(command, env=env, check=False).returncode
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments):
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *unused: sys.exit(1))
    if len(arguments) >= 2 and arguments[0] == 'run':
        status = run(arguments[1:])
        return status if status >= 0 else 1
    if len(arguments) == 2 and arguments[0] == 'start':
        Mariadb(arguments[1]).start(outlives_us=True)
        return 0
    if len(arguments) == 2 and arguments[0] in ('stop', 'kill'):
        getattr(Mariadb(arguments[1]), arguments[0])()
        return 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
