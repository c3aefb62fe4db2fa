"""`make lock` and its check: the lock files pin, with hashes, what pyproject.toml asks for (依赖锁定)."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
MAIN, DEV = ROOT / "requirements.lock", ROOT / "tests" / "requirements.lock"
# Apart from both: what is built on the machine, only where a PC/SC reader is tested (tests/readers.py).
READERS = ROOT / "tests" / "readers.lock"
# And what only the tests with a token install (tests/tokens.py).
TOKENS = ROOT / "tests" / "tokens.lock"
# Neither the index nor the machine may be read off a lock file.
_FOREIGN = re.compile(r"://|--(index-url|extra-index-url|find-links|trusted-host)|(^|\s)/\w")


def compile_locks(*, upgrade: bool) -> None:
    """Resolve the files anew; what is pinned stays as long as it fits, unless `upgrade`."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = {name: "\n".join(project["optional-dependencies"][name]) for name in ("readers", "keys")}
    for target, arguments, given in (
        (MAIN, ["pyproject.toml"], None),
        (DEV, ["--extra", "dev", "--constraint", "requirements.lock", "pyproject.toml"], None),
        (READERS, ["-"], extras["readers"]),
        (TOKENS, ["--constraint", "requirements.lock", "-"], extras["keys"]),
    ):
        command = [
            sys.executable, "-m", "piptools", "compile", "--quiet", "--generate-hashes", "--strip-extras",
            "--allow-unsafe", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host",
            "--no-emit-options", *(["--upgrade"] if upgrade else []), "--output-file", str(target.relative_to(ROOT)),
            *arguments,
        ]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=True, input=given, text=True)


def problems() -> list[str]:
    """What is wrong with the lock files; empty when all is well."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = {MAIN: project["dependencies"], DEV: extras["dev"], READERS: extras["readers"], TOKENS: extras["keys"]}
    found = []
    for path, lines in wanted.items():
        name = path.relative_to(ROOT)
        text = path.read_text(encoding="utf-8")
        found += [f"{name}: an address or a path: {line}" for line in text.splitlines() if _FOREIGN.search(line)]
        pins = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^ \\]+)", text, re.M))
        pinned = {canonicalize_name(package): version for package, version in pins.items()}
        for line in lines:
            asked = Requirement(line)
            version = pinned.get(canonicalize_name(asked.name))
            if version is None:
                found.append(f"{name}: {asked.name} is not pinned; run `make lock`")
            elif not asked.specifier.contains(version, prereleases=True):
                found.append(f"{name}: {asked.name}=={version} is not {asked.specifier}; run `make lock`")
        blocks = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)
        found += [
            f"{name}: no hash: {block.split()[0]}" for block in blocks if "==" in block and "--hash=" not in block
        ]
    return found


def main() -> int:
    if "--check" not in sys.argv:
        compile_locks(upgrade="--upgrade" in sys.argv)
    found = problems()
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
