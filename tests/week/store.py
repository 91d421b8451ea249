"""Where a play is stored: what config.xml and feed.c are told, and how its rows are read."""
from rig.samples import MariadbSamples, Samples


class Sqlite(Samples):
    element = ''

    def __init__(self, fleet):
        self.feed = ['sqlite', fleet.database]
        super().__init__(fleet)

    def begin(self):
        """The samples are feed.c's."""


class OnMariadb(MariadbSamples):
    """server: a rig.mariadb.Mariadb, in which the database is made anew."""

    def __init__(self, server):
        server.query('DROP DATABASE IF EXISTS week; CREATE DATABASE week CHARACTER SET utf8mb4')
        self.feed = ['mariadb', server.socket]
        self.element = (f'<storage engine="mariadb" socket="{server.socket}" user="root"'
                        ' database="week"/>\n')
        super().__init__(server, 'week')

    def begin(self):
        """The samples are feed.c's."""
