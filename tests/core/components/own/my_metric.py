from core.components.metrics import METRICS


@METRICS.add("wrong", lower_is_better=True, lowest=0)
def wrong(predicted, target):
    """Wrong: how many are."""
    return (predicted != target).sum()
