"""Steps of species.zpl."""

import pandas as pd
import zpl


def shape(birds: pd.DataFrame) -> pd.DataFrame:
    """How slender a bill is, and how heavy a bird is."""
    birds["slender"] = birds["bill_len"] / birds["bill_dep"]
    return birds.drop(columns=["bill_len", "bill_dep"])


@zpl.step("(scored: Table {species: String, prediction: String}) -> (counts: Table {species: String, taken_for: String, birds: Int})")
def confusion(scored: pd.DataFrame) -> pd.DataFrame:
    """How many birds of each species were taken for which."""
    counts = scored.groupby(["species", "prediction"]).size().reset_index(name="birds")
    zpl.context().log(f"{len(counts)} kinds of answers")
    return counts.rename(columns={"prediction": "taken_for"})
