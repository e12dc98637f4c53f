"""Programs that misbehave, really run. Each must leave nothing behind, and earn nothing that its tests don't give."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from trainer.sandbox import grading, guard
from trainer.sandbox.run import SECONDS, WALL, run

ADD = "def add(a, b):\n    return a + b\n"
TWO = "assert add(1, 2) == 3\nassert add(-1, 1) == 0\n"
UNTRUE = "assert add(1, 2) == 4\nassert add(-1, 1) == 7\n"


def test_the_share_of_asserts_that_hold() -> None:
    marks = run(ADD, TWO + "assert add(2, 2) == 5\nassert add('a', 'b') == 'ab'")
    assert (marks.passed, marks.total, marks.score) == (3, 4, 0.75)


@pytest.mark.parametrize(
    ("tests", "entry", "passed", "total"),
    [
        ("def test_one():\n    assert add(1, 1) == 2\ndef test_two():\n    assert add(1, 1) == 3", "", 1, 2),
        ("def check(candidate):\n    assert candidate(1, 2) == 3", "add", 1, 1),
        ("def check(candidate):\n    assert candidate(1, 2) == 3\ncheck(add)", "add", 1, 1),
        ("from solution import add as plus\nassert plus(1, 2) == 3", "", 1, 1),
        ("import math\nassert math.isclose(add(0.1, 0.2), 0.3)", "", 1, 1),
        ("for n in range(3):\n    assert add(n, n) == 2 * n", "", 1, 1),
        ("wanted = undefined\nassert add(1, 2) == 3\nassert add(1, 2) == wanted", "", 1, 2),
        (
            "import unittest\nclass T(unittest.TestCase):\n"
            "    def setUp(self):\n        self.three = 3\n"
            "    def test_a(self):\n        self.assertEqual(add(1, 2), self.three)\n"
            "    def test_b(self):\n        self.assertEqual(add(1, 2), 4)\n"
            "    def test_c(self):\n        with self.assertRaises(TypeError):\n            add(1, 'x')\n"
            "if __name__ == '__main__':\n    unittest.main()",
            "",
            2,
            3,
        ),
    ],
)
def test_forms_of_tests(tests: str, entry: str, passed: int, total: int) -> None:
    marks = run(ADD, tests, entry)
    assert (marks.passed, marks.total) == (passed, total)


FAKES = {
    "leaves early": "import sys\n" + ADD + "sys.exit(0)",
    "leaves at once": "import os\nos._exit(0)",
    "leaves inside a test": "import os\ndef add(a, b):\n    os._exit(0)",
    "raises SystemExit inside a test": "def add(a, b):\n    raise SystemExit(0)",
    "an object that equals everything": "class Yes:\n    def __eq__(self, other):\n        return True\n"
    "    __ne__ = lambda self, other: False\ndef add(a, b):\n    return Yes()",
    "a number that equals everything": "class Yes(int):\n    def __eq__(self, other):\n        return True\n"
    "    __hash__ = int.__hash__\ndef add(a, b):\n    return Yes(9)",
    "prints the verdict": 'print(\'{"passed": 2, "total": 2}\')\n' + "def add(a, b):\n    return 0",
    "writes to every pipe": "import os\nfor fd in range(64):\n    try:\n"
    '        os.write(fd, b\'{"passed": 2, "total": 2, "walls": [], "word": "x"}\')\n    except OSError:\n'
    "        pass\ndef add(a, b):\n    return 0",
    "no AssertionError any more": "import builtins\nbuiltins.AssertionError = ZeroDivisionError\n"
    "def add(a, b):\n    return 0",
    "patches the harness": "import sys\n"
    "for name, module in list(sys.modules.items()):\n"
    "    if 'sandbox' in name or name == '__main__':\n"
    "        for key in list(vars(module)):\n"
    "            try:\n                setattr(module, key, lambda *a, **k: True)\n"
    "            except Exception:\n                pass\n"
    "def add(a, b):\n    return 0",
    "patches json": "import json\njson.dumps = lambda *a, **k: '{}'\ndef add(a, b):\n    return 0",
    "swaps the built-ins": "import builtins\nfor name in ('len', 'sum', 'all', 'isinstance', 'bool', 'exec', 'vars'):\n"
    "    setattr(builtins, name, lambda *a, **k: True)\ndef add(a, b):\n    return 0",
    "an error of its own": "1 / 0\n" + ADD,
    "no Python": "def add(a, b) return a + b",
    "traces": "import sys\nsys.settrace(lambda *a: None)\n" + ADD,
    "looks for the word": "import gc\nfound = gc.get_objects()\n" + ADD,
}


@pytest.mark.parametrize("name", FAKES)
def test_nothing_is_earned_by_a_trick(name: str) -> None:
    assert run(FAKES[name], UNTRUE).passed == 0


def test_a_trick_that_leaves_the_right_answer_alone_is_no_help_and_no_harm() -> None:
    assert run("print('x' * 100_000_000)\n" + ADD, TWO).score == 1.0


@pytest.mark.parametrize(
    ("code", "tests"),
    [
        ("import builtins\nbuiltins.all = lambda x: True\ndef f():\n    return [0]", "assert all(f())"),
        ("def all(x):\n    return True\ndef f():\n    return [0]", "assert all(f())"),
        (
            "import math\nmath.isclose = lambda *a, **k: True\ndef f():\n    return 9",
            "import math\nassert math.isclose(f(), 1)",
        ),
        (
            "import sys, types\nfake = types.ModuleType('math')\nfake.isclose = lambda *a, **k: True\n"
            "sys.modules['math'] = fake\ndef f():\n    return 9",
            "import math\nassert math.isclose(f(), 1)",
        ),
        (
            "import unittest\nunittest.TestCase.assertTrue = lambda *a: None\ndef f():\n    return 0",
            "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertTrue(f())",
        ),
        (
            "class Yes:\n    def __eq__(self, other):\n        return True\ndef f():\n    return [Yes(), {'a': Yes()}]",
            "assert f() == [1, {'a': 2}]\nassert f() == [3, {'a': 4}]",
        ),
        (
            "import builtins\ndef f():\n    builtins.abs = lambda x: 0\n    return 5",
            "f()\nassert abs(f() - 3) == 0\nassert abs(-1) == 0",
        ),
    ],
)
def test_what_the_tests_rely_on_is_put_back(code: str, tests: str) -> None:
    assert run(code, tests).passed == 0


def test_own_classes_with_honest_equality_pass() -> None:
    money = (
        "class Money:\n    def __init__(self, n):\n        self.n = n\n"
        "    def __eq__(self, other):\n        return self.n == getattr(other, 'n', other)\n"
    )
    tests = "from fractions import Fraction\nassert Money(3) == Money(3)\nassert Money(3) == 3\nassert 3 == Money(3)\n"
    assert run(money, tests + "assert Fraction(2, 1) == 2\nassert {'a': [Money(1)]} == {'a': [1]}").score == 1.0


def test_an_endless_loop_ends_and_keeps_what_was_passed_before() -> None:
    started = time.monotonic()
    marks = run(ADD + "def spin():\n    while True:\n        pass\n", TWO + "assert spin() == 1\nassert add(1, 2) == 3")
    assert (marks.passed, marks.total) == (2, 4)
    assert time.monotonic() - started < WALL + 4


def test_a_loop_that_lets_nobody_in_is_killed() -> None:
    started = time.monotonic()
    assert run("x = 10 ** 10 ** 9", "assert True").passed == 0
    assert time.monotonic() - started < WALL + 4


def test_a_sleeper_is_woken() -> None:
    started = time.monotonic()
    assert run("import time\ntime.sleep(3600)", "assert True").passed == 0
    assert time.monotonic() - started < SECONDS + 4


def test_a_memory_bomb_stays_small() -> None:
    assert run("x = []\nwhile True:\n    x.append(bytearray(10_000_000))", "assert True").passed == 0
    assert run("x = bytearray(2_000_000_000)", "assert True").passed == 0


def test_deep_recursion_is_an_error_of_the_program() -> None:
    deep = (
        "def f(n):\n    return f(n + 1)\n"
        "def g():\n    try:\n        f(0)\n    except RecursionError:\n        return 'deep'\n"
    )
    assert run(deep, "assert g() == 'deep'").score == 1.0
    assert run("import sys\nsys.setrecursionlimit(10 ** 9)\n" + deep, "assert g() == 'deep'").passed == 0


FORK_BOMB = """
import os
def f():
    while True:
        os.fork()
