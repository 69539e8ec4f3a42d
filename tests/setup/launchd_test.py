"""The job for launchd as `cmake --install` writes it, read by a parser of property lists: it starts
the program where that was installed. launchd_test.py CMAKE SOURCE"""

import pathlib
import plistlib
import subprocess
import sys
import tempfile

cmake, source = sys.argv[1], pathlib.Path(sys.argv[2])
# Keys of launchd.plist(5), and the types that it wants.
KEYS = {
    "Label": str, "ProgramArguments": list, "RunAtLoad": bool, "KeepAlive": dict, "ThrottleInterval": int, "ExitTimeOut": int,
    "ProcessType": str, "Umask": int, "SoftResourceLimits": dict, "HardResourceLimits": dict,
}


def install(folder, prefix):
    (folder / "source").mkdir()
    (folder / "source/CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(job NONE)\nset(CMAKE_INSTALL_LIBDIR lib)\ninclude(GNUInstallDirs)\n"
        f"include({source}/config/launchd.cmake)\n")
    for words in (["-S", folder / "source", "-B", folder / "build"], ["--install", folder / "build", "--prefix", prefix]):
        subprocess.run([cmake, *words], check=True, stdout=subprocess.DEVNULL)
    return prefix / "share/ifpulse"


def check(job, prefix):
    assert {key: type(value) for key, value in job.items()} == KEYS, job
    assert job["Label"] == "io.ifpulse"
    assert job["ProgramArguments"] == [f"{prefix}/bin/ifpulse", "serve"], job["ProgramArguments"]
    assert job["RunAtLoad"] is True and job["KeepAlive"] == {"SuccessfulExit": False}
    assert job["ProcessType"] == "Background" and job["Umask"] == 0o077
    assert job["SoftResourceLimits"] == job["HardResourceLimits"] == {"Core": 0}


with tempfile.TemporaryDirectory() as name:
    for place in ("opt", "R&D <Macs>"):
        folder = pathlib.Path(name) / place
        folder.mkdir()
        installed = install(folder, folder / "prefix")
        check(plistlib.loads((installed / "io.ifpulse.plist").read_bytes()), folder / "prefix")
        assert (installed / "ifpulse.json").read_bytes() == (source / "config/ifpulse.json").read_bytes()
