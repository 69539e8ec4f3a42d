"""The life of the package on a system that systemd runs: installed, working, reloaded, stuck, installed
again, removed, purged. Runs inside tests/support/in_system; the argument is the package."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

PACKAGE = sys.argv[1]
DROP_IN = "/run/systemd/system/ifpulse.service.d"
CONFIG = "/etc/ifpulse/ifpulse.json"
PLACES = ["/etc", "/lib", "/run", "/usr", "/var"]


def run(*words, status=0):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert status is None or done.returncode == status, f"{words} ended with {done.returncode}: {done.stdout}"
    return done.stdout


def until(condition, what):
    deadline = time.monotonic() + 30
    while not condition():
        if time.monotonic() > deadline:
            print(run("systemctl", "status", "--no-pager", "ifpulse", status=None))
            raise AssertionError(f"waited in vain for {what}")
        time.sleep(0.02)


def shown(name):
    return run("systemctl", "show", "--property", name, "--value", "ifpulse").strip()


def state():
    return run("systemctl", "is-active", "ifpulse", status=None).strip()


def get(target):
    with urllib.request.urlopen(f"http://127.0.0.1:8750{target}", timeout=20) as answer:
        return answer.read().decode()


def journal(*options):
    run("journalctl", "--sync")
    return run("journalctl", "--no-pager", "--output=cat", "--unit=ifpulse", *options)


def traces():
    found = set()
    for place in PLACES:
        for folder, folders, files in os.walk(place):
            found.update(os.path.join(folder, name) for name in folders + files if "ifpulse" in name)
    return found


def configure(**settings):
    with open(CONFIG, "w") as file:
        json.dump(settings, file)


def works():
    run("dpkg", "--install", PACKAGE)
    assert state() == "active", run("systemctl", "status", "--no-pager", "ifpulse", status=None)
    assert run("ifpulse", "--version").startswith("ifpulse ")
    assert "enabled" in run("systemctl", "is-enabled", "ifpulse")
    assert re.match(r"Port 8750, \d+ clients", shown("StatusText")), shown("StatusText")
    run("systemd-analyze", "verify", "--man=no", "ifpulse.service")
    main = re.search(r'src="(immutable/[0-9a-f]{16}/js/main.js)"', get("/"))
    assert get("/" + main[1])


def is_confined_and_sees_all():
    with open(f"/proc/{shown('MainPID')}/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file)
    assert "0" not in status["Uid"].split(), status["Uid"]
    assert int(status["CapEff"], 16) == 1 << 38 | 1 << 39, status["CapEff"]  # CAP_PERFMON, CAP_BPF
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    capabilities = json.loads(get("/api/v1/server"))["data"]["capabilities"]
    if os.path.exists("/sys/kernel/btf/vmlinux"):
        assert capabilities["owners"]["status"] == "available", capabilities
        assert capabilities["short_lived"]["status"] == "available", capabilities
    else:
        print("this kernel has no BTF, so owners are not listed by it")
    for name in ["interfaces", "connections", "closings", "drops", "units"]:
        assert capabilities[name]["status"] == "available", capabilities
    rows = json.loads(get("/api/v1/connections"))["data"].values()
    own = [row for row in rows if row.get("local_port") == 8750 and row["state"] == "listen"]
    assert own[0]["unit"] == "ifpulse.service", own


def reloads():
    pid = shown("MainPID")
    configure(log_level="info", allowed_hosts=["status.example"], interval_ms=500)
    run("systemctl", "reload", "ifpulse")
    until(lambda: "allowed_hosts, log_level" in journal("--priority=notice"), "what was taken over")
    assert "interval_ms" in journal("--priority=warning")
    assert "allowed_hosts" not in journal("--priority=warning")
    configure(intervall_ms=500)
    run("systemctl", "reload", "ifpulse", status=1)
    assert f"{CONFIG}:1: intervall_ms" in journal("--priority=err")
    until(lambda: state() == "active", "the service to be active")
    assert shown("MainPID") == pid
    configure()


def restart_with(settings):
    os.makedirs(DROP_IN, exist_ok=True)
    with open(f"{DROP_IN}/test.conf", "w") as file:
        file.write(f"[Service]\n{settings}\n")
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "ifpulse")


def restart_without():
    os.remove(f"{DROP_IN}/test.conf")
    os.rmdir(DROP_IN)
    run("systemctl", "daemon-reload")
    run("systemctl", "restart", "ifpulse")


def takes_the_settings_that_the_unit_names():
    with open("/lib/systemd/system/ifpulse.service") as file:
        named = re.findall(r"^#   ([A-Z]\w+=.*)$", file.read().partition("[Unit]")[0], re.M)
    assert len(named) == 7, named
    with open("/etc/ifpulse/token", "w") as file:
        file.write("a token\n")
    configure(namespaces=True)
    restart_with("\n".join(named))
    run("ip", "netns", "add", "late")
    until(lambda: "late/lo" in get("/api/v1/interfaces"), "the namespace")
    with open(f"/proc/{shown('MainPID')}/root/run/credentials/ifpulse.service/token") as file:
        assert file.read() == "a token\n"
    run("ip", "netns", "del", "late")
    os.remove("/etc/ifpulse/token")
    configure()
    restart_without()


def is_started_anew_when_stuck():
    restart_with("WatchdogSec=1")
    time.sleep(3)
    assert (state(), shown("NRestarts")) == ("active", "0"), "fed by a service that works"
    os.kill(int(shown("MainPID")), signal.SIGSTOP)
    until(lambda: shown("NRestarts") == "1" and state() == "active", "the watchdog")
    restart_without()


def is_kept_by_its_owner():
    configure(interval_ms=700)
    pid = shown("MainPID")
    run("dpkg", "--force-confold", "--install", PACKAGE)
    assert state() == "active" and shown("MainPID") != pid, "the new version runs"
    assert json.loads(get("/api/v1/server"))["data"]["interval_ms"] == 700, "the configuration stayed"
    run("systemctl", "disable", "--now", "ifpulse")
    run("dpkg", "--force-confold", "--install", PACKAGE)
    assert run("systemctl", "is-enabled", "ifpulse", status=1).strip() == "disabled"


def goes(before):
    run("systemctl", "start", "ifpulse")
    run("dpkg", "--remove", "ifpulse")
    assert state() == "inactive"
    assert os.path.exists(CONFIG), "until purged"
    run("dpkg", "--purge", "ifpulse")
    left = traces() - before
    assert not left, left


def main():
    before = traces()
    works()
    is_confined_and_sees_all()
    reloads()
    takes_the_settings_that_the_unit_names()
    is_started_anew_when_stuck()
    is_kept_by_its_owner()
    goes(before)
    print("installed, working, reloaded, started anew, removed, purged")


main()
