import { fstatSync, writeSync } from 'node:fs'
import pc from 'picocolors'
import { systemCode } from '../errors.js'
import { whyNotWritten } from '../files/whole-file.js'

/** On terminals only, unless FORCE_COLOR asks for more, and never under NO_COLOR (no-color.org). */
function wantsColour(stream: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env
  return !NO_COLOR && (Boolean(FORCE_COLOR) || (stream.isTTY === true && TERM !== 'dumb'))
}

export const colour = pc.createColors(wantsColour(process.stdout))
const errorColour = pc.createColors(wantsColour(process.stderr))

/** Ends the program when nobody takes the results, or nobody can. */
export function stdoutFailed(error: unknown): never {
  // A reader that has seen enough (`seesawface detect … | head`) is no error of ours.
  if (systemCode(error) === 'EPIPE') process.exit(process.exitCode ?? 0)
  complain(`the results cannot be printed: ${whyNotWritten(error)}`)
  process.exit(2)
}

function stdoutIsFile(): boolean {
  try {
    return fstatSync(1).isFile()
  } catch {
    return false // closed: `seesawface … >&-`
  }
}
const isFile = stdoutIsFile()

/** Node writes once to a file and does not ask whether all of it found room. */
function writeAll(text: string): void {
  try {
    for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(1, rest))
  } catch (error) {
    stdoutFailed(error)
  }
}

export function print(line = ''): void {
  const text = `${line}\n`
  if (isFile) writeAll(text)
  else process.stdout.write(text)
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value))
}

export function complain(line: string): void {
  // Over a progress bar, if there is one.
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
  process.stderr.write(`${errorColour.red('seesawface:')} ${line}\n`)
}

/** Labels in one column, values in the next. */
export function printFields(fields: readonly (readonly [label: string, value: string])[]): void {
  const width = Math.max(...fields.map(([label]) => label.length))
  for (const [label, value] of fields) print(`  ${colour.dim(label.padEnd(width))}  ${value}`)
}

/** Rows under a heading, columns as wide as their widest cell; numbers flush right. */
export function printTable(heading: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = heading.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0))
  )
  const numeric = heading.map((_, i) => rows.every((row) => /^[-\d.,% ×]*$/.test(row[i] ?? '')))
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (numeric[i] ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  print(`  ${colour.dim(line(heading))}`)
  for (const row of rows) print(`  ${line(row)}`)
}

/** A rate as people say it: 0.1 % (1 in 1000). */
export function rate(far: number): string {
  const percent = `${Number((far * 100).toPrecision(3))} %`
  return `${percent} (1 in ${Math.round(1 / far)})`
}
