"""Held-out rates against counting pair by pair."""

from itertools import combinations

import numpy as np
import pytest
import torch
from prepared import write_noise

from seesaw import heldout
from seesaw.dataset import FaceSet, Teachers, held_out_faces
from seesaw.heldout import Protocol

XS = Teachers.parse(["edgeface-xs"])


@pytest.fixture(scope="module")
def faces(tmp_path_factory) -> FaceSet:
    folder = tmp_path_factory.mktemp("prepared")
    write_noise(folder, "fiw", 1500, people=700, teachers=("edgeface-xs",))
    write_noise(folder, "ffhq", 900, teachers=("edgeface-xs",), seed=1)
    return held_out_faces(folder, ["fiw", "ffhq"], XS.names)


def relatives(faces: FaceSet) -> FaceSet:
    """The same faces with the families of two people each made one."""
    groups = {}
    for number, group in enumerate(faces.groups()):
        groups.setdefault(group, []).append(number)
    sources = [s for s in faces.sources]
    info = dict(sources[0].info)
    pairs = [g for g in groups if g.startswith("fiw/F")]
    merged = {b: a for a, b in zip(pairs[::2], pairs[1::2], strict=False)}
    info["groups"] = [merged.get(g, g) for g in info["groups"]]
    fiw = type(sources[0])(sources[0].name, sources[0].crops, sources[0].targets, info)
    return FaceSet(
        (fiw, *sources[1:]),
        faces.source_of,
        faces.row_of,
        faces.part,
        faces.teachers,
        faces.person_of,
    )


def test_rates_are_those_of_counting(faces, monkeypatch):
    faces = relatives(faces)
    monkeypatch.setattr(heldout, "_ROWS", 37)
    monkeypatch.setattr(heldout, "FARS", (1e-1, 1e-2))
    generator = torch.Generator().manual_seed(0)
    embedding = torch.randn(len(faces), 16, generator=generator)
    protocol = Protocol(faces, XS)
    result = protocol.measure(embedding)

    unit = torch.nn.functional.normalize(embedding).numpy()
    targets, groups, person = faces.targets(np.arange(len(faces))), faces.groups(), faces.person_of
    genuine, impostors, kin, excluded = [], [], [], 0
    for i, j in combinations(range(len(faces)), 2):
        score = unit[i] @ unit[j]
        nameless = [person[k] < 0 and groups[k].startswith("fiw/") for k in (i, j)]
        if person[i] >= 0 and person[i] == person[j]:
            genuine.append(score)
        elif all(nameless):
            continue
        elif groups[i] == groups[j]:
            kin.append(score)
        elif targets[i] @ targets[j] >= heldout.ONE_PERSON:
            excluded += 1
        else:
            impostors.append(score)
    counts = (result.genuine, result.impostors, result.kin, result.excluded)
    assert counts == (len(genuine), len(impostors), len(kin), excluded)
    assert len(genuine) > 20 and len(kin) > 20
    for rate in result.rates:
        accepted = np.sum(np.array(impostors) >= rate.threshold)
        assert accepted == pytest.approx(rate.far * len(impostors), abs=2)
        assert rate.tar == pytest.approx(np.mean(np.array(genuine) >= rate.threshold), abs=0.02)
        assert rate.kin == pytest.approx(np.mean(np.array(kin) >= rate.threshold), abs=0.02)


def test_the_teacher_knows_its_own_people(faces):
    figures = Protocol(faces, XS).of_teachers()
    assert list(figures) == ["edgeface-xs"]
    assert figures["edgeface-xs"].rates[0].tar > 0.99
    assert list(figures["edgeface-xs"].as_row()) == ["tar_0.001", "tar_0.0001"]


def test_faces_of_nobody_known_are_limited(faces):
    protocol = Protocol(faces, XS, most=10)
    named = int(np.sum(faces.person_of >= 0))
    assert len(protocol.faces) == named + 10
    assert int(torch.sum(protocol.person >= 0)) == named


def test_without_people_there_is_nothing_to_measure(faces):
    nobody = faces.take(np.flatnonzero(faces.person_of < 0))
    with pytest.raises(ValueError, match="genuine"):
        Protocol(nobody, XS)


def test_people_whom_another_set_resembles_give_no_genuine_pairs(faces):
    protocol = Protocol(faces, XS)
    embedding = torch.randn(len(faces), 16, generator=torch.Generator().manual_seed(0))
    whole = protocol.measure(embedding)
    named = np.flatnonzero(faces.person_of >= 0)
    first = faces.person_of[named[0]]
    own = torch.from_numpy(faces.targets(named[:1]))
    alike = protocol.people_alike(own)
    assert alike.tolist() == (faces.person_of == first).tolist()
    protocol.leave_out_genuine(alike)
    fewer = protocol.measure(embedding)
    assert fewer.genuine == whole.genuine - 1 and fewer.impostors == whole.impostors
    with pytest.raises(ValueError, match="all people are left out"):
        protocol.leave_out_genuine(protocol.person >= 0)
