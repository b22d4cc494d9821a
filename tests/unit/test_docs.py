"""Generated pages say what the code says."""

from tools.docs import stale


def test_generated_pages_are_fresh() -> None:
    assert stale() == []
