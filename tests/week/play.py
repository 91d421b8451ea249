"""Plays a plan: the feeder and the alerter by turns on one clock, which stands during each run."""
import os
import subprocess

from plan import BEHIND, MAINTAINED
from rig.fleet import BUILD, KILLED, PROGRAMS, Fleet
from rig.samples import iso
from store import OnMariadb, Sqlite

PROGRAMS['alerter'] = os.path.join(BUILD, 'tests', 'torture', 'week-alerter')
FEED = os.environ['WEEK_FEED']
CHANNEL = ('nothing can be told, everything waits', 'notifications wait to be sent')


class Play:
    """In a folder of its own, to an smtp.MailServer that knows the plan's recipients. kills: which
    runs die, and when (kills.py)."""

    def __init__(self, folder, plan, server, *, kills=None, mariadb=None):
        self.fleet, self.plan, self.server, self.kills = Fleet(folder), plan, server, kills
        self.store = OnMariadb(mariadb) if mariadb else Sqlite(self.fleet)
        self.fleet.write_config(
            f'{self.store.element}<mail host="127.0.0.1" port="{server.port}" security="plain"'
            f' from="fleet@example.com" list-id="example.com" timeout="20s"/>\n{plan.config()}')
        self.feeder = subprocess.Popen(
            [FEED, *self.store.feed, self.fleet.write('plan', plan.feed())], text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        self.feed(self.plan.begins - self.plan.every)
        self.silence()
        return self

    def silence(self):
        """The maintenance, announced before it begins."""
        begins, ends = (iso(ms) for ms in self.plan.silence)
        self.store.execute(
            'INSERT INTO silence (client, grp, metric, instance, starts_at, ends_at, weekly, who,'
            " why, created_at) VALUES ('*', ?, '*', '*', ?, ?, '', 'ops', 'maintenance', ?)",
            'all/' + MAINTAINED[0], begins, ends, iso(self.plan.begins))

    def __exit__(self, *_):
        self.feeder.communicate()
        self.store.close()

    def run(self):
        for tick in self.plan.ticks():
            self.feed(tick)
            if self.plan.is_alerting(tick):
                self.turn_mail(self.plan.is_mailing(tick))
                self.alert(tick + BEHIND)

    def feed(self, tick):
        self.feeder.stdin.write(f'{tick}\n')
        self.feeder.stdin.flush()
        if self.feeder.stdout.readline() != 'done\n':
            raise RuntimeError('the feeder died')

    def turn_mail(self, on):
        self.mailing = on
        self.server.behave()
        if not on:
            self.server.misbehave('greeting')

    def alert(self, now):
        """After those runs that die."""
        for moments in self.kills.of(now) if self.kills else ():
            self.kills.look(self.store)
            if not self.start(now, moments):
                return
            self.kills.note(moments, self.store, self.server)
        self.start(now)

    def start(self, now, moments=()):
        """Whether it was killed. If not it is silent, but for a mail server that takes nothing."""
        env = {'WEEK_NOW': str(now), 'TZ': 'UTC'}
        process = self.fleet.start('alerter', env=env, kill_at=moments)
        out, err = process.communicate(timeout=300)
        if process.returncode == KILLED:
            return True
        said = [line for line in err.splitlines() if not any(word in line for word in CHANNEL)]
        good = (0,) if self.mailing else (0, os.EX_UNAVAILABLE)
        if out or said or process.returncode not in good:
            raise AssertionError(f'status {process.returncode}\n{out}\n{err}')
        return False