"""


def test_a_fork_bomb_does_not_go_off() -> None:
    before = len(psutil.Process().children(recursive=True))
    assert run(FORK_BOMB, "assert f() == 1").passed == 0
    assert run("import multiprocessing as m\np = m.Process(target=print)\np.start()", "assert True").passed == 0
    assert len(psutil.Process().children(recursive=True)) == before


def refused(code: str) -> bool:
    """Whether every line of a program is stopped by an OSError; a line that gets through prints what it got."""
    body = "".join(
        f"    try:\n        {line}\n        got.append({line!r})\n    except OSError:\n        pass\n"
        for line in code.splitlines()
    )
    program = f"import os, sys\ndef attempt():\n    got = []\n{body}    return got\n"
    marks = run(program, "assert attempt() == []")
    assert marks.total == 1
    return marks.score == 1.0


def test_files_of_others_are_not_read(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("KEY=secret")
    home = Path.home()
    lines = [
        "open('/etc/passwd').read()",
        f"open({str(tmp_path / '.env')!r}).read()",
        f"open({str(home / '.env')!r}).read()",
        f"os.listdir({str(home)!r})",
        "os.listdir('/')",
        "open('../../etc/passwd').read()",
        "os.open('/proc/self/environ', os.O_RDONLY)",
        f"open('/proc/{os.getpid()}/environ').read()",
        "os.symlink('/etc/passwd', 'here')",
        "os.chdir('/etc')",
        f"open({__file__!r}).read()",
    ]
    assert refused("\n".join(lines))


def test_nothing_is_written_outside(tmp_path: Path) -> None:
    target = tmp_path / "made"
    victim = tmp_path / "victim"
    victim.write_text("x")
    lines = [
        f"open({str(target)!r}, 'w')",
        f"os.open({str(target)!r}, os.O_CREAT | os.O_WRONLY)",
        f"os.mkdir({str(target)!r})",
        f"os.remove({str(victim)!r})",
        f"os.rename({str(victim)!r}, 'mine')",
        f"os.truncate({str(victim)!r}, 0)",
        f"os.chmod({str(victim)!r}, 0)",
    ]
    assert refused("\n".join(lines))
    assert victim.read_text() == "x"
    assert not target.exists()


def test_its_own_folder_is_free_to_use_and_gone_after() -> None:
    code = (
        "import os\ndef f():\n    os.mkdir('a')\n    open('a/b', 'w').write('hello')\n"
        "    return open('a/b').read()\n"
        "def where():\n    return os.getcwd()\n"
        "def much():\n    try:\n        open('c', 'wb').write(bytes(4_000_000))\n"
        "    except OSError:\n        return 'full'\n"
    )
    assert run(code, "assert f() == 'hello'\nassert much() == 'full'\nassert where().startswith('/')").score == 1.0


def test_no_network() -> None:
    lines = [
        "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
        "import socket; socket.socket().bind(('127.0.0.1', 0))",
        "import socket; socket.getaddrinfo('localhost', 80)",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/')",
    ]
    assert refused("\n".join(lines))


def test_no_program_and_no_signal() -> None:
    lines = [
        "os.kill(os.getppid(), 9)",
        "os.killpg(os.getppid(), 9)",
        "os.system('true')",
        "import subprocess; subprocess.run(['true'])",
        "os.execv('/bin/true', ['true'])",
        "os.posix_spawn('/bin/true', ['true'], {})",
        "import ctypes",
    ]
    assert refused("\n".join(lines))


def test_no_key_of_the_environment_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    assert run("import os\ndef f():\n    return 'OPENAI_API_KEY' in os.environ", "assert f() is False").score == 1.0


def test_usual_programs_run() -> None:
    code = """
