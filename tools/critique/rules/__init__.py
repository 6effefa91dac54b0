"""The rules on content: a file a theme, each rule with its reason, source and examples."""

from . import (
    abstract,
    baselines,
    circuits,
    claims,
    dictionaries,
    evidence,
    honesty,
    orders,
    prior_work,
    probing,
    reproducible,
    uncertainty,
    writing,
)

THEMES = (
    abstract,
    evidence,
    baselines,
    honesty,
    claims,
    uncertainty,
    reproducible,
    prior_work,
    probing,
    circuits,
    dictionaries,
    writing,
    orders,
)
