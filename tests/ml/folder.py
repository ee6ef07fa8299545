"""A folder for what a test saves."""
import os
import tempfile
import unittest


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.count = 0

    def at(self):
        self.count += 1
        return os.path.join(self.folder.name, "m%d" % self.count)
