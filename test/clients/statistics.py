"""Pairs of samples by a seed, and what scipy and Evidently say of them: one JSON array on standard output.

    python statistics.py COUNT
"""

import enum
import importlib.util
import json
import math
import sys
import types
import warnings
from importlib.metadata import files

import numpy as np
import pandas as pd
from scipy import stats
from scipy.spatial import distance

warnings.simplefilter("ignore")  # constant samples, and ties in exact tests


def formulas():
    """Evidently's own files of the formulas, without its package, which loads plotly, litestar and a hundred more."""
    prefix = "evidently.legacy.calculations.stattests"
    stubs = {
        "evidently.legacy.core": {"ColumnType": enum.Enum("ColumnType", {"Numerical": "num", "Categorical": "cat"})},
        f"{prefix}.registry": {"StatTest": lambda **_: None, "register_stattest": lambda *_, **__: None},
    }
    for name, members in stubs.items():
        sys.modules[name] = types.ModuleType(name)
        vars(sys.modules[name]).update(members)
    loaded = {}
    for name in ("utils", "psi", "jensenshannon", "wasserstein_distance_norm"):
        (path,) = [file for file in files("evidently") if str(file).endswith(f"legacy/calculations/stattests/{name}.py")]
        spec = importlib.util.spec_from_file_location(f"{prefix}.{name}", path.locate())
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        loaded[name] = module
    return loaded, sys.modules["evidently.legacy.core"].ColumnType


def samples(index, random):
    """Two samples of a kind that goes round: smooth, with ties, constant, tiny, of unequal size, far apart."""
    n, m = (int(x) for x in random.integers(2, 400, 2))
    kind = index % 8
    if kind == 0:
        return random.normal(size=n), random.normal(random.choice([0, 0.3, 2]), random.choice([1, 2]), size=m)
    if kind == 1:
        return random.poisson(3, n).astype(float), random.poisson(3.5, m).astype(float)
    if kind == 2:
        return np.full(n, 7.0), random.choice([np.full(m, 7.0), np.full(m, 8.0)])
    if kind == 3:
        return random.normal(size=int(random.integers(1, 6))), random.normal(size=int(random.integers(1, 6)))
    if kind == 4:
        return random.lognormal(size=2000), random.lognormal(0.1, size=int(random.integers(5, 60)))
    if kind == 5:
        return random.uniform(size=n), random.uniform(5, 6, size=m)
    if kind == 6:
        return np.round(random.normal(size=n), 1), np.round(random.normal(size=n), 1)
    return np.where(random.random(n) < 0.7, 0.0, random.exponential(size=n)), random.exponential(1e6, size=m)


def categories(random):
    """Two rows of counts; some categories are in one row alone, some in none."""
    k = int(random.integers(2, 12))
    shares = random.dirichlet(np.full(k, 0.5))
    a, b = random.multinomial(int(random.integers(1, 800)), shares), random.multinomial(int(random.integers(1, 800)), shares)
    return a, b


def number(value):
    return None if value is None or math.isnan(value) else float(value)


def main(count):
    evidently, column = formulas()
    random = np.random.default_rng(17)
    cases = []
    for index in range(count):
        a, b = samples(index, random)
        p, q = categories(random)
        seen = (p + q) > 0
        table = np.array([p[seen], q[seen]])
        names_a, names_b = (pd.Series(np.repeat(np.arange(len(row)), row).astype(float)) for row in (p, q))
        series_a, series_b = pd.Series(a), pd.Series(b)
        numeric, categorical = column.Numerical, column.Categorical
        exact = stats.ks_2samp(a, b, method="exact")
        loose = stats.ks_2samp(a, b, method="asymp")
        contingency = stats.chi2_contingency(table)
        plain = stats.chi2_contingency(table, correction=False)
        expected = (q[seen] + 1.0) * p.sum() / (q[seen] + 1.0).sum()
        fit = stats.chisquare(p[seen], expected)
        ps = random.random(int(random.integers(1, 30))) ** 3
        cases.append(
            {
                "a": a.tolist(),
                "b": b.tolist(),
                "p": p.tolist(),
                "q": q.tolist(),
                "expected": expected.tolist(),
                "pValues": ps.tolist(),
                "answers": {
                    "ksExact": [number(exact.statistic), number(exact.pvalue)],
                    "ksAsymptotic": [number(loose.statistic), number(loose.pvalue)],
                    "wasserstein": number(stats.wasserstein_distance(a, b)),
                    "jensenShannon": number(distance.jensenshannon(p, q)),
                    "jensenShannon2": number(distance.jensenshannon(p, q, 2)),
                    "contingency": [number(contingency.statistic), number(contingency.pvalue), int(contingency.dof)],
                    "contingencyPlain": [number(plain.statistic), number(plain.pvalue)],
                    "fit": [number(fit.statistic), number(fit.pvalue)],
                    "adjusted": stats.false_discovery_control(ps).tolist(),
                    "psi": number(evidently["psi"]._psi(series_a, series_b, numeric, 0.1)[0]),
                    "psiCategorical": number(evidently["psi"]._psi(names_a, names_b, categorical, 0.1)[0]),
                    "evidentlyJensenShannon": number(evidently["jensenshannon"]._jensenshannon(series_a, series_b, numeric, 0.1)[0]),
                    "normedWasserstein": number(
                        evidently["wasserstein_distance_norm"]._wasserstein_distance_norm(series_a, series_b, numeric, 0.1)[0]
                    ),
                },
            }
        )
    json.dump(cases, sys.stdout)


if __name__ == "__main__":
    main(int(sys.argv[1]))
