import { show } from '../check.js'
import { InvalidArgumentError } from '../errors.js'
import { isInside, type Line, linesOf, parseCsvTable } from './csv.js'

/**
 * Lists of photo pairs: those of Labeled Faces in the Wild (pairs.txt), or CSV with a heading
 * `a,b,same` and, if wanted, `fold`.
 */

export interface Pair {
  /** Paths relative to the folder of photos, with forward slashes. */
  readonly a: string
  readonly b: string
  readonly same: boolean
  /** Counted from 0. */
  readonly fold: number
  /** Who is shown, where the list tells. */
  readonly personA?: string
  readonly personB?: string
  /** Of the list, from 1. */
  readonly line: number
}

export interface PairList {
  readonly format: 'lfw' | 'csv'
  readonly folds: number
  readonly pairs: readonly Pair[]
}

/** Pairs of a list without folds are dealt out in their order, either kind by itself. */
const foldsDealt = 10

/** Of a fold or a photo: more digits would not be exact numbers any more. */
const wholeNumber = /^\d{1,15}$/

function fail(line: number, problem: string): never {
  throw new InvalidArgumentError('pairs', `line ${line} of the list of pairs: ${problem}`)
}

/** `Aaron_Peirsol` 1 → `Aaron_Peirsol/Aaron_Peirsol_0001.jpg`, as LFW names its files. */
export function lfwPath(person: string, number: number): string {
  return `${person}/${person}_${String(number).padStart(4, '0')}.jpg`
}

/** `NAME I J` (same person) or `NAME I OTHER J` (different people). */
function lfwPair({ text, number }: Line, fold: number): Pair {
  const words = text.trim().split(/\s+/)
  if (words.length < 3 || words.length > 4) fail(number, `not understood: ${show(text)}`)
  const same = words.length === 3
  const personA = words[0] ?? ''
  const personB = same ? personA : (words[2] ?? '')
  const path = (person: string, word: string | undefined): string => {
    if (!wholeNumber.test(word ?? '')) fail(number, `${show(word)} is not the number of a photo`)
    return lfwPath(person, Number(word))
  }
  const a = path(personA, words[1])
  return { a, b: path(personB, words.at(-1)), same, fold, personA, personB, line: number }
}

/**
 * A first line `FOLDS N`, then for each fold N lines of one person and N of different people. Names
 * with the numbers of their photos; NAME/NAME_0001.jpg is the file.
 */
function parseLfw(lines: readonly Line[]): PairList {
  const words = (lines[0]?.text ?? '').trim().split(/\s+/)
  const [folds = 0, each = 0] = words.map(Number)
  if (words.length !== 2 || !Number.isInteger(folds) || !Number.isInteger(each) || folds < 1) {
    fail(
      1,
      'expected the number of folds and the pairs of each kind per fold, or the CSV header a,b,same'
    )
  }
  if (each < 1 || lines.length !== 1 + folds * each * 2) {
    fail(
      lines.at(-1)?.number ?? 1,
      `${folds} folds of ${each} + ${each} pairs are ${folds * each * 2} lines, there are ${lines.length - 1}`
    )
  }
  return {
    format: 'lfw',
    folds,
    pairs: lines.slice(1).map((line, i) => lfwPair(line, Math.floor(i / (each * 2))))
  }
}

const yes = new Set(['1', 'true', 'same', 'yes'])
const no = new Set(['0', 'false', 'different', 'no'])

const columns = ['a', 'b', 'same', 'fold', 'person_a', 'person_b'] as const

function parseCsv(lines: readonly Line[]): PairList {
  const { has, rows } = parseCsvTable(lines, columns, ['a', 'b', 'same'], fail)
  const dealt = { true: 0, false: 0 }
  const pairs = rows.map(({ line, field }): Pair => {
    const word = field('same').toLowerCase()
    if (!yes.has(word) && !no.has(word)) fail(line, `same must be 1 or 0, not ${show(word)}`)
    const same = yes.has(word)
    if (has('fold') && !wholeNumber.test(field('fold'))) {
      fail(line, `fold must be a whole number, not ${show(field('fold'))}`)
    }
    const fold = has('fold') ? Number(field('fold')) : dealt[`${same}`]++ % foldsDealt
    const [a, b] = [field('a'), field('b')]
    if (a === '' || b === '') fail(line, 'a photo is missing')
    const people =
      has('person_a') && has('person_b')
        ? { personA: field('person_a'), personB: field('person_b') }
        : {}
    if (people.personA !== undefined && (people.personA === people.personB) !== same) {
      fail(line, 'same contradicts the names of the people')
    }
    return { a, b, same, fold, ...people, line }
  })
  return { format: 'csv', folds: new Set(pairs.map(({ fold }) => fold)).size, pairs }
}

function checkPaths(pairs: readonly Pair[]): void {
  const seen = new Map<string, number>()
  for (const { a, b, line } of pairs) {
    for (const path of [a, b]) {
      if (!isInside(path)) fail(line, `"${path}" must be a path inside the folder of photos`)
    }
    if (a === b) fail(line, `a photo is paired with itself: "${a}"`)
    const key = [a, b].sort().join('\0')
    const before = seen.get(key)
    if (before !== undefined) fail(line, `duplicate of line ${before}`)
    seen.set(key, line)
  }
}

/**
 * Everybody on the list, by name and by folder: the first folder of a photo's path is the person, as
 * in `Ada/Ada_0001.jpg`.
 */
export function peopleOfPairs(pairs: readonly Pair[]): ReadonlySet<string> {
  const folders = pairs
    .flatMap(({ a, b }) => [a, b])
    .map((path) => path.split(/[/\\]/).filter((part) => part !== '' && part !== '.'))
    .map(([folder, ...rest]) => (rest.length > 0 ? folder : undefined))
  const names = pairs.flatMap(({ personA, personB }) => [personA, personB])
  return new Set([...names, ...folders].flatMap((name) => (name ? [name] : [])))
}

/** @throws InvalidArgumentError naming the line */
export function parsePairs(text: string): PairList {
  const lines = linesOf(text)
  const [first] = lines
  if (first === undefined) fail(1, 'the list is empty')
  const list = first.text.includes(',') ? parseCsv(lines) : parseLfw(lines)
  for (const kind of [true, false]) {
    if (!list.pairs.some(({ same }) => same === kind)) {
      fail(first.number, `the list has no pair of ${kind ? 'the same person' : 'different people'}`)
    }
  }
  checkPaths(list.pairs)
  return list
}
