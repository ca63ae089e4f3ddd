"""Hot-spot measures and the primitives under them against named peers, then their growth.

    pingan bench hotspots              everything, some ten minutes
    python bench/hotspots.py --races   the races alone
    python bench/hotspots.py --growth  10⁴ to 10⁷ points with peak memory alone

Peers are optional and installed beside the product: ``pip install KDEpy libkdv esda libpysal
pointpats pymannkendall``; the others (GeoPandas, shapely, pandas) are parts of the product.
Ours and the peer run in turns on the same data in one process; medians are printed, first as
elapsed then as CPU time. Where answers can be compared, a difference stops the run.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from bench.shared import county
from bench.shared.growth import print_growth
from bench.shared.timing import Peer, module_of, race
from geo.adaptive_density import adaptive_bandwidths, adaptive_density_grid
from geo.assign import OUTSIDE, UnitIndex
from geo.cube import CountsCube
from geo.density import density_grid
from geo.hotspots import getis_ord
from geo.near_repeat import near_repeat_table
from geo.nearest import NearestSegment
from geo.network_density import RoadNetwork, network_density
from geo.segments import segments_of
from geo.selection import IncidentSelection
from geo.significance import benjamini_hochberg, exact_tails, simulated_tails
from geo.trend import mann_kendall
from geo.vocabulary import CATEGORY_CODES

CELL_M, BANDWIDTH_M = 125.0, 1_000.0


def check(condition: object, what: str) -> None:
    if not condition:
        raise SystemExit(f"ours and the peer disagree: {what}")


def densities() -> None:
    surface = {"bounds_m": county.BOUNDS, "cell_m": CELL_M, "kernel": "epanechnikov"}
    for n in (10**5, 10**6):
        x, y = county.points(n)

        def ours(x: np.ndarray = x, y: np.ndarray = y) -> np.ndarray:
            return density_grid(x, y, bandwidth_m=BANDWIDTH_M, **surface).values

        peers = [_kdepy(x, y)]
        if n == 10**5:
            peers.append(_libkdv(x, y))
        race(f"density, {n:,} points", ours, *filter(None, peers))
    x, y = county.points(10**5)
    pilot = density_grid(x, y, bandwidth_m=BANDWIDTH_M, **surface)
    widths = adaptive_bandwidths(x, y, pilot=pilot)
    race(
        "adaptive density, exact, 100,000 points",
        lambda: adaptive_density_grid(x, y, bandwidths_m=widths, **surface),
    )


def _kdepy(x: np.ndarray, y: np.ndarray) -> Peer | None:
    kdepy = module_of("KDEpy", package="KDEpy")
    if kdepy is None:
        return None
    # It wants every point strictly inside its lattice, east axis slowest.
    across, up = np.linspace(0, county.WIDTH_M, 480), np.linspace(0, county.HEIGHT_M, 360)
    lattice = np.stack(np.meshgrid(across, up, indexing="ij"), axis=-1).reshape(-1, 2)
    points = np.column_stack([x, y])
    # Its bandwidth is a standard deviation, ours the radius.
    estimate = kdepy.FFTKDE(kernel="epa", bw=BANDWIDTH_M / 5**0.5)
    return Peer(
        name="KDEpy FFTKDE", run=lambda: estimate.fit(points).evaluate(lattice), target=5
    )


def _libkdv(x: np.ndarray, y: np.ndarray) -> Peer | None:
    libkdv = module_of("libkdv", package="libkdv")
    if libkdv is None:
        return None
    points = np.column_stack([x, y])
    options = {"GPS": False, "KDV_type": "KDV", "num_threads": 2}
    # It doubles the bandwidth it is given.
    options |= {"row_pixels": 480, "col_pixels": 360, "bandwidth": BANDWIDTH_M / 2}
    return Peer(
        name="libkdv, 2 threads",
        run=lambda: libkdv.kdv(points, **options).compute(),
        target=150,
        repeats=1,
    )


def local_statistics() -> None:
    grid = county.grid(250.0)
    neighbours, counts = grid.neighbours(), grid.count(*county.points(100_000))
    sums, degrees = neighbours.sums(counts), neighbours.degrees

    def exact() -> object:
        return exact_tails(counts, neighbours.sums(counts), degrees)

    esda, weights = module_of("esda", package="esda"), module_of("libpysal", package="libpysal")
    if esda is None or weights is None:
        return
    shape = (len(neighbours), len(neighbours))
    links = (np.ones(len(neighbours.targets)), neighbours.targets, neighbours.starts)
    scipy_sparse = module_of("scipy.sparse", package="scipy")
    w = weights.weights.WSP2W(weights.weights.WSP(scipy_sparse.csr_array(links, shape=shape)))

    def peer(*, permutations: int, star: bool) -> object:
        return esda.G_Local(
            counts, w, transform="B", permutations=permutations, star=star, n_jobs=1, seed=1
        )

    theirs = peer(permutations=0, star=True)
    check(np.allclose(theirs.Zs, getis_ord(counts, neighbours)), "Gi*")
    peer(permutations=9, star=False)  # compiles
    race(
        "Gi*, 43,200 cells",
        lambda: getis_ord(counts, neighbours),
        Peer(name="esda.G_Local", run=lambda: peer(permutations=0, star=True), target=200),
        calls=20,
    )
    race(
        "exact p, 43,200 cells",
        exact,
        Peer(
            name="esda.G_Local, 999 permutations",
            run=lambda: peer(permutations=999, star=False),
            target=80,
            repeats=1,
        ),
    )
    race("simulated p, 99,999 draws", lambda: simulated_tails(counts, sums, degrees))
    tails = exact_tails(counts, sums, degrees)
    hot = (benjamini_hochberg(tails.high) <= 0.05).sum()
    print(f"  cells hot at 5 % false discoveries {hot}, largest count {counts.max():.0f}")


def near_repeats() -> None:
    pointpats = module_of("pointpats", package="pointpats")
    for n in (1_000, 10_000):
        x, y = county.points(n)
        days = np.random.default_rng(1).integers(0, 365, n).astype(float)
        place, when = np.column_stack([x, y]), days[:, None]
        peers = pointpats and [
            Peer(
                name="pointpats.Knox, 1 cell, 99 perm.",
                run=lambda place=place, when=when: pointpats.Knox(
                    place, when, 400, 28, permutations=99
                ),
                target=1_000 if n == 10_000 else None,
                repeats=1,
            )
        ]
        race(
            f"near repeats, 30 cells, {n:,} events",
            lambda x=x, y=y, days=days: near_repeat_table(x, y, days),
            *(peers or []),
        )


def points_to_units() -> None:
    units = county.units()
    index = UnitIndex(units)
    x, y = county.points(10**6)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=county.CRS)
    joined = points.sjoin(units, how="left", predicate="intersects")["index_right"]
    joined = joined[~joined.index.duplicated()].fillna(OUTSIDE)
    check((joined == index.assign(x, y)).all(), "units of points")
    race(
        "points to 26 units, 1,000,000 points",
        lambda: index.assign(x, y),
        Peer(
            name="geopandas.sjoin",
            run=lambda: points.sjoin(units, how="left", predicate="intersects"),
            target=35,
            repeats=3,
        ),
    )


def snapping() -> None:
    lines = county.roads()
    segments = segments_of(lines)
    race(f"index of {len(segments):,} segments", lambda: NearestSegment(segments))
    index, tree = NearestSegment(segments), shapely.STRtree(lines)
    ends = np.stack(segments.place(np.arange(len(segments)), segments.length_m), axis=1)
    starts = np.stack([segments.x_m, segments.y_m], axis=1)
    fine_tree = shapely.STRtree(shapely.linestrings(np.stack([starts, ends], axis=1)))
    for n in (10**5, 10**6):
        x, y = county.points(n)
        points = shapely.points(x, y)
        _, distance = tree.query_nearest(points, all_matches=False, return_distance=True)
        apart = np.abs(index.query(x, y).distance_m - distance).max()
        check(apart < 1e-9, f"distances to roads by {apart} m")
        race(
            f"nearest segment, {n:,} points",
            lambda x=x, y=y: index.query(x, y),
            _nearest("STRtree.query_nearest, lines", tree, points, target=40),
            _nearest("STRtree.query_nearest, segments", fine_tree, points),
        )


def _nearest(
    name: str, tree: shapely.STRtree, points: np.ndarray, *, target: float | None = None
) -> Peer:
    return Peer(
        name=name,
        run=lambda: tree.query_nearest(points, all_matches=False),
        target=target,
        repeats=5 if len(points) <= 10**5 else 1,
    )


def trends() -> None:
    series = np.random.default_rng(3).poisson(3.0, (2_000, 52)).astype(float)
    peer = module_of("pymannkendall", package="pymannkendall")
    if peer is None:
        return
    ours, theirs = mann_kendall(series), [peer.original_test(each) for each in series]
    check(np.allclose(ours.s, [each.s for each in theirs]), "Kendall's S")
    check(np.allclose(ours.variance, [each.var_s for each in theirs]), "its variance")
    race(
        "Mann–Kendall, 2,000 × 52",
        lambda: mann_kendall(series),
        Peer(
            name="pymannkendall.original_test",
            run=lambda: [peer.original_test(each) for each in series],
            target=200,
            repeats=3,
        ),
    )


def cube_answers() -> None:
    for n in (10**6, 10**7):
        columns = county.incidents(n)
        cube = CountsCube.from_columns(columns)
        kind = pd.Categorical.from_codes(columns.category, CATEGORY_CODES)
        frame = pd.DataFrame({"kind": kind, "unit": columns.unit, "day": columns.day})
        race(
            f"cube of {n:,} incidents", lambda columns=columns: CountsCube.from_columns(columns)
        )
        for kinds in (CATEGORY_CODES[:1], CATEGORY_CODES[:3]):
            asked = IncidentSelection(categories=kinds, day_from=19_000, day_to=19_364)
            scan = _scan(frame, kinds)
            counted = scan().reindex(range(county.UNITS), fill_value=0).to_numpy()
            check(np.array_equal(cube.per_unit(asked), counted), "counts per unit")
            race(
                f"counts per unit of a year, kinds: {len(kinds)}",
                lambda cube=cube, asked=asked: cube.per_unit(asked),
                # A scan grows with the rows, our answer does not: the target names a size.
                Peer(
                    name=f"pandas, {n:,} rows",
                    run=scan,
                    target=5_000 if n == 10**7 else None,
                ),
                calls=1_000,
            )


def _scan(frame: pd.DataFrame, kinds: tuple[str, ...]) -> Callable[[], pd.Series]:
    def scan() -> pd.Series:
        is_kind = frame["kind"] == kinds[0] if len(kinds) == 1 else frame["kind"].isin(kinds)
        asked = is_kind & frame["day"].between(19_000, 19_364) & (frame["unit"] >= 0)
        return frame.loc[asked, "unit"].value_counts()

    return scan


def densities_on_roads() -> None:
    network = RoadNetwork.from_lines(county.streets())
    section, along = network.snap(*county.points(100_000), farthest_m=500.0)
    piece, start, end = network.lixels(50.0)
    for split in ("discontinuous", "continuous"):
        race(
            f"network density, {split}, {len(piece):,} pieces",
            lambda split=split: network_density(
                network,
                section,
                along,
                at_section=piece,
                at_along_m=(start + end) / 2,
                bandwidth_m=500.0,
                split=split,
            ),
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", action="store_true", help="no growth")
    parser.add_argument("--growth", action="store_true", help="no races")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if not options.growth:
        densities()
        local_statistics()
        near_repeats()
        points_to_units()
        snapping()
        trends()
        cube_answers()
        densities_on_roads()
    if not options.races:
        print_growth()


if __name__ == "__main__":
    main()
