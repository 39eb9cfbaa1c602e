"""Exact search by faiss and usearch; the protocol is that of bench/child.ts.

python search.py make FILE ROWS DIMENSIONS
python search.py FILE DIMENSIONS THREADS LIBRARY

`make` writes random unit vectors as fp32, and 64 queries after them: half of them near a row, half
near none. Jobs: "search I K" is answered with milliseconds, "first I" with the best row of query I.
"""

import json
import sys
import time

import numpy as np

QUERIES = 64


def make(path: str, rows: int, dimensions: int) -> None:
    random = np.random.default_rng(1)

    def units(count: int) -> np.ndarray:
        made = random.standard_normal((count, dimensions), np.float32)
        return made / np.linalg.norm(made, axis=1, keepdims=True)

    with open(path, "wb") as file:
        for at in range(0, rows, 10_000):
            some = units(min(10_000, rows - at))
            if at == 0:
                near = some[: QUERIES // 2]
            file.write(some.tobytes())
        queries = units(QUERIES)
        queries[::2] = near + 0.5 * queries[::2]
        queries /= np.linalg.norm(queries, axis=1, keepdims=True)
        file.write(queries.tobytes())


def searcher(library: str, rows: np.ndarray, threads: int):
    """Its version, and a function of a query and a count that gives the best rows."""
    if library == "faiss":
        import faiss

        faiss.omp_set_num_threads(threads)
        index = faiss.IndexFlatIP(rows.shape[1])
        index.add(rows)
        return faiss.__version__, lambda query, k: index.search(query[None], k)[1][0]
    import usearch
    from usearch.index import MetricKind, search

    def find(query: np.ndarray, k: int) -> np.ndarray:
        return search(rows, query, k, MetricKind.IP, exact=True, threads=threads).keys

    return usearch.__version__, find


def main() -> None:
    if sys.argv[1] == "make":
        make(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
        return
    path, dimensions, threads, library = sys.argv[1], *map(int, sys.argv[2:4]), sys.argv[4]
    everything = np.fromfile(path, np.float32).reshape(-1, dimensions)
    rows, queries = everything[:-QUERIES], everything[-QUERIES:]
    version, find = searcher(library, rows, threads)
    print(json.dumps({"version": version}), flush=True)
    for line in sys.stdin:
        job, query, *rest = line.split()
        start = time.perf_counter()
        found = find(queries[int(query) % QUERIES], int(rest[0]) if rest else 1)
        took = (time.perf_counter() - start) * 1e3
        print(int(found[0]) if job == "first" else took, flush=True)


if __name__ == "__main__":
    main()
