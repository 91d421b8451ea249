"""Finds the programs of real servers: installed ones first, then those that ./bootstrap
unpacked below build/packages/ (packages that would start a service are never installed)."""
import glob
import os
import shutil

# Before a command: it is killed when this process ends, however that ends, and keeps its number.
DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--']
SBIN = ['/usr/sbin', '/usr/local/sbin', '/sbin']


def packages():
    """The folder of unpacked packages, or None."""
    here = os.path.dirname(os.path.abspath(__file__))
    default = os.path.join(here, '..', '..', '..', 'build', 'packages')
    folder = os.environ.get('FLEET_PACKAGES', default)
    return os.path.realpath(folder) if os.path.isdir(folder) else None


def find(name):
    """(path, environment) of a server program; path is None when it is nowhere."""
    env = dict(os.environ)
    path = shutil.which(name, path=os.pathsep.join([os.environ.get('PATH', '')] + SBIN))
    if path:
        return path, env
    root = packages()
    for folder in ('usr/sbin', 'usr/bin', 'usr/lib/openssh') if root else ():
        candidate = os.path.join(root, folder, name)
        if os.access(candidate, os.X_OK):
            libraries = glob.glob(os.path.join(root, 'usr/lib/*-linux-gnu')) + \
                glob.glob(os.path.join(root, 'lib/*-linux-gnu'))
            env['LD_LIBRARY_PATH'] = os.pathsep.join(libraries)
            return candidate, env
    return None, env