import asyncio, collections, dataclasses, datetime, decimal, functools, heapq, itertools, random, re, string, threading
from typing import NamedTuple
@dataclasses.dataclass
class Point:
    x: int
class Pair(NamedTuple):
    a: int
async def later():
    await asyncio.sleep(0)
    return 5
def f():
    found = []
    thread = threading.Thread(target=found.append, args=(1,))
    thread.start(); thread.join()
    return asyncio.run(later()), found, Point(1) == Point(1), Pair(2) == (2,), random.Random(1).random() < 1
"""
    assert run(code, "assert f() == (5, [1], True, True, True)").score == 1.0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's walls are Linux's")
def test_the_kernel_holds_what_gets_past_the_hook(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The hook taken away: what is left must hold by itself where the system has it."""
    walls = run(ADD, TWO).walls
    if not {"files", "calls"} <= set(walls):
        pytest.skip(f"this system has only the walls {walls}")
    child = Path(guard.__file__).with_name("child.py").read_text("utf-8")
    bare = tmp_path / "child.py"
    root = Path(guard.__file__).parents[2]
    bare.write_text(
        child.replace("guard.raise_guard(folder, walls.readable())", "pass").replace(
            "str(Path(__file__).parents[2])", repr(str(root))
        )
    )
    monkeypatch.setattr("trainer.sandbox.run.CHILD", bare)
    (tmp_path / "secret").write_text("x")
    lines = [
        "open('/etc/passwd').read()",
        f"open({str(tmp_path / 'secret')!r}).read()",
        f"open({str(tmp_path / 'made')!r}, 'w')",
        "os.fork()",
        "os.execv('/bin/true', ['true'])",
        "import subprocess; subprocess.run(['true'])",
        "os.kill(os.getppid(), 0)",
        "import socket; socket.socket()",
    ]
    assert refused("\n".join(lines))


