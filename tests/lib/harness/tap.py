# SPDX-License-Identifier: GPL-2.0-only
"""Test Anything Protocol, spoken to standard output."""


class Tap:
    """Numbers test points and closes with the plan."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def point(self, good, text, directive=""):
        """One test point; returns whether it was good."""
        self.count += 1
        if not good and not directive:
            self.failed += 1
        print("%sok %d - %s%s" % ("" if good else "not ", self.count, text.replace("#", "\\#"),
                                  " # " + directive if directive else ""), flush=True)
        return good

    def note(self, text):
        """Diagnostics, a line each."""
        for line in str(text).splitlines() or [""]:
            print("# " + line, flush=True)

    def done(self):
        """Print the plan; return the exit code."""
        print("1..%d" % self.count, flush=True)
        return 1 if self.failed else 0


def skip_all(why):
    """Nothing of this script can run here."""
    print("1..0 # SKIP " + why, flush=True)
    return 0


def bail_out(why):
    """The surroundings are broken: no verdict."""
    print("Bail out! " + why, flush=True)
    return 99
