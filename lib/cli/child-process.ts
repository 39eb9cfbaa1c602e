import { spawn } from 'node:child_process'

export interface Apart {
  readonly output: string
  /** The signal that ended it, or null. */
  readonly signal: NodeJS.Signals | null
}

/** Runs a program and gathers what it prints; undefined when it could not be started. */
function run(args: readonly string[]): Promise<Apart | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk
    })
    child.on('error', () => resolve(undefined))
    child.on('close', (_, signal) => resolve({ output, signal }))
  })
}

/** Runs this command line again, with other arguments, in a process of its own. */
export async function runApart(args: readonly string[]): Promise<Apart | undefined> {
  const script = process.argv[1]
  return script === undefined ? undefined : run([...process.execArgv, script, ...args])
}

/** Runs a piece of JavaScript in a Node.js that has loaded nothing else. */
export async function runBareNode(code: string): Promise<Apart | undefined> {
  return run(['-e', code])
}
