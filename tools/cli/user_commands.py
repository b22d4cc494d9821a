"""The commands of `asesor user`; what they do stands in tools/cli/users.py."""

from typing import Annotated

import typer

from domain.roles import Role
from tools.cli.console import Json, run

app = typer.Typer(no_args_is_help=True, help="Akun dan peran – Accounts and roles.")

Username = Annotated[str, typer.Argument(help="Nama pengguna – The user name.")]
RoleName = Annotated[Role, typer.Option("--role", help="Peran – The role.")]
Organisation = Annotated[
    str, typer.Option("--organisation", help="Lembaga, untuk penyelenggara – An organiser's organisation.")
]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Kata sandi dari masukan – Read the password from stdin.")
]


@app.command()
def add(
    username: Username,
    role: RoleName,
    organisation: Organisation = "",
    name: Annotated[str, typer.Option("--name", help="Nama, untuk orang baru – A new person's name.")] = "",
    person: Annotated[str, typer.Option("--person", help="Id orang – A known person's id.")] = "",
    email: Annotated[str, typer.Option("--email", help="Surel – E-mail.")] = "",
    ask_nik: Annotated[bool, typer.Option("--ask-nik", help="Tanyakan NIK – Ask for the NIK.")] = False,
    password_stdin: FromStdin = False,
    json: Json = False,
) -> None:
    """Akun baru; kata sandinya dibuat dan ditampilkan sekali – A new account, its password shown once."""
    from db.identity import Hat
    from tools.cli import users

    nik = typer.prompt("NIK", hide_input=True, err=True) if ask_nik else ""  # never on a command line
    new = users.NewUser(
        username=username,
        hat=Hat(role, organisation),
        name=name,
        person=person,
        nik=nik,
        email=email,
        password=users.given_password(password_stdin),
    )
    run(json, lambda out: users.add(out, new))


@app.command("list")
def list_(json: Json = False) -> None:
    """Semua akun, peran dan keadaannya – All accounts, their roles and states."""
    from tools.cli import users

    run(json, users.list_all)


@app.command()
def disable(username: Username, json: Json = False) -> None:
    """Nonaktifkan; sesi dan token berakhir – Disable; sessions and tokens end."""
    from tools.cli import users

    run(json, lambda out: users.disable(out, username))


@app.command()
def enable(username: Username, json: Json = False) -> None:
    """Aktifkan lagi, juga yang terkunci – Enable again, a locked one too."""
    from tools.cli import users

    run(json, lambda out: users.enable(out, username))


@app.command()
def grant(username: Username, role: RoleName, organisation: Organisation = "", json: Json = False) -> None:
    """Beri peran – Give a role."""
    from db.identity import Hat
    from tools.cli import users

    run(json, lambda out: users.grant(out, username, Hat(role, organisation)))


@app.command()
def password(username: Username, password_stdin: FromStdin = False, json: Json = False) -> None:
    """Kata sandi baru; sesi dan token berakhir – A new password; sessions and tokens end."""
    from tools.cli import users

    given = users.given_password(password_stdin)
    run(json, lambda out: users.password(out, username, given))


@app.command()
def token(
    username: Username,
    role: RoleName,
    organisation: Organisation = "",
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="read, write; boleh diulang – may be repeated.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="Berlaku berapa hari – Days of validity.")] = 30,
    label: Annotated[str, typer.Option("--label", help="Untuk apa – What it is for.")] = "asesor cli",
    json: Json = False,
) -> None:
    """Token API; ditampilkan sekali – An API token, shown once."""
    from db.identity import Hat
    from tools.cli import users

    hat = Hat(role, organisation)
    scopes = scope or ["read"]
    run(json, lambda out: users.token(out, username, hat, scopes=scopes, days=days, label=label))
