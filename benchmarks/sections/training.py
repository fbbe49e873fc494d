"""Training throughput: small networks at four batch sizes, and three of today at one."""

from __future__ import annotations

from typing import Any, NamedTuple

from benchmarks.crews import OURS, Crew, Entry, best, in_turn, ratio, ratio_cells
from benchmarks.peers.training_cases import TRAINING
from benchmarks.processes import RemoteError
from benchmarks.results import Found, Table, spread
from benchmarks.settings import Save, Say, Settings
from pellucid.measuring.networks import DEEP
from pellucid.measuring.rates import Rate

TITLE = "Training throughput"

CASES = "benchmarks.peers.training_cases:"
PYTORCH = (
    "PyTorch eager", "PyTorch channels_last", "torch.compile", "torch.compile channels_last",
)  # fmt: skip
BFLOAT16 = ("PyTorch bfloat16", "torch.compile bfloat16")
FAMILIES = dict.fromkeys(TRAINING, "") | {name: name for name in TRAINING}
FAMILIES |= dict.fromkeys((*PYTORCH, *BFLOAT16), "PyTorch")

FIRST_LOSS, LATER_LOSSES = 1e-5, 1e-3
"""How far the losses of the first updates may be apart, relatively, from equal parameters."""

ROUGHLY = 0.25
"""The same where precision, or which images a batch normalization looks at, is another."""

NUMPY_BATCH = 32
"""The NumPy rendition goes image by image, so its rate is measured at this batch size alone."""

DEEP_AT = 256
"""The batch size of today's networks."""

BARS_AT = (32, 1024)
"""The batch sizes that the bars are set for."""

UPDATES = 3


class Case(NamedTuple):
    """What all systems are measured on in turn."""

    network: str
    batch_size: int
    randomize: bool

    @property
    def name(self) -> str:
        return f"{self.network}/{self.batch_size}/{'randomized' if self.randomize else 'plain'}"

    @property
    def title(self) -> str:
        how = "randomized" if self.randomize else "not randomized"
        return f"{self.network} network, batches of {self.batch_size:,}, {how}"


def all_cases() -> list[Case]:
    """Return the cases of all runs."""
    return [*cases(quick=False), *cases(quick=True)]


def cases(quick: bool) -> list[Case]:
    """Return the cases of a run."""
    if quick:
        return [Case("reference", 32, False), Case("reference", 128, True), Case("lenet", 32, True)]
    sizes = (32, 128, 1024, 8192)
    found = [Case("reference", size, randomize) for size in sizes for randomize in (False, True)]
    for network in ("lenet", "wide"):
        found += [Case(network, size, False) for size in sizes]
        found.append(Case(network, 1024, True))
    return found + [Case(network, DEEP_AT, False) for network in DEEP]


def systems(case: Case, quick: bool) -> list[str]:
    """Return who takes part: what would need more memory or minutes than there are stays away."""
    names = [OURS, "PyTorch eager", "PyTorch channels_last"]
    if case.network in DEEP:
        return [OURS, *PYTORCH, *BFLOAT16]
    # The wide network's activations of 8,192 images are several GB in each process.
    if case.network == "wide" and case.batch_size > 1024:
        return names
    # Compiling takes long for every batch size and number of threads: where the bars are.
    if case.batch_size in BARS_AT and not quick:
        names += ["torch.compile", "torch.compile channels_last", *BFLOAT16]
    if case.network == "reference" or case.batch_size in BARS_AT:
        names += ["JAX jit", "skorch"]
    if case.network == "reference" and case.batch_size == NUMPY_BATCH:
        names.append("NumPy")
    return names


def entries(case: Case, settings: Settings) -> list[Entry]:
    """Return every system with the numbers of threads that may be its best."""
    found = []
    for name in systems(case, settings.quick):
        compiled = name.startswith("torch.compile")
        for threads in settings.threads:
            # Large batches want all cores.
            most = 128 if compiled else 8192 if case.network == "reference" else 1024
            if threads == settings.cores or (case.batch_size <= most and case.network not in DEEP):
                found.append(Entry(name, threads))
    return found


def run(settings: Settings, say: Say, save: Save) -> Found:
    found = Found()
    rates: dict[str, dict[Entry, list[float]]] = {}
    network = ""
    crew = Crew(FAMILIES, settings.threads)
    try:
        for case in cases(settings.quick):
            if not settings.wants(case.name):
                continue
            if case.network != network:
                # New processes for every network: none keeps the memory of the one before.
                crew.__exit__()
                crew, network = Crew(FAMILIES, settings.threads), case.network
            say(case.title)
            rates[case.name] = _measure(case, crew, settings, found)
            _figures(rates, found)
            save(found)
    finally:
        crew.__exit__()
    return found


