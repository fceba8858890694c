#!/usr/bin/env python3
"""Checks the arrows: which room of src/ may include which, and which package of web/ may import which.

The two tables below are the map. A room may include itself and what its line names, nothing else; the same holds for
the modules that its CMakeLists.txt links. Rooms on one line of ARCHITECTURE.md's picture do not appear in each other's
line, and so never meet.
"""
import json
import posixpath
import re
import sys

from repository import TEST_FILE, read, report, tracked

ROOMS = {
    "base": "",
    "crypto": "base",
    "proto": "base crypto",
    "net": "base crypto",
    "store": "base crypto proto net",
    "store/memory": "base crypto store",
    "store/sqlite": "base crypto store",
    "journal": "base crypto proto net store",
    "http": "base crypto proto net",
    "auth": "base crypto proto net http",
    "channels": "base crypto proto net store journal http auth",
    "live": "base crypto proto net store journal http auth",
    "site": "base crypto proto net store journal http auth",
    "origin": "base crypto proto net store journal http auth",
    "control": "base crypto proto net store journal http auth",
    "outbox": "base crypto proto net store journal http auth",
    "web": "base crypto proto net store journal http auth",
    "server": "base crypto proto net store store/memory store/sqlite journal http auth channels live site origin control outbox web",
    "cli": "base crypto proto net store journal http auth server",
}
# What a room's tests may use besides: the stores, to have one, and nothing that the room itself is part of.
TEST_EXTRAS = {
    room: "store/memory store/sqlite"
    for room in ("store", "journal", "http", "channels", "live", "site", "origin", "control", "outbox", "web",
                 "cli")
}

# Rooms that know bytes and nothing of the world: no sockets, files, clocks or threads.
PURE = ("proto", "crypto")
IMPURE = re.compile(
    r"<(sys/|netinet/|arpa/|unistd\.h|fcntl\.h|poll\.h|thread|mutex|shared_mutex|condition_variable|future|atomic"
    r"|fstream|filesystem|iostream|boost/asio|curl/|sqlite3\.h)|\"base/clock\.h\""
)

PACKAGES = {
    "protocol": "",
    "outbox": "protocol",
    "client": "protocol",
    "worker": "protocol outbox",
    "console": "protocol client",
    "server": "",
}
# Packages that run in Node and may use what it brings.
NODE_PACKAGES = ("server",)

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<][^">]+[">])', re.M)
IMPORT = re.compile(r"""(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)(['"])([^'"\n]+)\1""")


def room_of(path):
    """The room that a path below src/ belongs to, the deepest one that the map names."""
    parts = path.split("/")[:-1]
    for depth in (2, 1):
        room = "/".join(parts[:depth])
        if len(parts) >= depth and room in ROOMS:
            return room
    return None


def test_files(texts):
    """The paths among {path: text} that are tests by their name, and the headers that only such files include."""
    tests = {path for path in texts if TEST_FILE.search(path)}
    includers = {}
    for path, text in texts.items():
        for target in INCLUDE.findall(text):
            includers.setdefault("src/" + target[1:-1], set()).add(path)
    while more := {path for path in includers.keys() & texts.keys() - tests if includers[path] <= tests}:
        tests |= more
    return tests


def allowed_rooms(room, is_test):
    return {room, *ROOMS[room].split(), *(TEST_EXTRAS.get(room, "").split() if is_test else ())}


def check_source(path, text, is_test):
    """Findings for one C++ file; `path` is relative to the repository and starts with src/."""
    room = room_of(path.removeprefix("src/"))
    if room is None:
        return [f"{path}:1: is in no room of the map in tools/check_layers.py"]
    findings = []
    for match in INCLUDE.finditer(text):
        line = text.count("\n", 0, match.start(1)) + 1
        target = match[1]
        if room in PURE and not is_test and IMPURE.match(target):
            findings.append(f"{path}:{line}: {room} does no I/O and has no clock and no threads, but includes {target}")
        if target[0] == "<":
            continue
        used = room_of(target[1:-1])
        if used is None:
            findings.append(f"{path}:{line}: {target} is not an include from the root of src/")
        elif used not in allowed_rooms(room, is_test):
            findings.append(f"{path}:{line}: {room} must not include {used} ({target})")
    return findings


def check_links(path, text):
    """Findings for one src/ROOM/CMakeLists.txt: what it links must be allowed too."""
    room = posixpath.dirname(path.removeprefix("src/"))
    if room not in ROOMS:
        return [f"{path}:1: is in no room of the map in tools/check_layers.py"]
    names = {name.replace("/", "_"): name for name in ROOMS}
    findings = []
    for match in re.finditer(r"offing_uses\(([^)]*)\)", text):
        for use in match[1].split():
            if use in names and names[use] not in {room, *ROOMS[room].split()}:
                line = text.count("\n", 0, match.start()) + 1
                findings.append(f"{path}:{line}: {room} must not link {names[use]}")
    return findings


def npm_name(target):
    """The package that an import takes from: two parts where there is a scope."""
    return "/".join(target.split("/")[: 2 if target.startswith("@") else 1])


def check_module(path, text, names, dependencies):
    """Findings for one file of web/packages/PACKAGE; `names` maps the packages' npm names to their folders."""
    package = path.split("/")[2]
    if package not in PACKAGES:
        return [f"{path}:1: is in no package of the map in tools/check_layers.py"]
    allowed = {package, *PACKAGES[package].split()}
    own_tool = TEST_FILE.search(path) or path.count("/") == 3
    findings = []
    for match in IMPORT.finditer(text):
        target, line = match[2], text.count("\n", 0, match.start()) + 1
        if target.startswith("."):
            resolved = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            if not resolved.startswith(f"web/packages/{package}/") and not own_tool:
                findings.append(f"{path}:{line}: {target} leaves the package; import other packages by name")
            continue
        if target.startswith("node:") and package in NODE_PACKAGES:
            continue
        owner = next((folder for name, folder in names.items() if f"{target}/".startswith(f"{name}/")), None)
        if owner is not None and owner not in allowed:
            findings.append(f"{path}:{line}: {package} must not import {owner} ({target})")
        elif owner is None and not own_tool and npm_name(target) not in dependencies.get(package, ()):
            findings.append(f"{path}:{line}: {target} is no package of ours and no dependency of {package}")
    return findings


def cycles_of(table):
    """The arrows of the map that close a circle; there must be none."""
    pairs = [(a, b) for a in table for b in table[a].split()]
    return [f"tools/check_layers.py:1: {a} and {b} may use each other" for a, b in pairs if a in table[b].split()]


def main():
    findings = cycles_of(ROOMS) + cycles_of(PACKAGES)
    sources = {path: read(path) for path in tracked("src/*.h", "src/*.cc")}
    tests = test_files(sources)
    for path, text in sources.items():
        findings += check_source(path, text, path in tests)
    for path in tracked("src/*CMakeLists.txt"):
        findings += check_links(path, read(path))
    names, dependencies = {}, {}
    for path in tracked("web/packages/*/package.json"):
        folder, manifest = path.split("/")[2], json.loads(read(path))
        names[manifest["name"]] = folder
        dependencies[folder] = manifest.get("dependencies", {})
    modules = tracked("web/packages/*.ts", "web/packages/*.mjs", "web/packages/*.js")
    for path in modules:
        findings += check_module(path, read(path), names, dependencies)
    return report("layers", findings, f"{len(sources)} C++ and {len(modules)} TypeScript files")


if __name__ == "__main__":
    sys.exit(main())
