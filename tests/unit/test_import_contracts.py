"""The contracts of pyproject.toml refuse what the design forbids: one import that breaks each of them."""

from copy import deepcopy

import pytest
from grimp import ImportGraph
from importlinter import configuration
from importlinter.application import use_cases
from importlinter.application.user_options import UserOptions

from settings import ROOT

LAYERS = "imports go one way"
PURE = "domain and state_machines are pure"
BY_CONTRACT = "workflows know activities only by their contracts"
NO_IO = "workflows do no I/O of their own"
DOMAIN_ALONE = "the contracts of activities are made of domain alone"


@pytest.fixture(scope="module")
def options() -> UserOptions:
    configuration.configure()
    found = use_cases.read_user_options(str(ROOT / "pyproject.toml"))
    use_cases._register_contract_types(found)
    return found


@pytest.fixture(scope="module")
def graph(options: UserOptions) -> ImportGraph:
    """Who imports whom today."""
    return use_cases._build_graph(
        root_package_names=options.session_options["root_packages"],
        include_external_packages=True,
        exclude_type_checking_imports=False,
        cache_dir=None,
        verbose=False,
    )


def broken(options: UserOptions, graph: ImportGraph) -> set[str]:
    """Names of the contracts that this graph breaks."""
    report = use_cases._build_report(
        graph=graph,
        graph_building_duration=0,
        user_options=options,
        limit_to_contracts=(),
        show_timings=False,
        verbose=False,
    )
    return {contract.name for contract, check in report.get_contracts_and_checks() if not check.kept}


def test_the_product_keeps_them_all(options: UserOptions, graph: ImportGraph) -> None:
    assert broken(options, graph) == set()


@pytest.mark.parametrize(
    ("importer", "imported", "names"),
    [
        ("workflows.flusher", "activities.templates_of_mail", {BY_CONTRACT}),
        ("workflows.cases.programme.seats", "activities.messages", {BY_CONTRACT, NO_IO}),
        ("workflows.errands", "activities", {BY_CONTRACT}),
        ("workflows.inbox", "settings", {NO_IO}),
        ("workflows.programme", "db.reads", {NO_IO}),
        ("activities.mail", "workflows.model", {LAYERS}),
        ("db.reads", "activities.contracts", {LAYERS}),
        ("activities.contracts", "state_machines.turn", {DOMAIN_ALONE}),
        ("activities.contracts", "activities.retention", {DOMAIN_ALONE}),
        ("activities.contracts", "temporalio", {DOMAIN_ALONE}),
        ("state_machines.task", "workflows.model", {LAYERS}),
        ("state_machines.task", "temporalio", {PURE}),
        ("domain.clock", "state_machines.table", {LAYERS}),
        ("domain.calendar", "httpx", {PURE}),
    ],
)
def test_an_import_that_the_design_forbids_breaks_a_contract(
    options: UserOptions, graph: ImportGraph, importer: str, imported: str, names: set[str]
) -> None:
    wrong = deepcopy(graph)
    for module in (importer, imported):  # some of them are made here: plain modules that import nothing
        if module not in wrong.modules:
            wrong.add_module(module, is_squashed=False)
    wrong.add_import(importer=importer, imported=imported, line_number=1, line_contents=f"import {imported}")
    assert names <= broken(options, wrong)
