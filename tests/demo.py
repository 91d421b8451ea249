"""The main job on this machine: demo.py BUILD FOLDER

A private sshd on loopback, three addresses of this machine and one that is down, the embedded
database, alerts on standard output. Everything is made below FOLDER; nothing goes on running.
"""
import os
import shutil
import sys
import time

sys.dont_write_bytecode = True
build, folder = (os.path.abspath(p) for p in sys.argv[1:3])
os.environ['FLEET_BUILD'] = build
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'integration'))

from rig.fleet import Fleet  # noqa: E402 (the path is set above)
from rig.sshd import Sshd, keygen  # noqa: E402

ADDRESSES = ['127.0.0.1', '127.0.0.2', '127.0.0.3']
CONFIG = '''\
  <!-- Every element and attribute is explained in config.xml.example. -->
  <group name="demo" username="{user}" port="{port}" identity="login_key">
    <alert type="cpu" limit="95%" for="10m"/>
    <alert type="disk" limit="90%"/>
    <client name="here-1" ip="127.0.0.1"/>
    <client name="here-2" ip="127.0.0.2"/>
    <client name="here-3" ip="127.0.0.3">
      <!-- A limit that every machine is above, so that the demo has something to tell. -->
      <alert type="memory" limit="1.1%"/>
    </client>
    <client name="down" ip="127.0.0.4"/>
  </group>'''


# What must be there at the end, or the demo has shown nothing: a query and its answer.
PROOF = [
    ("SELECT count(*) FROM sample WHERE outcome = 'ok'", 6),
    ("SELECT count(*) FROM sample WHERE outcome = 'refused'", 2),
    ("SELECT count(DISTINCT client) FROM latest WHERE metric = 'cpu_used_ratio'", 3),
    ("SELECT count(*) FROM open_alerts", 2),
    ("SELECT count(*) FROM notification WHERE state = 'sent'", 2),
]


def prove(fleet):
    for sql, expected in PROOF:
        got = fleet.rows(sql)[0][0]
        if got != expected:
            sys.exit(f'demo: {expected} expected, {got} found: {sql}')


def step(fleet, program, *arguments, may_fail=False):
    shown = {'collector': 'fleet-collector', 'alerter': 'fleet-alerter'}.get(program, program)
    print('\n$', shown, *arguments, flush=True)
    result = fleet.run(program, *arguments)
    print(result.out + result.err, end='', flush=True)
    if result.status != 0 and not may_fail:
        sys.exit(f'demo: {shown} ended with status {result.status}')


def run(fleet, sshd):
    fleet.write_config(CONFIG.format(user=sshd.user, port=sshd.port))
    step(fleet, 'fleet', 'init')
    step(fleet, 'fleet', 'trust', '--all', may_fail=True)  # one of them is down
    step(fleet, 'collector')
    time.sleep(2)  # rates need two samples with some time between them
    step(fleet, 'collector')
    step(fleet, 'alerter')
    step(fleet, 'fleet', 'status')


def main():
    shutil.rmtree(folder, ignore_errors=True)
    fleet = Fleet(folder)
    key = keygen(fleet.path('login_key'))
    with Sshd(fleet.path('sshd'), authorized=[key + '.pub'], addresses=ADDRESSES) as sshd:
        run(fleet, sshd)
    prove(fleet)
    print(f'''
The three addresses answered through a private sshd, which has been ended; the fourth is down.
Everything lies in {os.path.relpath(folder)}/: config.xml, fleet.db (SQLite), server.key,
known_hosts, encrypted_stats/. Read the tables with

  sqlite3 {os.path.relpath(fleet.database)} 'SELECT * FROM latest'

Next: README.md, "A real fleet". In short: put your machines into a config.xml of your own
(config.xml.example explains it all), then

  {os.path.relpath(build)}/console/fleet init && {os.path.relpath(build)}/console/fleet trust --all''')


main()
