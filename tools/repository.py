"""What the check scripts share: the tracked files, and how findings are printed and counted."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Files that are never part of what is shipped: tests, benches and what only they use.
TEST_FILE = re.compile(
    r"_(test|bench|fuzz|contract|testing)\.(cc|h)$|(^|/)testing(\.h$|/)|[._-]test\.[mc]?[jt]s$|(^|/)tests?/"
)


def tracked(*patterns):
    """The paths (relative, as strings) of the tracked files that match git's patterns and still exist."""
    output = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [path for path in output.split("\0") if path and (ROOT / path).is_file()]


def read(path):
    """The text of a tracked file; bytes that are no UTF-8 become replacement characters."""
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def report(check, findings, summary):
    """Prints each finding on a line of its own and a closing line; returns the exit code."""
    for finding in findings:
        print(finding)
    print(f"{check}: {len(findings)} findings, {summary}" if findings else f"{check}: {summary}")
    return 1 if findings else 0
