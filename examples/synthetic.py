"""Identity numbers of people who do not exist, for tests and demonstrations.

**Synthetic**: their serial lies in 9000–9999, a range this project keeps for invented people. Never put
a real person's NIK into a test, a fixture or a demonstration (domain specification § 7).
"""

from datetime import date


def synthetic(region: str, birth_date: date, sex: str, serial: int) -> str:
    """A synthetic NIK: 6 digits of region, birth date, sex ("L" or "P"), serial 9000–9999.

    Raises ValueError for anything else, so that no real-looking serial is made by accident.
    """
    if len(region) != 6 or not (region.isascii() and region.isdigit()):
        raise ValueError("a region is 6 digits")
    if sex not in ("L", "P"):
        raise ValueError('sex is "L" or "P"')
    if not 9000 <= serial <= 9999:
        raise ValueError("a synthetic serial lies in 9000-9999")
    day = birth_date.day + (40 if sex == "P" else 0)
    return f"{region}{day:02}{birth_date.month:02}{birth_date.year % 100:02}{serial}"
