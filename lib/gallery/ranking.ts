export interface SearchHit {
  readonly id: bigint
  readonly person: bigint
  readonly score: number
}

const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)

/** The k best rows, or people by the best of their rows; equal scores by the lower person, then id. */
export function best(hits: readonly SearchHit[], k: number, per: 'row' | 'person'): SearchHit[] {
  const people = per === 'person'
  const sorted = [...hits].sort(
    (a, b) =>
      b.score - a.score || (people ? ascending(a.person, b.person) : 0) || ascending(a.id, b.id)
  )
  const seen = new Set<bigint>()
  const kept = people
    ? sorted.filter(({ person }) => !seen.has(person) && seen.add(person))
    : sorted
  return kept.slice(0, k)
}
