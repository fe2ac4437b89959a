"""Cleans the rows of CSV files, and sums up what each customer has paid; bad rows are quarantined with their place.

anagram run --pipeline examples/clean_rows.py payments.csv --format json
"""

from pipeline_optimization import Pipeline, task
from pipeline_optimization.ends import Sum

Payment = tuple[str, float]


@task(permanent=(ValueError, KeyError))
def clean(row: dict[str, str]) -> Payment:
    """Return who paid how much. Raises ValueError for an amount that is none."""
    amount = float(row["amount"].replace("$", "").replace(",", ""))
    if amount < 0:
        raise ValueError(f"a payment of {amount}")
    return row["customer"].strip().title(), amount


def customer(payment: Payment) -> str:
    """Return who paid."""
    return payment[0]


def amount_of(payment: Payment) -> float:
    """Return how much."""
    return payment[1]


pipeline = Pipeline("paid").records().map(clean).group(customer, Sum(amount_of))
