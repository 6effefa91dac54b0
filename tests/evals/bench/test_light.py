"""The core stays light: what the linter needs in CI, without torch."""

from mechmentor.evals.bench.light import HEAVY, TARGET_MB, core_packages


def test_the_core_is_small_and_holds_nothing_heavy() -> None:
    packages = core_packages()
    assert {"pydantic", "typer", "pypdfium2", "openai"} <= set(packages)
    assert not set(HEAVY) & set(packages)
    size = sum(packages.values()) / 1e6
    print(f"{size:.0f} MB in {len(packages)} packages")
    assert 20 < size < TARGET_MB
