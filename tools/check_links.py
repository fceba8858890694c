#!/usr/bin/env python3
"""Checks that what the papers point at is there: relative links and pictures of every tracked Markdown file, the
headings that they name, and the vectors that spec/ names in `code`."""
import posixpath
import re
import sys

from repository import ROOT, read, report, tracked

LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|\b(?:src|href)=\"([^\"]+)\"")
VECTOR = re.compile(r"`(vectors/[\w./-]+\.json)`")
FENCE = re.compile(r"^(```|~~~).*?^\1", re.M | re.S)


def anchors_of(text):
    """The anchors that a Markdown renderer gives to the headings."""
    anchors = set()
    for title in re.findall(r"^#{1,6}\s+(.+?)\s*$", FENCE.sub("", text), re.M):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
        anchors.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain)))
    return anchors


def check_text(path, text, exists, anchors):
    """Findings for one file. `exists(path)` and `anchors(path)` look at the repository."""
    blanked = FENCE.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    no_code = re.sub(r"`[^`\n]*`", lambda match: " " * len(match[0]), blanked)
    targets = [(m.start(), m[1] or m[2]) for m in LINK.finditer(no_code)]
    if path.startswith("spec/"):
        targets += [(m.start(), m[1]) for m in VECTOR.finditer(blanked)]
    findings = []
    for start, target in targets:
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        file, _, anchor = target.partition("#")
        resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), file)) if file else path
        line = text.count("\n", 0, start) + 1
        if not exists(resolved):
            findings.append(f"{path}:{line}: {target} is not there")
        elif anchor and resolved.endswith(".md") and anchor not in anchors(resolved):
            findings.append(f"{path}:{line}: {resolved} has no heading for #{anchor}")
    return findings


def main():
    paths = tracked("*.md")
    findings = []
    for path in paths:
        findings += check_text(path, read(path), lambda p: (ROOT / p).exists(), lambda p: anchors_of(read(p)))
    return report("links", findings, f"{len(paths)} Markdown files")


if __name__ == "__main__":
    sys.exit(main())
