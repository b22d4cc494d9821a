"""Generated passwords, kept in VAR_DIR/accounts.txt (mode 0600) until their owners change them."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

HEAD = """# Akun dengan kata sandi buatan; ganti setelah masuk pertama kali, lalu hapus berkas ini.
# Accounts with generated passwords; change them at the first sign-in, then delete this file.
# nama pengguna (user name)    kata sandi (password)
"""


def new_password() -> str:
    """96 random bits, in characters that survive copying."""
    return secrets.token_urlsafe(12)


def write(path: Path, accounts: Mapping[str, str]) -> None:
    """Write user names and passwords, whole or not at all, readable by this machine's user alone.

    Written before the accounts are: a run that is killed in between must not leave an account whose
    password nobody knows.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(HEAD)
        file.writelines(f"{name:<30} {password}\n" for name, password in accounts.items())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def read(path: Path) -> dict[str, str]:
    """User name → password; empty when there is no such file."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return {line[0]: line[1] for line in lines if len(line) == 2}
