/** The pair lists of Labeled Faces in the Wild (view 2): which photos to compare, fold by fold. */

export interface PhotoRef {
  readonly person: string
  /** Numbered from 1, as in NAME_0001.jpg. */
  readonly number: number
}

export interface Pair {
  readonly a: PhotoRef
  readonly b: PhotoRef
  readonly same: boolean
  readonly fold: number
}

/** `Aaron_Peirsol` 1 → `Aaron_Peirsol/Aaron_Peirsol_0001.jpg` */
export function photoPath({ person, number }: PhotoRef): string {
  return `${person}/${person}_${String(number).padStart(4, '0')}.jpg`
}

/**
 * Parses pairs.txt: a first line `FOLDS N`, then for each fold N lines `NAME I J` (same person) and
 * N lines `NAME I OTHER J` (different people).
 */
export function parsePairs(text: string): { folds: number; pairs: Pair[] } {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '')
  const [folds, each] = (lines[0] ?? '').split(/\s+/).map(Number)
  if (!folds || !each || lines.length !== 1 + folds * each * 2) {
    throw new Error('not a list of pairs: the first line must be FOLDS and PAIRS, then the pairs')
  }
  const pairs = lines.slice(1).map((line, i): Pair => {
    const words = line.trim().split(/\s+/)
    const [person = '', first = ''] = words
    const same = words.length === 3
    const other = same ? person : (words[2] ?? '')
    const a = { person, number: Number(first) }
    const b = { person: other, number: Number(words.at(-1)) }
    const valid = Number.isInteger(a.number) && Number.isInteger(b.number)
    if (words.length < 3 || words.length > 4 || !valid) {
      throw new Error(`line ${i + 2} of the list of pairs is not understood: ${line}`)
    }
    return { a, b, same, fold: Math.floor(i / (each * 2)) }
  })
  return { folds, pairs }
}
