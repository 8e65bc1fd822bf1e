"""What an instrument declares is done, in order, told before and after, and refused where it cannot be done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest
from tests.methods.made_programme import computed, declare, estimates, field, store
from tests.methods.weighting import test_calibrated_estimates as panel

from impact_pipeline.disclosure import protect_weighting
from impact_pipeline.errors import DeclarationError, RefusedEstimate
from impact_pipeline.methods.weighting import residuals
from impact_pipeline.methods.weighting.refused import RefusedWeighting

KEY = ["wave", "dimension", "category"]
KNOWN = {("sex", "f"): 2560.0, ("sex", "m"): 2440.0, ("zone", "bourg"): 2100.0, ("zone", "hamlet"): 1500.0}


def report(connection: duckdb.DuckDBPyConnection) -> pd.DataFrame:
    return connection.sql("select * from weighting").df().set_index(KEY)


def test_margins_are_reached_and_told_before_and_after(tmp_path: Path) -> None:
    connection = panel.run(tmp_path, {"method": "raking"})
    told = report(connection)
    assert set(told.index.get_level_values("wave")) == {"before", "after"}
    for (dimension, category), total in KNOWN.items():
        row = told.loc[("after", dimension, category)]
        own = panel.sample().query(f"wave == 'after' and {dimension} == '{category}'")
        weights = panel.sample().query("wave == 'after'")["weight"].sum()
        assert row["n"] == len(own)
        assert row["target"] == total
        assert row["before"] == pytest.approx(own["weight"].sum() * 5000 / weights)
        assert row["after"] == pytest.approx(total, rel=1e-10)
        assert (row["source"], row["date"]) == ("A census", "2023-01-01")
    whole = told.loc[("after", "all", "all")]
    g = pd.read_csv(panel.REFERENCE / "weighting_g.csv")["raking"]
    assert (whole["method"], whole["target"]) == ("raking", 5000)
    assert (whole["g_min"], whole["g_max"]) == pytest.approx((g.min(), g.max()))
    assert whole["after"] == pytest.approx(5000)
    assert 1 < whole["deff_before"] < whole["deff_after"]
    weights = connection.sql("select sum(weight), count(*) from sampled").fetchall()[0]
    assert weights == (pytest.approx(10_000), len(panel.sample()))


def test_error_is_smaller_than_that_of_the_same_weights_taken_as_design_weights(tmp_path: Path) -> None:
    """y depends on sex and age: what these explain of it is no longer in doubt once their totals are known."""
    connection = panel.run(tmp_path / "weighted", {"method": "raking"})
    final = connection.sql("select k.row, s.weight from sampled s join record_key k on k.record = s.record").df()
    rows = panel.sample().assign(row=lambda d: range(2, len(d) + 2))
    rows = rows.drop(columns="weight").merge(final, on="row")
    naive = estimates(panel.run(tmp_path / "naive", None, rows))
    ours = estimates(connection)
    key = ("total-y", "panel", "after", "all", "all")
    assert ours.loc[key, "value"] == pytest.approx(naive.loc[key, "value"], rel=1e-9)
    assert ours.loc[key, "se"] < 0.6 * naive.loc[key, "se"]


def test_same_bits_whatever_the_threads_and_the_order_of_rows(tmp_path: Path) -> None:
    weighting = {"method": "logit", "bounds": [0.3, 3], "trimming": {"multiple": 1.5}}
    rows = panel.sample()
    runs = []
    for place, (told, threads) in enumerate([(rows, 1), (rows.sample(frac=1, random_state=3), 2), (rows[::-1], 1)]):
        connection = panel.run(tmp_path / str(place), weighting, told, threads=threads, design="clustered")
        tables = [connection.sql(f"select * from {name}").fetchall() for name in ("estimate", "weighting")]
        weights = connection.sql("select sum(cast(weight as decimal(30, 15))) from sampled").fetchall()
        runs.append(repr((tables, weights)))
    assert runs[0] == runs[1] == runs[2]


def test_trimming_comes_before_margins_and_its_bias_is_told(tmp_path: Path) -> None:
    rows = panel.sample()
    rows.loc[[3, 200, 300], "weight"] *= 30
    margins = [panel.margin(name) for name in ("sex",)]
    weighting = {"margins": ["sex"], "trimming": {}}
    whole = report(panel.run(tmp_path, weighting, rows, margins=margins)).loc[("after", "all", "all")]
    weights = rows.query("wave == 'after'")["weight"]
    low, middle, high = weights.quantile([0.25, 0.5, 0.75])
    assert whole["cap"] == pytest.approx(middle + 6 * (high - low))
    assert whole["trimmed"] == (weights > whole["cap"]).sum() == 2
    trimmed = weights.clip(upper=whole["cap"])
    trimmed = trimmed.where(trimmed < whole["cap"], whole["cap"])
    excess = (weights - trimmed).sum() / (weights <= whole["cap"]).sum()
    after = trimmed.where(weights > whole["cap"], trimmed + excess)
    is_f = rows.query("wave == 'after'")["sex"] == "f"
    shift = abs(after[is_f].sum() / after.sum() - weights[is_f].sum() / weights.sum())
    assert whole["trimming_shift"] == pytest.approx(shift)
    assert whole["after"] == pytest.approx(5000)


def answered(rows: pd.DataFrame) -> pd.DataFrame:
    """Every fifth unit refused, every seventh could not be reached, and the young answer less."""
    number = np.arange(len(rows))
    status = np.where(number % 5 == 0, "no", np.where(number % 7 == 0, "lost", "yes"))
    status = np.where((rows["age"] == "18-34") & (number % 2 == 0), "no", status)
    return rows.assign(status=status)


def test_respondents_stand_for_their_class(tmp_path: Path) -> None:
    response = {
        "field": "status", "complete": ["yes"], "refusal": ["no"], "unknown": ["lost"], "e": 1, "classes": ["age"],
        "smallest": 10,
    }  # fmt: skip
    rows = answered(panel.sample())
    connection = panel.run(
        tmp_path, {"margins": [], "response": response}, rows, fields=[field("status", "text", required=True)]
    )
    told = report(connection).loc[("after", "all", "all")]
    after = rows.query("wave == 'after'")
    gave = after["status"] == "yes"
    assert told["n"] == gave.sum()
    assert told["response_rate"] == pytest.approx(gave.mean())
    assert (told["classes"], told["collapsed"]) == (3, 0)
    rates = (after["weight"] * gave).groupby(after["age"]).sum() / after.groupby("age")["weight"].sum()
    chance, weight = after["age"].map(rates), after["weight"]
    middle = np.average(chance, weights=weight)
    spread = (weight * (chance - middle) ** 2).sum() / (weight.sum() - 1)
    assert told["r_indicator"] == pytest.approx(1 - 2 * np.sqrt(spread))
    assert told["after"] == pytest.approx(after["weight"].sum())  # they stand for everybody eligible
    weights = connection.sql(
        """select w.told, sum(s.weight) as weight from sampled s join cell c on c.cell = s.cell
        join drawn_record w on w.record = s.record where c.wave = 'after' group by w.told"""
    ).df()
    expected = after.groupby("age")["weight"].sum()
    assert dict(weights.to_numpy()) == pytest.approx(expected.to_dict())
    figure = estimates(connection).loc[("mean-y", "panel", "after", "all", "all")]
    assert figure["n"] == (gave & after["y"].notna()).sum()


def test_a_wave_without_a_margin_stays_as_it_was_drawn(tmp_path: Path) -> None:
    margins = [panel.margin(name, waves=["after"]) for name in ("sex", "age", "zone")]
    ours = estimates(panel.run(tmp_path / "one", {"method": "raking"}, margins=margins))
    plain = estimates(panel.run(tmp_path / "plain", None))
    both = estimates(panel.run(tmp_path / "both", {"method": "raking"}))
    for name, at in (("before", plain), ("after", both)):
        key = ("mean-y", "panel", name, "all", "all")
        assert ours.loc[key, ["value", "se"]].tolist() == pytest.approx(at.loc[key, ["value", "se"]].tolist())
    key = ("change-y", "panel", "after", "all", "all")
    assert ours.loc[key, "value"] == pytest.approx(
        both.loc[("mean-y", "panel", "after", "all", "all"), "value"]
        - plain.loc[("mean-y", "panel", "before", "all", "all"), "value"]
    )
    assert ours.loc[key, "se"] == pytest.approx(_error_of_change(), rel=1e-9)


def _error_of_change() -> float:
    """By hand: residual scores of the wave after, plain ones of the wave before, added by person and squared."""
    scores = []
    for wave, sign in (("after", 1), ("before", -1)):
        rows = panel.sample().query("wave == @wave").reset_index(drop=True)
        start = (rows["weight"] * 5000 / rows["weight"].sum()).to_numpy()
        g = pd.read_csv(panel.REFERENCE / "weighting_g.csv")["raking"].to_numpy() if wave == "after" else 1.0
        w, there = start * g, rows["y"].notna()
        y = rows["y"].fillna(0)
        z = there * (y - np.average(y, weights=w * there)) / (w * there).sum()
        x = pd.get_dummies(rows[["sex", "age", "zone"]]).to_numpy(dtype=float)
        told = residuals.residuals(x, start, z.to_numpy()) if wave == "after" else z
        scores.append(pd.DataFrame({"unit": rows["unit"], "stratum": rows["stratum"], "z": sign * w * told}))
    people = pd.concat(scores).groupby(["stratum", "unit"])["z"].sum()
    return float(np.sqrt(sum(len(z) * z.var(ddof=1) for _, z in people.groupby("stratum"))))


def test_records_without_a_category_are_refused_or_keep_their_share(tmp_path: Path) -> None:
    rows = panel.sample()
    rows.loc[rows.index[::9], "age"] = None
    refused = report(panel.run(tmp_path / "refused", {"method": "raking"}, rows)).loc[("after", "all", "all")]
    assert (refused["refused"], refused["n"]) == ("unknown-category", 177)
    told = report(panel.run(tmp_path / "kept", {"method": "raking", "missing": "keep"}, rows)).loc["after"]
    after = rows.query("wave == 'after'")
    share = after.loc[after["age"].isna(), "weight"].sum() / after["weight"].sum()
    assert told.loc[("age", "(missing)"), "after"] == pytest.approx(5000 * share)
    assert told.loc[("age", "18-34"), "after"] == pytest.approx(1350 * (1 - share))
    assert told.loc[("sex", "f"), "after"] == pytest.approx(2560)


@pytest.mark.parametrize(
    ("code", "weighting", "changed"),
    [
        ("outside-bounds", {"method": "post-stratification", "margins": ["sex-age"], "bounds": [0.8, 1.2]}, {}),
        ("infeasible", {"method": "logit", "bounds": [0.9, 1.1]}, {}),
        ("infeasible", {"method": "raking", "bounds": [0.9, 1.1]}, {}),
        ("empty-category", {}, {"zone": {"bourg": 2100, "hamlet": 1500, "town": 1300, "island": 100}}),
        ("outside-population", {}, {"zone": {"bourg": 3500, "hamlet": 1500}}),
    ],
)
def test_a_sample_that_cannot_be_weighted_has_no_figure(
    tmp_path: Path, code: str, weighting: dict[str, Any], changed: dict[str, Any]
) -> None:
    margins = [m | ({"totals": changed[m["margin"]]} if m["margin"] in changed else {}) for m in panel.MARGINS]
    connection = panel.run(tmp_path, weighting, margins=margins)
    told = report(connection)
    assert list(told.loc["after"].index) == [("all", "all")]
    assert told.loc[("after", "all", "all"), "refused"] == code
    figures = estimates(connection).xs("after", level="wave")
    assert set(zip(figures["status"], figures["reason"], strict=True)) == {("refused", "not-weighted")}
    assert figures[["value", "se", "low", "high", "deff"]].isna().all(axis=None)
    contrasts = connection.sql("select distinct status, reason from contrast where wave = 'after'").fetchall()
    assert set(contrasts) <= {("refused", "not-weighted")}


def test_the_other_samples_of_the_programme_are_told_as_if_it_was_not_there(tmp_path: Path) -> None:
    """One wave cannot be weighted: the other is, to the same bits, and a change between them is refused."""
    now, former = (
        [panel.margin(name, waves=[wave], margin=f"{name}-{wave}") for name in ("sex", "age", "zone")]
        for wave in ("after", "before")
    )
    nobody = {"bourg": 2100, "hamlet": 1500, "town": 1300, "island": 100}
    empty = [m | ({"totals": nobody} if m["dimension"] == "zone" else {}) for m in now]
    found = {}
    for name, margins in (("whole", [*now, *former]), ("refused", [*empty, *former])):
        weighting = {"method": "raking", "margins": [margin["margin"] for margin in margins]}
        found[name] = estimates(panel.run(tmp_path / name, weighting, margins=margins))
    rest = found["whole"].xs("before", level="wave", drop_level=False)
    figures = [name for name in rest.columns if name != "reason"]
    pd.testing.assert_frame_equal(found["refused"].loc[rest.index, figures], rest[figures], check_dtype=False)
    change = found["refused"].loc[("change-y", "panel", "after", "all", "all")]
    assert (change["status"], change["reason"]) == ("refused", "not-weighted")


@pytest.mark.parametrize("code", ["totals-disagree", "infinite"])
def test_what_somebody_must_mend_stops_the_build(tmp_path: Path, code: str) -> None:
    rows, margins = panel.sample(), panel.MARGINS
    if code == "infinite":
        rows.loc[rows["wave"] == "after", "weight"] = np.inf
    else:
        totals = {"bourg": 2100, "hamlet": 1500, "town": 1500}
        margins = [m | ({"totals": totals} if m["margin"] == "zone" else {}) for m in margins]
    with pytest.raises(RefusedEstimate, match="panel, panel, after") as refused:
        panel.run(tmp_path, {}, rows, margins=margins)
    assert isinstance(refused.value, RefusedWeighting)
    assert refused.value.code == code


def test_small_counts_are_hidden_with_what_would_give_them_away(tmp_path: Path) -> None:
    rows = panel.sample()
    rows = rows[(rows["age"] != "18-34") | (rows.groupby(["wave", "age"]).cumcount() < 7)]
    schemas = panel.programme(tmp_path, {"method": "raking", "bounds": [0.05, 20]})
    connection = computed(schemas, store(tmp_path, schemas, [({}, rows)]))
    protect_weighting(connection, schemas)
    told = report(connection).loc["after"]
    assert told.loc[("age", "18-34"), ["status", "reason"]].tolist() == ["suppressed", "fewer-than-threshold"]
    others = told.loc["age"]
    assert sorted(others["reason"].fillna("")) == ["", "fewer-than-threshold", "protects-another"]
    hidden = others[others["status"] == "suppressed"]
    assert hidden[["n", "before", "after"]].isna().all(axis=None)
    assert hidden["target"].notna().all()
    assert told.loc[("all", "all"), ["g_min", "g_max"]].isna().all()
    assert told.loc[("all", "all"), "n"] == len(rows.query("wave == 'after'"))
    assert told.loc["sex", "status"].tolist() == ["published", "published"]


WRONGS: list[tuple[dict[str, Any], list[dict[str, Any]], str]] = [
    ({"margins": ["sexe"]}, panel.MARGINS, "a margin .*Did you mean 'sex'"),
    ({"margins": ["sex", "sex"]}, panel.MARGINS, "each margin once"),
    ({"margins": []}, panel.MARGINS, "`margins`, `trimming` or `response`"),
    ({"bounds": [1.2, 3]}, panel.MARGINS, "below 1 and above 0"),
    ({"method": "post-stratification"}, panel.MARGINS, "a single margin, crossed if need be"),
    ({"margins": ["sex"]}, [panel.margin("sex", dimension="gender")], "gender is none"),
    ({"margins": ["sex"]}, [panel.margin("sex", initiatives=["other"])], "an initiative"),
    ({"margins": ["sex"]}, [panel.margin("sex", totals={"f": -1, "m": 2})], "zero or above"),
    ({"margins": ["sex"]}, [panel.margin("sex", totals={"f": {"a": 1}, "m": 2})], "totals by 1: sex"),
    ({"margins": ["sex", "also"]}, [panel.margin("sex"), panel.margin("sex", margin="also")], "one margin by sex"),
    ({"margins": [], "response": {"field": "status", "complete": ["yes"]}}, panel.MARGINS, "a field"),
    ({"margins": [], "response": {"field": "sex", "complete": ["f"], "refusal": ["f"]}}, panel.MARGINS, "each code"),
]


@pytest.mark.parametrize(("weighting", "margins", "expected"), WRONGS, ids=[w[2] for w in WRONGS])
def test_wrong_declarations_are_told(
    tmp_path: Path, weighting: dict[str, Any], margins: list[dict[str, Any]], expected: str
) -> None:
    with pytest.raises(DeclarationError, match=expected):
        panel.programme(tmp_path, weighting, margins=margins)


def test_categories_of_a_margin_are_codes_of_its_breakdown(tmp_path: Path) -> None:
    told = panel.instrument(panel.DESIGNS["people"], {"margins": ["sex"]})
    told["fields"] = [f for f in told["fields"] if f["name"] != "sex"]
    told["fields"].append(field("sex", "category", codes="sex"))
    codes = [{"codelist": "sex", "title": "Sex", "codes": {"f": "Woman", "m": "Man"}}]
    with pytest.raises(DeclarationError, match=r"margins/sex.yaml:\d+: totals.*'w'.*a code of sex"):
        declare(tmp_path, told, [], codelists=codes, margins=[panel.margin("sex", totals={"w": 2560, "m": 2440})])
