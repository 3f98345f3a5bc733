"""A scored run → the Markdown of its model's card, with the version of its samples."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from harness.fingerprint import canonical_json
from harness.pipeline.reading.comparing import compare_run
from harness.pipeline.reading.reporting import comparable
from harness.report.model_card import model_card

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.records import Sample
    from harness.store.run_folder import RunFolder


def baseline_card(folder: RunFolder, *, model: str | None = None) -> str:
    """Write the card; see ``model_card``.

    Args:
        folder: the run.
        model: whose card it is, where the run has several.

    Raises:
        StoreError: the run is not scored, has no such model, or several and none is named.
    """
    run, summary = folder.run(), folder.summary()
    said: list[str] = []
    if summary.ladder is None and comparable(summary):
        compared = compare_run(folder)
        said = [*compared.said(), *compared.further_notes()]
    return model_card(run, summary, samples_version(folder.samples()), said, model=model)


def samples_version(samples: Iterable[Sample]) -> str:
    """Hash what numbers depend on of samples: ids, references and images, in their order."""
    digest = hashlib.sha256()
    for sample in samples:
        facts = [sample.id, list(sample.references), [ref.sha256 for ref in sample.media]]
        digest.update(f"{canonical_json(facts)}\n".encode(errors="surrogatepass"))
    return digest.hexdigest()[:16]
