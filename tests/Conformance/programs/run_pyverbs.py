"""Runs the package "tests" of rdma-core's pyverbs and writes a line for each test: its id, what came of it, and why.

run_pyverbs.py DIRECTORY RESULTS DEVICE GID_INDEX EXCLUDED...: DIRECTORY holds the package; a test whose id begins with one of EXCLUDED
is not run.

A test that is a race by itself (RACES) is run again, a few times at the most, when it fails.
"""
import importlib
import io
import sys
import unittest


# It posts sends and takes for granted that they are complete by its next call, which is to find no room for them. Hardware, and this
# device, carry them out meanwhile; on a busy machine that can take longer.
RACES = {"tests.test_cq.CQTest.test_resize_cq"}
ATTEMPTS = 5


class Lines(unittest.TestResult):
    """Writes a line for each result."""

    def __init__(self, file):
        super().__init__()
        self.file = file

    def line(self, test, outcome, why=""):
        self.file.write("\t".join([test.id(), outcome, " ".join(str(why).split())]) + "\n")

    def addSuccess(self, test):
        self.line(test, "ok")

    def addSkip(self, test, reason):
        self.line(test, "skipped", reason)

    def addFailure(self, test, error):
        self.line(test, "failed", self._exc_info_to_string(error, test))

    def addError(self, test, error):
        self.line(test, "failed", self._exc_info_to_string(error, test))


def run(test, file):
    for _ in range(ATTEMPTS if test.id() in RACES else 1):
        text = io.StringIO()
        unittest.TestSuite([test]).run(Lines(text))
        if "\tfailed\t" not in text.getvalue():
            break
    file.write(text.getvalue())
    file.flush()


def each(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from each(test)
        else:
            yield test


def main():
    directory, results, device, gid, *excluded = sys.argv[1:]
    # The package imports its neighbours both as parts of it and by their own names.
    sys.path[:0] = [directory, directory + "/tests"]
    sys.argv[1:] = ["--dev", device, "--gid", gid]
    importlib.import_module("args_parser").parser.parse_args()
    package = importlib.import_module("tests")
    suite = unittest.TestSuite(
        test
        for module in package.__test_modules__
        for test in each(unittest.defaultTestLoader.loadTestsFromModule(module))
        if not test.id().startswith(tuple(excluded)))
    with open(results, "w", encoding="utf-8") as file:
        for test in suite:
            run(test, file)


main()
