"""The machines of tests/fixtures/proc, each a text: before each file a line `-- PATH`, or
`-- PATH -> TARGET` for a symbolic link."""
import os
import subprocess

from rig.probe import PROBE

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'fixtures', 'proc')
NAMES = sorted(name for name in os.listdir(FOLDER) if not name.endswith('.prom'))


def files(name):
    """{path: text, or the target of a link as a tuple of one}"""
    found, path = {}, None
    with open(os.path.join(FOLDER, name), encoding='utf-8') as f:
        for line in f:
            if line.startswith('-- '):
                path, _, target = line[3:].rstrip('\n').partition(' -> ')
                found[path] = (target,) if target else ''
            else:
                found[path] += line
    return found


def unpack(name, root):
    """Makes what `--root` wants of it."""
    for path, content in files(name).items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if isinstance(content, tuple):
            os.symlink(content[0], full)
        else:
            with open(full, 'w', encoding='utf-8') as f:
                f.write(content)
    return root


def report(root, asks=()):
    """What --plain prints, without its help."""
    words = [word for ask in asks for word in ('--ask', ask)]
    text = subprocess.run([PROBE, '--root', root, '--plain', *words], check=True, env={}, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=60).stdout
    return ''.join(l for l in text.splitlines(True) if not l.startswith('# HELP '))
