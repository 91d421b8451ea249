"""alone.py TEST.py: runs a test in a network namespace of its own, so that it meets no port of
anybody's and nobody meets its servers. Only root can without becoming somebody else; for others
it runs as it is."""
import os
import runpy
import sys

from rig import sshd

if os.getuid() == 0:
    sshd.enter_network()
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name='__main__')