def _measure(
    case: Case, crew: Crew, settings: Settings, found: Found
) -> dict[Entry, list[float]]:  # fmt: skip
    """Measure one case, add its table and data, and return the rates."""
    ready, losses = [], {}
    for entry in entries(case, settings):
        try:
            losses[entry] = crew.remote(entry).call(
                CASES + "prepare_training", entry.name, *case, entry.threads, UPDATES
            )
            ready.append(entry)
        except RemoteError as error:
            found.failed.append(f"{case.title}: {entry.name}, {entry.threads} threads: {error}")
    apart = _check_losses(case, losses, ready, found)

    def measure(entry: Entry) -> Rate:
        remote = crew.remote(entry)
        args = (entry.name, *case, settings.seconds)
        return Rate(*remote.measure(CASES + "measure_training", *args))

    measured, failed = in_turn(
        ready, measure, lambda rate: rate.per_second, settings.rounds_at(case.batch_size),
        settings.cores,
    )  # fmt: skip
    found.failed += [f"{case.title}: {line}" for line in failed]
    crew.everywhere(CASES + "drop_all")
    rates = {entry: [r.per_second for r in values] for entry, values in measured.items()}
    found.tables.append(_table(case, measured, rates, apart, settings.cores))
    found.data[case.name] = [
        {
            "system": entry.name, "threads": entry.threads,
            "images_per_second": rates[entry], "cores": [r.cores for r in values],
            "losses": losses[entry],
        }
        for entry, values in measured.items()
    ]  # fmt: skip
    return rates


def _check_losses(
    case: Case, losses: dict[Entry, list[float]], ready: list[Entry], found: Found
) -> float:
    """Drop what does not compute the same; return the largest difference of the first losses.

    With randomizing the draws differ from system to system, so there the losses can't be compared;
    the case without it says that all else is equal.
    """
    ours = next((values for entry, values in losses.items() if entry.name == OURS), None)
    if ours is None or case.randomize:
        return 0.0
    worst = 0.0
    for entry, values in losses.items():
        differences = [abs(a - b) / abs(b) for a, b in zip(ours, values, strict=True)]
        is_rough = entry.name in BFLOAT16 or case.network == "residual"
        first, later = (ROUGHLY, ROUGHLY) if is_rough else (FIRST_LOSS, LATER_LOSSES)
        if not (differences[0] <= first and max(differences) <= later):
            found.failed.append(
                f"{case.title}: {entry.name} does not compute the same: from equal parameters its "
                f"first losses are {values}, ours {ours}"
            )
            ready.remove(entry)
        else:
            worst = max(worst, differences[0])
    return worst


def _table(
    case: Case, measured: dict[Entry, list[Rate]], rates: dict[Entry, list[float]], apart: float,
    cores: int,
) -> Table:  # fmt: skip
    columns = ["system", "threads", "images/s", "cores used", "ours, each at its best", "at all"]
    note = "" if case.randomize else f"First losses from equal parameters differ by {apart:.0e}."
    table = Table(case.title, columns, note=note)
    for entry, values in measured.items():
        row = [
            entry.name,
            str(entry.threads),
            spread(rates[entry]).text(),
            f"{spread([r.cores for r in values]).median:.2f}",
        ]
        table.rows.append(row + ratio_cells(entry, rates, cores))
    return table


def _figures(rates: dict[str, dict[Entry, list[float]]], found: Found) -> None:
    """Add what the bars look at: the least ratio against PyTorch's configurations, case by case.

    In float32, and in any precision.
    """
    for name, measured in rates.items():
        for label, systems in ((name, PYTORCH), (f"{name}/any", (*PYTORCH, *BFLOAT16))):
            against: list[Any] = [ratio(measured, system) for system in systems]
            medians = [a.median for a in against if a is not None]
            if medians:
                found.figures[label] = min(medians)
    plain, randomized = (
        best_rate(rates.get(f"reference/1024/{how}", {})) for how in ("plain", "randomized")
    )
    if plain and randomized:
        found.figures["randomizing share"] = 100 * (1 - randomized / plain)
    slow = best_rate(rates.get(f"reference/{NUMPY_BATCH}/plain", {}), "NumPy")
    if plain and slow:
        found.figures["numpy"] = plain / slow


def best_rate(rates: dict[Entry, list[float]], name: str = OURS) -> float | None:
    """Return a system's best median."""
    entry = best(rates, name)
    return None if entry is None else spread(rates[entry]).median
