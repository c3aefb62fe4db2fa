"""docker-compose.yml and the image it builds refer to things that exist (部署文件核对). Nothing is started here."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess

import jsonschema
import pytest
import yaml

from sealreg.deploy.make_secrets import RECIPES
from tests.architecture.source import ROOT

COMPOSE = ROOT / "docker-compose.yml"
DEPLOY = ROOT / "sealreg" / "deploy"

_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}
_SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image", "restart", "read_only", "cap_drop", "security_opt", "networks"],
    "properties": {
        "image": {"type": "string", "pattern": r"^[a-z0-9./-]+:[a-z0-9.-]+$", "not": {"pattern": ":latest$"}},
        "build": {
            "type": "object", "additionalProperties": False, "required": ["context", "dockerfile"],
            "properties": {"context": {"type": "string"}, "dockerfile": {"type": "string"}},
        },
        "command": _TEXTS,
        "user": {"type": "string"},
        "init": {"const": True},
        "restart": {"enum": ["unless-stopped", "no"]},
        "read_only": {"const": True},
        "tmpfs": _TEXTS,
        "shm_size": {"type": "string"},
        "cap_drop": {"const": ["ALL"]},
        "cap_add": {"type": "array", "items": {"enum": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "SETGID", "SETUID"]}},
        "security_opt": {"const": ["no-new-privileges:true"]},
        "environment": {"type": "object", "additionalProperties": {"type": "string"}},
        "secrets": _TEXTS,
        "volumes": _TEXTS,
        "ports": _TEXTS,
        "networks": {"anyOf": [_TEXTS, {"type": "object"}]},
        "logging": {"type": "object"},
        "stop_grace_period": {"type": "string", "pattern": r"^\d+s$"},
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object", "additionalProperties": False, "required": ["condition"],
                "properties": {"condition": {"enum": ["service_healthy", "service_completed_successfully"]}},
            },
        },
        "healthcheck": {
            "type": "object", "additionalProperties": False, "required": ["test", "interval", "timeout", "retries"],
            "properties": {
                "test": {"type": "array", "prefixItems": [{"enum": ["CMD", "CMD-SHELL"]}], "minItems": 2},
                "interval": {"type": "string"}, "timeout": {"type": "string"}, "start_period": {"type": "string"},
                "retries": {"type": "integer"},
            },
        },
    },
}  # fmt: skip
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "services", "networks", "volumes", "secrets"],
    "patternProperties": {"^x-": {}},
    "properties": {
        "name": {"type": "string"},
        "services": {"type": "object", "additionalProperties": _SERVICE},
        "networks": {"type": "object"},
        "volumes": {"type": "object"},
        "secrets": {
            "type": "object",
            "additionalProperties": {
                "type": "object", "additionalProperties": False, "required": ["file"],
                "properties": {"file": {"type": "string"}},
            },
        },
    },
}  # fmt: skip


def load(text: str) -> dict:
    return yaml.safe_load(text)


def known_variables() -> set[str]:
    """Every variable that sealreg.settings reads through its typed readers, with its _FILE twin for texts."""
    names = set()
    for path in (ROOT / "sealreg" / "settings").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names |= set(re.findall(r"^SEALREG_[A-Z0-9_]+$", node.value))
    return names | {f"{name}_FILE" for name in names}


def faults(compose: dict) -> list[str]:
    """What is wrong with a compose file (部署文件缺陷), one line each."""
    found = [f"schema: {error.json_path}: {error.message}" for error in
             jsonschema.Draft202012Validator(SCHEMA).iter_errors(compose)]  # fmt: skip
    if found:
        return found
    services, secrets = compose["services"], compose["secrets"]
    known = known_variables()
    for name, service in services.items():
        found += [f"{name}: {fault}" for fault in _service_faults(name, service, compose, known)]
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if other not in services:
                found.append(f"{name}: waits for unknown {other}")
            elif how["condition"] == "service_healthy" and "healthcheck" not in services[other]:
                found.append(f"{name}: waits for the health of {other}, which has no check")
    used = {secret for service in services.values() for secret in service.get("secrets", [])}
    found += [f"secret {name} is used by nobody" for name in sorted(set(secrets) - used)]
    found += [f"secret {name} is made by no recipe" for name in sorted(set(secrets) - set(RECIPES))]
    found += [f"secret {name} is not a file named like it" for name, how in secrets.items()
              if not how["file"].endswith(f"/{name}")]  # fmt: skip
    return found


def _service_faults(name: str, service: dict, compose: dict, known: set[str]) -> list[str]:
    found = []
    if service["restart"] == "no":
        if "healthcheck" in service:
            found.append("a job has no health")
    elif "healthcheck" not in service:
        found.append("no health check")
    if "ports" in service and name != "proxy":
        found.append("publishes a port; only the proxy does")
    if "cap_add" in service and name != "postgres":
        found.append("adds a capability")
    for secret in service.get("secrets", []):
        if secret not in compose["secrets"]:
            found.append(f"unknown secret {secret}")
    for variable, value in service.get("environment", {}).items():
        if variable.startswith("SEALREG_") and variable not in known:
            found.append(f"{variable} is read by no setting")
        if value.startswith("/run/secrets/") and value.rsplit("/", 1)[-1] not in service.get("secrets", []):
            found.append(f"{variable} points to a secret the service does not have")
        if re.search(r"(PASSWORD|SECRET|TOKEN|_KEY|_URL)$", variable) and not re.match(r"^(https://|\$\{)", value):
            found.append(f"{variable} holds a secret value")
        if re.search(r"://[^/\s:]*:[^@\s]+@", value):
            found.append(f"{variable} holds a password")
    named = set(compose["volumes"])
    for volume in service.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("."):
            if not (ROOT / source).exists():
                found.append(f"mounts {source}, which does not exist")
            if not volume.endswith(":ro"):
                found.append(f"mounts {source} for writing")
        elif source not in named:
            found.append(f"unknown volume {source}")
    networks = service["networks"]
    found += [f"unknown network {network}" for network in networks if network not in compose["networks"]]
    if name in {"postgres", "valkey"} and list(networks) != ["inside"]:
        found.append("stands on a network besides the inner one")
    if "build" in service:
        found += [f"{service['build']['dockerfile']} does not exist"] * (
            not (ROOT / service["build"]["dockerfile"]).is_file()
        )
        verb = service.get("command", [""])[0]
        if verb not in entry_verbs():
            found.append(f"entry.sh knows no {verb!r}")
    test = service.get("healthcheck", {}).get("test", [])
    if "-m" in test and importlib.util.find_spec(test[test.index("-m") + 1]) is None:
        found.append(f"no module {test[test.index('-m') + 1]}")
    return found


def entry_verbs() -> set[str]:
    return set(re.findall(r"^  ([a-z-]+)\)$", (DEPLOY / "entry.sh").read_text(encoding="utf-8"), re.MULTILINE))


TEXT = COMPOSE.read_text(encoding="utf-8")


def test_compose_is_without_fault():
    assert faults(load(TEXT)) == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("read_only: true", "privileged: true", "schema"),
        ("image: postgres:18", "image: postgres:latest", "schema"),
        ("no-new-privileges:true", "seccomp:unconfined", "schema"),
        ("SEALREG_TRUSTED_PROXIES", "SEALREG_TRUSTED_PROXY", "read by no setting"),
        ("/run/secrets/personal_key", "/run/secrets/owner_database_url", "does not have"),
        ("SEALREG_SECRET_KEY_FILE: /run/secrets/secret_key", "SEALREG_SECRET_KEY: abc", "secret value"),
        ("SEALREG_CLAMD: ${SEALREG_CLAMD:-}", "SEALREG_CLAMD: redis://:word@valkey:6379", "holds a password"),
        ("./sealreg/deploy/nginx.conf:", "./sealreg/deploy/apache.conf:", "does not exist"),
        ("nginx.conf:ro", "nginx.conf", "for writing"),
        ("dockerfile: sealreg/deploy/Dockerfile", "dockerfile: Dockerfile", "does not exist"),
        ("command: [relay]", "command: [relays]", "entry.sh knows no"),
        ("sealreg.deploy.probe, heartbeat, loop", "sealreg.deploy.probes, heartbeat, loop", "no module"),
        ("shm_size: 256m", "ports: ['5432:5432']", "publishes a port"),
        ("media:/srv/sealreg/media", "files:/srv/sealreg/media", "unknown volume"),
        ("  loader_password: {", "  loader_passwords: {", "unknown secret"),
        ("networks: [inside]\n    stop_grace", "networks: [inside, egress]\n    stop_grace", "besides the inner one"),
        ("restart: \"no\"", "restart: unless-stopped", "no health check"),
    ],
)  # fmt: skip
def test_each_fault_is_seen(old, new, fault):
    assert old in TEXT
    assert any(fault in each for each in faults(load(TEXT.replace(old, new)))), faults(load(TEXT.replace(old, new)))


def test_what_must_be_there_is_there():
    services = load(TEXT)["services"]
    assert services["postgres"]["image"] == "postgres:18"
    assert services["valkey"]["image"].startswith("valkey/valkey:")
    assert [services[name]["command"] for name in ("web-a", "web-b", "worker", "beat", "relay", "migrate")] == [
        ["web"], ["web"], ["worker"], ["beat"], ["relay"], ["migrate"],
    ]  # fmt: skip
    holders = [name for name, service in services.items() if "owner_database_url" in service.get("secrets", [])]
    assert holders == ["migrate"]
    for name in ("web-a", "web-b", "worker", "beat", "relay"):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_start_page_tells_that_nothing_was_run():
    for path in (COMPOSE, DEPLOY / "Dockerfile", DEPLOY / "nginx.conf"):
        assert re.search(r"not (run|built) there", path.read_text(encoding="utf-8"))


def test_dockerfile_refers_to_what_exists():
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    copied = [part for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for part in line.split()]
    assert len(copied) >= 10
    assert [each for each in copied if not (ROOT / each).exists()] == []
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8")
    assert [each for each in copied if f"!{each}\n" not in ignored] == []
    assert "--require-hashes" in text
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    assert text.index("\nUSER ") < text.index("\nENTRYPOINT ")
    assert (ROOT / re.search(r'ENTRYPOINT \["/bin/sh", "/opt/sealreg/([^"]+)"\]', text)[1]).is_file()
    wanted = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert wanted <= set(copied)


@pytest.mark.parametrize("script", ["entry.sh", "valkey.sh"])
def test_scripts_are_valid_shell(script):
    assert subprocess.run(["sh", "-n", str(DEPLOY / script)], check=False).returncode == 0


def test_entry_calls_what_exists():
    text = (DEPLOY / "entry.sh").read_text(encoding="utf-8")
    modules = [*re.findall(r"python -m ([\w.]+)", text), *re.findall(r"-A ([\w.]+)", text)]
    modules += re.findall(r"([\w.]+):application", text)
    assert len(modules) >= 5
    assert [each for each in modules if importlib.util.find_spec(each) is None] == []
    commands = set(re.findall(r"manage\.py (\w+)", text)) - {"check", "migrate"}
    assert commands == {"drain_outbox"}
    assert list(ROOT.glob("sealreg/*/management/commands/drain_outbox.py"))


def test_proxy_speaks_to_services_that_exist():
    text = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    services = load(TEXT)["services"]
    targets = re.findall(r"server ([\w-]+):(\d+) max_fails", text) + re.findall(r"http://([\w-]+):(\d+);", text)
    assert len(targets) == 4
    assert [name for name, _ in targets if name not in services] == []
    for name, port in targets:
        assert port in services[name]["healthcheck"]["test"]
    mounted = set(services["proxy"]["secrets"])
    assert set(re.findall(r"/run/secrets/(\w+)", text)) == mounted
    published = {each.split(":")[1] for each in services["proxy"]["ports"]}
    assert set(re.findall(r"listen (\d+)", text)) == published
    aliases = set(services["proxy"]["networks"]["inside"]["aliases"])
    assert set(re.findall(r"server_name ([\w.]+);", text)) == aliases
    assert text.count("{") == text.count("}")


def test_files_of_the_deployment_are_all_used():
    used = "".join(path.read_text(encoding="utf-8") for path in (COMPOSE, DEPLOY / "Dockerfile", DEPLOY / "entry.sh"))
    for path in DEPLOY.iterdir():
        if path.suffix in {".sh", ".sql", ".conf"}:
            assert path.name in used, path.name
