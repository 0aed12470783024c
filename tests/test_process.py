import mmap

import numpy as np
import pytest

from seqrec._process import (
    PeakMemory,
    array_bytes,
    available_memory,
    resident_memory,
)

MIB = 1 << 20


def write(root, **files):
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_a_large_array_is_seen_while_it_lasts():
    with PeakMemory() as memory:
        if memory.start is None:
            pytest.skip("the system does not tell")
        before = memory.lap()
        with mmap.mmap(-1, 64 * MIB) as area:  # pages that no freed array left behind
            np.frombuffer(area, dtype=np.uint8)[:] = 1
            during = memory.lap()
    assert during - before > 50 * MIB
    assert memory.peak >= during
    assert resident_memory() < during


def test_a_control_group_may_allow_less_than_the_machine(tmp_path):
    write(tmp_path, proc__meminfo="MemTotal: 900 kB\nMemAvailable: 800 kB\n")
    assert available_memory(tmp_path) == 800 * 1024
    group = tmp_path / "sys/fs/cgroup"
    (group).mkdir(parents=True)
    for name, text in {
        "memory.max": "5000",
        "memory.current": "4000",
        "memory.stat": "anon 1\ninactive_file 500\n",
    }.items():
        (group / name).write_text(text)
    assert available_memory(tmp_path) == 1500
    (group / "memory.max").write_text("max\n")
    assert available_memory(tmp_path) == 800 * 1024


def test_a_view_counts_what_it_shows_and_shared_memory_counts_once():
    values = np.zeros(10, dtype=np.int64)
    assert array_bytes([values, values[2:], "text", None]) == 80
    assert array_bytes([values[:3]]) == 24
    assert array_bytes([values, np.zeros(5, dtype=np.int32)]) == 100
