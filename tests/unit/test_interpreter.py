"""What is loaded is not gone through again by each full collection."""

import subprocess
import sys

from settings import ROOT

PROGRAM = """
import gc
import activities.contracts
from interpreter import settled
before = len(gc.get_objects())
settled()
assert len(gc.get_objects()) < before / 100 < gc.get_freeze_count() / 50, gc.get_freeze_count()
"""


def test_what_is_loaded_is_left_alone() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, check=True)
