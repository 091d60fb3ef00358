"""Every key works: changing it changes what the society does."""

from __future__ import annotations

import dataclasses

import pytest
from antiphon.settings import SocietySettings
from antiphon.tests.settings import care_probes, life_probes, pool_probes, round_probes, talk_probes
from antiphon.tests.settings.cast import Probes

PROBES: Probes = {
    **round_probes.PROBES,
    **pool_probes.PROBES,
    **talk_probes.PROBES,
    **care_probes.PROBES,
    **life_probes.PROBES,
}


def test_every_setting_has_a_probe() -> None:
    assert set(PROBES) == {f.name for f in dataclasses.fields(SocietySettings)}


@pytest.mark.parametrize("key", PROBES)
def test_changing_a_setting_changes_what_happens(key: str) -> None:
    probe, one, other = PROBES[key]
    assert probe(one) != probe(other)
