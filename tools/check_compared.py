#!/usr/bin/env python3
"""Checks docs/compared.md: that every row of the comparison is there with how it is done and what proves it, that the
tests it names exist, that what others have is had here too, and that at most three rows are missing.

The first table has `| number | capability | others ... | Offing |`, the second `| number | how | proof |`. A proof is a
link to a test file, followed by titles of tests in "quotes"; what a title fills in as it runs stands as `...`.
"""
import re
import sys

from repository import ROOT, read, report

PAPER = "docs/compared.md"
ROWS = [*range(1, 17), *range(41, 51)]
MISSING_AT_MOST = 3

ROW = re.compile(r"^\|\s*(\d+)\s*\|(.*)\|\s*$", re.M)
PROOF = re.compile(r"\]\(\.\./(tests/[\w./-]+)\)((?:[:,;]?\s*\"[^\"]+\")*)")
TITLE = re.compile(r"\b(?:test|describe)(?:\.\w+)?\(\s*(['\"`])((?:\\.|(?!\1).)*)\1", re.S)


def titles_of(text):
    """The titles of a test file's tests and suites; what they fill in is `...`."""
    return {re.sub(r"\$\{[^}]*\}", "...", title).replace("\\'", "'") for _, title in TITLE.findall(text)}


def tables(text):
    """({number: cells} of the comparison, {number: cells} of the proofs, numbers that stand more than once)."""
    found, twice = ({}, {}), []
    for match in ROW.finditer(text):
        cells = [cell.strip() for cell in match[2].split("|")]
        table = found[0] if len(cells) > 2 else found[1]
        if int(match[1]) in table:
            twice.append(int(match[1]))
        table[int(match[1])] = cells
    return (*found, twice)


def check_proofs(number, cell, titles):
    """Findings for one row's proofs. `titles(path)`: the titles of that test file, None if there is no such file."""
    findings, count = [], 0
    for path, names in PROOF.findall(cell):
        known = titles(path)
        if known is None:
            findings.append(f"row {number}: {path} is not there")
            continue
        for name in re.findall(r'"([^"]+)"', names):
            count += 1
            if name not in known:
                findings.append(f'row {number}: {path} has no test "{name}"')
    return findings, count


def check(text, titles):
    compared, proofs, twice = tables(text)
    findings = [f"row {number} stands twice" for number in twice]
    findings += [f"row {number} is not compared" for number in ROWS if number not in compared]
    missing = [number for number, cells in compared.items() if not cells[-1].startswith("Y")]
    if len(missing) > MISSING_AT_MOST:
        findings.append(f"rows {missing} are missing; at most {MISSING_AT_MOST} may be")
    for number in compared:
        how, proof = (*proofs.get(number, ()), "", "")[:2]
        if not how:
            findings.append(f"row {number}: says not how it is done, or why not")
        found, count = check_proofs(number, proof, titles)
        findings += found
        if number not in missing and count == 0:
            findings.append(f"row {number}: names no test")
    return [f"{PAPER}:1: {finding}" for finding in findings], len(compared), len(missing)


def main():
    def titles(path):
        return titles_of(read(path)) if (ROOT / path).is_file() else None

    findings, rows, missing = check(read(PAPER), titles)
    return report("compared", findings, f"{rows} rows, {missing} of them missing here")


if __name__ == "__main__":
    sys.exit(main())
