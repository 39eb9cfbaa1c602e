import { execFile } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = fileURLToPath(new URL('../../lib/', import.meta.url))
const built = fileURLToPath(new URL('../../dist/cli.cjs', import.meta.url))

/** The newest file of a folder and those in it. */
function newest(folder: string): number {
  const entries = readdirSync(folder, { withFileTypes: true })
  const times = entries.map((entry) => {
    const path = `${folder}/${entry.name}`
    return entry.isDirectory() ? newest(path) : statSync(path).mtimeMs
  })
  return Math.max(0, ...times)
}

/**
 * How Node runs the command line: as it was built, if that is newer than its source (as in
 * `npm test`), which starts in a tenth of the time.
 */
export const command: readonly string[] =
  existsSync(built) && statSync(built).mtimeMs > newest(source)
    ? [built]
    : ['--import=tsx', `${source}cli/index.ts`]

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Tests of a file begin all at once: more processes than this would only hinder each other. */
const mostAtOnce = 3
let running = 0
const waiting: (() => void)[] = []

async function inTurn<T>(job: () => Promise<T>): Promise<T> {
  if (running >= mostAtOnce) await new Promise<void>((resolve) => waiting.push(resolve))
  running++
  try {
    return await job()
  } finally {
    running--
    waiting.shift()?.()
  }
}

/** Runs the command line in a process of its own. */
export function seesawface(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  timeout = 120_000,
  input?: Uint8Array
): Promise<Outcome> {
  // ava sets FORCE_COLOR where it thinks that colours can be shown.
  const plain = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' }
  const options = { env: { ...plain, ...env }, timeout }
  return inTurn(
    () =>
      new Promise((resolve, reject) => {
        const child = execFile(
          process.execPath,
          [...command, ...args],
          options,
          (error, stdout, stderr) => {
            const exitCode = error === null ? 0 : error.code
            if (typeof exitCode !== 'number') reject(error)
            else resolve({ exitCode, stdout, stderr })
          }
        )
        if (input !== undefined) child.stdin?.end(input)
      })
  )
}
