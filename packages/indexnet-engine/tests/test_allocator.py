"""The process keeps freed memory."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource, sys, torch
from indexnet_engine.allocator import keep_freed_memory
if sys.argv[1] == "keep" and not keep_freed_memory():
    sys.exit(3)
faults = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(8):
    torch.ones(2**24)  # 64 MB
before = faults()
for _ in range(8):
    torch.ones(2**24)
print(faults() - before)
"""


def page_faults(how: str) -> int:
    result = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=False)
    if result.returncode == 3:
        pytest.skip("not glibc")
    return int(result.stdout)


def test_a_second_map_reuses_the_memory() -> None:
    """Each map has thousands of pages; the system need not clear kept ones again."""
    assert page_faults("keep") < page_faults("give back") / 2
