import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const cli = fileURLToPath(new URL('../../lib/cli/index.ts', import.meta.url))

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line in a process of its own. */
export function seesawface(
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  timeout = 120_000,
  input?: Uint8Array
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // ava sets FORCE_COLOR where it thinks that colours can be shown.
    const plain = { ...process.env, FORCE_COLOR: undefined, NO_COLOR: '1' }
    const options = { env: { ...plain, ...env }, timeout }
    const command = ['--import=tsx', cli, ...args]
    const child = execFile(process.execPath, command, options, (error, stdout, stderr) => {
      const exitCode = error === null ? 0 : error.code
      if (typeof exitCode !== 'number') reject(error)
      else resolve({ exitCode, stdout, stderr })
    })
    if (input !== undefined) child.stdin?.end(input)
  })
}
