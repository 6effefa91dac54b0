"""What language models added to a report, as lines that every form prints."""

from ..report import Review


def review_lines(review: Review) -> list[str]:
    """Who read, what it cost, what was thrown away and why."""
    cost = "cost unknown" if review.dollars is None else f"${review.dollars:.4f}"
    requests = "1 request" if review.calls == 1 else f"{review.calls} requests"
    paid = f": {requests}, {cost}" if review.calls else ""
    lines = [f"read by {review.model}{paid}; passes: {', '.join(review.passes) or 'none'}"]
    lines += [f"not done: {why}" for why in review.missing]
    if review.dropped:
        lines.append(f"{review.dropped} findings dropped: their quotation is not in the draft")
    if review.withheld:
        lines.append(f"{review.withheld} findings withheld: they need a figure that was not seen")
    if review.figures:
        lines.append(review.figures)
    lines.append(f"false findings of this model on clean documents: {review.calibration}")
    return lines
