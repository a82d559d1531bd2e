"""Document to Network: what is given at its border, its graph, its outputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archc.diagnostics import SpecError
from archc.document.loader import Unit
from archc.elaborate.boundary import document_outputs, document_scope, input_ports, symbols
from archc.elaborate.build import ListBuilder, check_uncalled
from archc.elaborate.declared import Declared
from archc.elaborate.init import document_init
from archc.elaborate.ledger import MAX_NODES, Ledger
from archc.elaborate.site import AlreadyReported, NodeError, Site
from archc.lint import unused
from archc.network import Network


def elaborate(
    unit: Unit,
    given: Mapping[str, Any],
    variant: str | None,
    shapes: Mapping[str, Sequence[int]],
    *,
    at_any_size: bool = False,
    most_nodes: int | None = None,
) -> Network:
    """The network that a spec means, with parameters and input shapes (without batch) replaced by
    those `given`.

    With `at_any_size` it may not run at the declared sizes, and not be the same at others: it is
    for solving what its nodes ask of the sizes. Raises SpecError with every independent mistake.
    """
    declared = Declared({}, frozenset(), at_any_size)
    ledger = Ledger(declared, MAX_NODES if most_nodes is None else most_nodes)
    network = None
    try:
        network = _network(unit, given, variant, shapes, ledger)
    except NodeError as refusal:
        ledger.report(refusal)
    except AlreadyReported:
        pass
    if network is None or ledger.diagnostics:
        raise SpecError(ledger.found())
    return network


def check_library(unit: Unit) -> None:
    """Raises SpecError with what is wrong with the blocks of a file, whatever calls them."""
    ledger = Ledger(Declared({}, frozenset()), MAX_NODES)
    ledger.report(NodeError(*unit.mistakes))
    ledger.scope_of(unit)
    check_uncalled(unit, ledger)
    if ledger.diagnostics:
        raise SpecError(ledger.found())


def _network(
    unit: Unit,
    given: Mapping[str, Any],
    variant: str | None,
    shapes: Mapping[str, Sequence[int]],
    ledger: Ledger,
) -> Network:
    document, site, report = unit.document, Site(unit), ledger.report
    report(NodeError(*unit.mistakes))
    scope = ledger.scopes[unit] = document_scope(document, site, given, variant, report)
    ports, sizes = input_ports(document, site.at("inputs"), scope, shapes, report)
    batch = frozenset[str]().union(*(symbols(edge.shape[0]) for _, edge in ports if edge))
    ledger.declared = ledger.declared._replace(sizes=sizes, batch=batch)
    ledger.init = document_init(document.init, site.at("init"), scope, report)
    units = (unit, *unit.used.values())
    ledger.files = {each.source.file.name: each.source for each in units}
    builder = ListBuilder(ledger, ports)
    builder.build(document.graph, site.at("graph"), scope)
    check_uncalled(unit, ledger)
    graph = builder.finish(*document_outputs(builder.names, document, site, scope, report))
    return Network(
        file=unit.source.file,
        files=ledger.files,
        name=variant or document.name,
        summary=document.summary,
        source=document.source,
        parameters=scope.parameters,
        sizes=sizes,
        batch=batch,
        domains={
            name: bounds.sizes
            for declared in document.inputs.values()
            for name, bounds in declared.where.items()
        },
        graph=graph,
        warnings=unused(unit, ledger.called),
    )
