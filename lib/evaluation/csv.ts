import { show } from '../check.js'

/** Comma-separated lists with a heading (RFC 4180); problems are told with the number of the line. */

export interface Line {
  readonly text: string
  /** From 1, as editors count. */
  readonly number: number
}

export type Fail = (line: number, problem: string) => never

export interface CsvRow<Column extends string> {
  readonly line: number
  /** Empty where the list has no such column. */
  field(column: Column): string
}

export interface CsvTable<Column extends string> {
  readonly has: (column: Column) => boolean
  readonly rows: readonly CsvRow<Column>[]
}

/** The lines that are not blank. */
export function linesOf(text: string): Line[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/)
    .map((line, i): Line => ({ text: line, number: i + 1 }))
    .filter((line) => line.text.trim() !== '')
}

/** Splits a line; quotes may hold commas and doubled quotes. */
function fieldsOf({ text, number }: Line, fail: Fail): string[] {
  const fields: string[] = []
  const blanks = /\s*/y
  for (let at = 0; ; ) {
    blanks.lastIndex = at
    blanks.test(text)
    const start = blanks.lastIndex
    let end: number
    if (text[start] === '"') {
      let quote = text.indexOf('"', start + 1)
      while (quote >= 0 && text[quote + 1] === '"') quote = text.indexOf('"', quote + 2)
      if (quote < 0) fail(number, 'unclosed quote')
      fields.push(text.slice(start + 1, quote).replaceAll('""', '"'))
      end = text.indexOf(',', quote)
      const after = text.slice(quote + 1, end < 0 ? undefined : end)
      if (after.trim() !== '') fail(number, 'text after a closing quote')
    } else {
      end = text.indexOf(',', at)
      const field = text.slice(at, end < 0 ? undefined : end)
      if (field.includes('"')) fail(number, 'quote inside an unquoted field')
      fields.push(field.trim())
    }
    if (end < 0) return fields
    at = end + 1
  }
}

function headingOf<Column extends string>(
  line: Line,
  columns: readonly Column[],
  required: readonly Column[],
  fail: Fail
): Map<Column, number> {
  const places = new Map<Column, number>()
  for (const [i, written] of fieldsOf(line, fail).entries()) {
    const name = written.toLowerCase()
    const column = columns.find((known) => known === name)
    if (column === undefined) {
      fail(line.number, `unknown column ${show(name)}; expected ${columns.join(', ')}`)
    }
    if (places.has(column)) fail(line.number, `duplicate column "${name}"`)
    places.set(column, i)
  }
  for (const needed of required) {
    if (!places.has(needed)) fail(line.number, `column "${needed}" is missing`)
  }
  return places
}

export function parseCsvTable<Column extends string>(
  lines: readonly Line[],
  columns: readonly Column[],
  required: readonly Column[],
  fail: Fail
): CsvTable<Column> {
  const [heading, ...rest] = lines
  if (heading === undefined) fail(1, 'the list is empty')
  const places = headingOf(heading, columns, required, fail)
  const rows = rest.map((line): CsvRow<Column> => {
    const fields = fieldsOf(line, fail)
    if (fields.length !== places.size) {
      fail(line.number, `${fields.length} fields, but the header has ${places.size}`)
    }
    return { line: line.number, field: (column) => fields[places.get(column) ?? -1] ?? '' }
  })
  return { has: (column) => places.has(column), rows }
}

/** One field as it is written: quoted where it must be. */
export function csvField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A list must not lead out of the folder it is given for. */
export function isInside(path: string): boolean {
  return !/^([/\\]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes('..')
}
