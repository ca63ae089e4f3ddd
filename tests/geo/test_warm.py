"""Warming up leaves nothing for the first user to compile."""

from geo import hotspots, near_pairs, neighbours, significance, trend
from geo.warm import warm_hotspots


def test_every_compiled_function_has_been_compiled() -> None:
    warm_hotspots()
    compiled = {
        f"{module.__name__}.{name}": function
        for module in (hotspots, near_pairs, neighbours, significance, trend)
        for name, function in vars(module).items()
        if hasattr(function, "signatures")
    }
    assert len(compiled) >= 10
    assert {name for name, function in compiled.items() if not function.signatures} == set()
