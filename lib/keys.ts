import { show } from './check.js'
import { InvalidArgumentError } from './errors.js'

/** The names of all options of a type: the compiler sees to it that none is missing. */
export function keysOf<T extends object>(
  names: Readonly<Record<keyof T & string, true>>
): readonly string[] {
  return Object.keys(names)
}

/**
 * Insertions, deletions, replacements and exchanges of neighbours that make one word of the other
 * (optimal string alignment, Damerau 1964).
 */
export function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, i) => i)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let i = 1; i <= a.length; i++) {
    rows.push([i])
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const ways = [at(i - 1, j - 1) + (same ? 0 : 1), at(i - 1, j) + 1, at(i, j - 1) + 1]
      const exchanged = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      if (exchanged) ways.push(at(i - 2, j - 2) + 1)
      rows[i]?.push(Math.min(...ways))
    }
  }
  return at(a.length, b.length)
}

/** The known name that a misspelled one most likely means. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (word: string): string => word.toLowerCase().replaceAll(/[_-]/g, '')
  const allowed = Math.max(1, Math.floor(name.length / 4))
  const ranked = known
    .map((other) => ({ other, distance: editDistance(plain(name), plain(other)) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= allowed ? best.other : undefined
}

function refuse(argument: string, name: string, meant: string | undefined, known: string): never {
  const hint = meant === undefined ? `; there are ${known}` : `; did you mean "${meant}"?`
  throw new InvalidArgumentError(
    argument === 'options' ? name : `${argument}.${name}`,
    `${argument} has no "${name}"${hint}`
  )
}

/**
 * Checks that options are an object and that each of its keys is one of those known: a misspelled
 * option would otherwise decide by its absence.
 */
export function checkOptionKeys(
  argument: string,
  value: unknown,
  ...known: readonly (readonly string[])[]
): asserts value is object {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(argument, `${argument} must be an object, not ${show(value)}`)
  }
  const names = known.flat()
  for (const name of Object.keys(value)) {
    if (!names.includes(name)) refuse(argument, name, nearest(name, names), names.join(', '))
  }
}

/** Refuses a key that looks like a misspelled one. Others are allowed: data may carry more of them. */
export function checkMisspelled(argument: string, value: object, known: readonly string[]): void {
  for (const name of Object.keys(value)) {
    if (known.includes(name)) continue
    const meant = nearest(name, known)
    if (meant !== undefined) refuse(argument, name, meant, '')
  }
}

/** Only those of the options that have these names: what a callee that knows no others is given. */
export function picked<T extends object>(options: T, names: readonly string[]): T {
  const given = Object.entries(options).filter(([name]) => names.includes(name))
  return Object.fromEntries(given) as T
}
