"""The probe while one call fails, and again: no crash, and a report that was sealed arrives, now
or the next time."""
import os
import shutil
import sys
import tempfile
import unittest

from rig import fleet
from rig.probe import Key, Talk, request
from torture import PLACES, Place, Sweep, check

DONE, FAILED = 40, 41  # remote/serve.h
LEFTOVER, TORTURED, NEXT = 1, 2, 3  # attempts


class Attempt:
    """A talk with a fault, one without, and what came of it."""

    def __init__(self, arguments=(), asks=''):
        self.arguments, self.asks = arguments, asks

    def __call__(self, place):
        place.restore()
        self.place, self.key = place, Key()
        # As after a connection that was lost: sealed, and never acknowledged.
        check(self.talk(LEFTOVER, ack=lambda f: False).status == DONE, 'nothing left behind')
        bad = self.talk(TORTURED, faults=True)
        sealed = self.spooled()
        good = self.talk(NEXT)
        try:
            self.judge(bad, good, sealed)
        except Exception as e:
            e.args = (f'{e}\n{bad.status} {bad.error} {bad.noise} {bad.done}',)
            raise

    def talk(self, attempt, faults=False, **more):
        home = self.place.fleet.folder
        env = {'HOME': home, **self.place.env(faults)}
        os.makedirs(f'{home}/.cache/fleet-health', mode=0o700, exist_ok=True)
        program = f'{home}/fleet-probe'
        if not os.path.exists(program):
            os.symlink(fleet.PROGRAMS['probe'], program)  # what is being written cannot run
        talk = Talk([program, *self.arguments], env)
        try:
            talk.run(request(attempt, self.key, asks=self.asks), **more)
        except AssertionError:  # it ended within a file
            talk.end()
        self.place.check_reports(talk)
        return talk

    def spooled(self):
        folder = f'{self.place.fleet.folder}/.cache/fleet-health/{self.key.id}'
        return {int(name[:16], 16) for name in os.listdir(folder) if name.endswith('.sealed')}

    def delivered(self, talk):
        """{attempt: sealed bytes}, of a talk that came to its end."""
        heads = {f: self.key.open(f.data).split()[2] for f in talk.files} if talk.done else {}
        return {int(head.removeprefix('id='), 16): f.data for f, head in heads.items()}

    def judge(self, bad, good, sealed):
        first, second = self.delivered(bad), self.delivered(good)
        check(bad.status in (DONE, FAILED, os.EX_OSERR), 'it ended badly')
        check((bad.status == DONE) == (TORTURED in first), 'its status says something else')
        is_mute = self.place.site and self.place.site.function == 'write'
        check(bad.status == DONE or bad.error or is_mute, 'nothing was said')
        check((good.status, good.error) == (DONE, None), 'the next one:', good.status, good.error)
        check(NEXT in second, 'the next report is not there')
        check(LEFTOVER in {**first, **second}, 'the leftover is lost')
        check(sealed <= set(first) | set(second), f'lost: {sealed - set(first) - set(second)}')
        check(all(first[a] == second[a] for a in set(first) & set(second)), 'told two ways')
        check(not self.spooled(), 'left behind:', self.spooled())


class Probe(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix='fleet-torture-')
        self.addCleanup(shutil.rmtree, self.folder, True)

    def sweep(self, *how):
        places = [Place(self.folder, number) for number in range(PLACES)]
        self.assertEqual(Sweep('probe', places, lambda place: Attempt(*how)(place)).run(), [])

    def test_every_site(self):
        self.sweep((), ' ask=process:sh ask=process:of%3d/etc/passwd ask=file:/etc/passwd'
                       ' ask=certificate:/etc/passwd')

    def test_what_asks_a_server(self):
        """In a tree of files whose mounts are of a server, by what they say."""
        root = os.path.join(self.folder, 'root')
        os.makedirs(os.path.join(root, 'proc/1'))
        device = os.stat(root).st_dev
        with open(os.path.join(root, 'proc/1/mountinfo'), 'w', encoding='ascii') as f:
            f.write(f'1 2 {os.major(device)}:{os.minor(device)} / / rw - nfs4 server:/ rw\n')
        self.sweep(('--root', root), ' ask=network-mounts:yes')


if __name__ == '__main__':
    sys.exit(unittest.main(verbosity=2))
