import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import type { OpenSubject } from '../lib/bench/embedding.js'

/**
 * A peer in a process of its own that lives as long as the comparison does, so that it takes turns
 * with all others. It prints one line of JSON about itself, then reads lines, each of which names a
 * job ("crop", "photo PATH" or, decoded already, "pixels PATH"), and answers each with the
 * milliseconds of one warm call.
 */
export interface Child {
  readonly facts: Readonly<Record<string, unknown>>
  time(job: string): Promise<number>
  close(): Promise<void>
}

export async function startChild(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {}
): Promise<Child> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env }
  })
  // Told only when it fails: some peers print warnings at every start.
  let complaints = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints = (complaints + text).slice(-4000)
  })
  // One that has ended reads no more; its next answer tells.
  child.stdin.on('error', () => undefined)
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<string> => {
    const { value, done } = await lines.next()
    if (!done) return value
    await ended
    throw new Error(`${[program, ...args].join(' ')} ended early:\n${complaints}`)
  }
  return {
    facts: JSON.parse(await answer()),
    time: async (job) => {
      child.stdin.write(`${job}\n`)
      return Number(await answer())
    },
    close: async () => {
      child.stdin.end()
      await ended
    }
  }
}

/** One job of a child as something that takes turns. */
export function subjectOf(name: string, child: Child, job: string): OpenSubject {
  return { name, time: () => child.time(job), close: () => child.close() }
}

/**
 * Collects peers that all do one job, as what takes turns, and notes their versions. `folder` has
 * the packages of those in Node.js.
 */
export function peersFor(
  job: string,
  folder: string | undefined,
  versions: Record<string, unknown>
): {
  readonly found: OpenSubject[]
  add(name: string, program: string, args: readonly string[]): Promise<void>
} {
  const env = folder === undefined ? {} : { SEESAWFACE_BENCH_PEERS: resolve(folder) }
  const found: OpenSubject[] = []
  return {
    found,
    async add(name, program, args) {
      const child = await startChild(program, args, env)
      versions[name] = child.facts.version
      found.push(subjectOf(name, child, job))
    }
  }
}
