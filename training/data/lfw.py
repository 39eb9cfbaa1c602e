"""The LFW pairs protocol (pairs.txt): which photos are compared, in ten folds."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Pair:
    first: str  # Person_Name/Person_Name_0001
    second: str
    same: bool
    fold: int


def _photo(person: str, number: str) -> str:
    return f"{person}/{person}_{int(number):04d}"


def parse_pairs(text: str) -> list[Pair]:
    """The pairs of the file: a line "FOLDS PAIRS", then per fold PAIRS same and PAIRS different."""
    lines = [line.split() for line in text.splitlines() if line.strip()]
    try:
        folds, per_kind = int(lines[0][0]), int(lines[0][1])
    except (IndexError, ValueError):
        raise ValueError("pairs.txt: the first line must be two numbers") from None
    body = lines[1:]
    if len(body) != folds * per_kind * 2:
        raise ValueError(f"pairs.txt: {len(body)} pairs, expected {folds * per_kind * 2}")
    pairs = []
    for index, parts in enumerate(body):
        fold = index // (2 * per_kind)
        same = index % (2 * per_kind) < per_kind
        if len(parts) != (3 if same else 4):
            raise ValueError(f"pairs.txt: line {index + 2} has {len(parts)} columns")
        if same:
            person, first, second = parts
            pairs.append(Pair(_photo(person, first), _photo(person, second), True, fold))
        else:
            pairs.append(Pair(_photo(*parts[:2]), _photo(*parts[2:]), False, fold))
    return pairs


def person(photo: str) -> str:
    """The name of the person of a path such as data/Person_Name/Person_Name_0001.jpg."""
    return photo.rsplit("/", 2)[-2]


def key(path: str) -> str:
    """Person_Name/Person_Name_0001 of a path with any prefix and extension."""
    folder, file = path.rsplit("/", 2)[-2:]
    return f"{folder}/{file.rsplit('.', 1)[0]}"


def people(pairs: list[Pair]) -> set[str]:
    return {person(photo) for pair in pairs for photo in (pair.first, pair.second)}