def test_the_hook_holds_without_the_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The kernel's walls taken away, as on a system that has none."""
    child = Path(guard.__file__).with_name("child.py").read_text("utf-8")
    bare = tmp_path / "child.py"
    root = Path(guard.__file__).parents[2]
    bare.write_text(
        child.replace("walls.put_up(folder)", "[]").replace("str(Path(__file__).parents[2])", repr(str(root)))
    )
    monkeypatch.setattr("trainer.sandbox.run.CHILD", bare)
    assert run(ADD, TWO).walls == ()
    lines = [
        "open('/etc/passwd').read()",
        f"open({str(tmp_path / 'made')!r}, 'w')",
        "os.fork()",
        "os.system('true')",
        "import socket; socket.create_connection(('127.0.0.1', 9), 1)",
        "os.kill(os.getppid(), 9)",
    ]
    assert refused("\n".join(lines))
    assert not (tmp_path / "made").exists()


def test_tests_that_count_nothing_are_told_apart() -> None:
    assert not [s for s in grading.steps("x = 1\nprint(x)") if s.counts]
    with pytest.raises(SyntaxError):
        grading.steps("assert add(1, 2) ==")


@pytest.mark.skipif(sys.platform != "linux", reason="a child is told of its parent's end by Linux")
def test_nothing_outlives_a_killed_run(tmp_path: Path) -> None:
    """A trainer killed while a program sleeps and a person's reward loops: both go with it."""
    file = tmp_path / "mine.py"
    file.write_text("def reward(completion, **columns):\n    while True:\n        pass\n")
    script = (
        "import hashlib, threading\nfrom pathlib import Path\nfrom trainer.plan.methods import Reward\n"
        "from trainer.rewards import fingerprint, functions\nfrom trainer.sandbox.run import run\n"
        f"file = Path({str(file)!r})\n"
        "(f,) = functions((Reward(kind='custom', file=str(file), fingerprint=fingerprint(file)),), file.parent)\n"
        "threading.Thread(target=f, kwargs={'completions': ['a'], 'prompts': ['q']}, daemon=True).start()\n"
        "run('import time\\ntime.sleep(3600)', 'assert True')\nrun('import time\\ntime.sleep(3600)', 'assert True')\n"
    )
    kept = {**os.environ, "TMPDIR": str(tmp_path)}  # a killed trainer leaves an empty folder behind
    trainer = subprocess.Popen([sys.executable, "-c", script], cwd=Path(guard.__file__).parents[2], env=kept)
    try:
        children = _wait_for_children(trainer.pid, 2)
    finally:
        trainer.kill()
        trainer.wait()
    _, alive = psutil.wait_procs(children, timeout=10)
    assert not alive


def _wait_for_children(pid: int, count: int) -> list[psutil.Process]:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        children = psutil.Process(pid).children()
        if len(children) >= count:
            return children
        time.sleep(0.1)
    raise AssertionError("the trainer started nothing")
