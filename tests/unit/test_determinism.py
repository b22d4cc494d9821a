"""What a workflow runs must give the same answer in every replay. The sandbox does not look into modules
that it shares with the outside, so this looks instead: no clock, no chance, no order that Python may change,
no I/O, in domain, state_machines and workflows."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted(p for room in ("domain", "state_machines", "workflows") for p in (ROOT / room).rglob("*.py"))

CALLS = {
    "datetime.now",
    "datetime.utcnow",
    "datetime.today",
    "date.today",
    "time.time",
    "time.monotonic",
    "time.sleep",
    "uuid.uuid1",
    "uuid.uuid4",
    "uuid4",
    "os.urandom",
    "open",
    "input",
    "id",
    "hash",
}
MODULES = {
    "random",
    "secrets",
    "time",
    "threading",
    "multiprocessing",
    "subprocess",
    "socket",
    "os",
    "requests",
}


def dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


SET_METHODS = {"union", "intersection", "difference", "symmetric_difference"}
SET_FIELDS = {"hands"}
"""Names of attributes that are sets where an actor has them (domain/roles.py)."""
TAKES_ORDER = {"tuple", "list", "enumerate", "iter", "next", "zip", "map", "filter", "reversed"}
FORGETS_ORDER = {"set", "frozenset", "sorted", "any", "all", "sum", "len", "min", "max"}
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def is_set(node: ast.AST, names: frozenset[str] = frozenset()) -> bool:
    """A set, whose order differs from one process to the next: made on the spot, computed from another one,
    or bound to one of these names."""
    match node:
        case ast.Set() | ast.SetComp():
            return True
        case ast.Name(id=name):
            return name in names
        case ast.Attribute(attr=attr, value=owner):
            return attr in SET_FIELDS and dotted(owner).split(".")[-1] == "actor"
        case ast.BinOp(op=ast.Sub() | ast.BitOr() | ast.BitAnd() | ast.BitXor(), left=left, right=right):
            return is_set(left, names) or is_set(right, names)
        case ast.Call(func=ast.Attribute(attr=attr)) if attr in SET_METHODS:
            return True
        case ast.Call(func=ast.Attribute(attr="copy", value=owner)):
            return is_set(owner, names)
        case ast.Call(func=func):
            return dotted(func) in ("set", "frozenset")
        case ast.IfExp(body=body, orelse=other):
            return is_set(body, names) or is_set(other, names)
        case _:
            return False


def _within(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope, those of functions inside it left out."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, Function):
            yield from _within(child)


def _is_set_type(annotation: ast.AST | None) -> bool:
    kind = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return kind is not None and dotted(kind) in ("set", "frozenset")


def _bound_to_sets(scope: ast.AST, names: frozenset[str]) -> frozenset[str]:
    """Names that stand for sets in this scope, by what is bound to them; `names` are those from outside."""
    if isinstance(scope, Function):
        args = (*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs)
        names -= {a.arg for a in args}
        names |= {a.arg for a in args if _is_set_type(a.annotation)}
    for node in _within(scope):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found = is_set(value, names)
            case ast.AnnAssign(target=ast.Name(id=name), annotation=kind, value=value):
                found = _is_set_type(kind) or (value is not None and is_set(value, names))
            case _:
                continue
        names = names | {name} if found else names - {name}
    return names


def _order_taken(scope: ast.AST, names: frozenset[str]) -> Iterator[tuple[int, str]]:
    """Where this scope, and each one inside it, takes the order of a set."""
    names = _bound_to_sets(scope, names)
    forgiven: set[ast.AST] = set()
    for node in _within(scope):
        if isinstance(node, Function):
            yield from _order_taken(node, names)
        elif isinstance(node, ast.Call) and dotted(node.func) in FORGETS_ORDER:
            forgiven.update(a for a in node.args if isinstance(a, ast.GeneratorExp | ast.ListComp))
            forgiven.update(a for a in node.args if isinstance(a, ast.Starred))
        elif isinstance(node, ast.Set):
            forgiven.update(e for e in node.elts if isinstance(e, ast.Starred))
    for node in _within(scope):
        if isinstance(node, ast.For | ast.AsyncFor) and is_set(node.iter, names):
            yield node.iter.lineno, "iterates over a set"
        elif isinstance(node, ast.GeneratorExp | ast.ListComp | ast.DictComp) and node not in forgiven:
            yield from (
                (g.iter.lineno, "iterates over a set") for g in node.generators if is_set(g.iter, names)
            )
        elif isinstance(node, ast.Starred) and node not in forgiven and is_set(node.value, names):
            yield node.lineno, "expands a set"
        elif isinstance(node, ast.Call):
            owner = node.func.value if isinstance(node.func, ast.Attribute) else None
            name = dotted(node.func)
            ordered = name in TAKES_ORDER or name.endswith((".join", ".fromkeys", ".extend"))
            if ordered and any(is_set(a, names) for a in node.args):
                yield node.lineno, "takes the order of a set"
            elif name.endswith(".pop") and not node.args and owner is not None and is_set(owner, names):
                yield node.lineno, "takes any one of a set"


def faults(source: str) -> Iterator[tuple[int, str]]:
    """(line, what) of everything in the source that may differ in a replay."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, a.name) for a in node.names if a.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in MODULES:
            yield node.lineno, str(node.module)
        elif isinstance(node, ast.Call) and dotted(node.func) in CALLS:
            yield node.lineno, dotted(node.func)
    yield from _order_taken(tree, frozenset())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_here_differs_in_a_replay(path: Path) -> None:
    assert list(faults(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from secrets import token_hex",
        "import datetime\nx = datetime.datetime.now()".replace("datetime.datetime", "datetime"),
        "for x in {1, 2}: pass",
        "y = [x for x in set(z)]",
        "y = tuple(set(z))",
        "y = uuid4()",
        "for x in set(a) - {c.id for c in b}: pass",
        "for x in a.difference(b): pass",
        "for x in kept | {1}: pass",
        "kept = {1, 2}\nfor x in kept: pass",
        "def f(kept: set[str]) -> None:\n    return [x for x in kept]",
        "y = ', '.join({'a', 'b'})",
        "hand('submitter', *turn.actor.hands)",
        "y = dict.fromkeys(frozenset(z))",
        "y = {1, 2}.pop()",
    ],
)
def test_the_look_finds_what_it_looks_for(source: str) -> None:
    assert list(faults(source))


@pytest.mark.parametrize(
    "source",
    [
        "for x in sorted(set(a) - set(b)): pass",
        "y = any(x > 1 for x in {1, 2})",
        "y = sorted(x for x in a | {1})",
        "y = {x for x in {1, 2}}",
        "y = {*a.actor.hands, 1}",
        "kept = {1, 2}\nkept = sorted(kept)\nfor x in kept: pass",
        "kept = {1}\ndef f(kept: list[int]) -> None:\n    for x in kept: pass",
    ],
)
def test_the_look_lets_pass_what_forgets_the_order(source: str) -> None:
    assert not list(faults(source))
