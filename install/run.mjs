// Child processes: run to the end, keep the output, never through a shell.
import { spawn } from 'node:child_process'

/**
 * Runs a program and resolves with {code, stdout, stderr}; code is null when it could not be
 * started at all (`missing` then says whether the program does not exist).
 * @param {(line: string) => void} [onLine] called for each line of either stream
 */
export function run(program, args, { cwd, env, onLine } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr']) {
      let rest = ''
      child[name].setEncoding('utf8')
      child[name].on('data', (chunk) => {
        text[name] += chunk
        if (!onLine) return
        const lines = (rest + chunk).split(/[\r\n]+/)
        rest = lines.pop() ?? ''
        for (const line of lines) onLine(line)
      })
    }
    child.on('error', (error) =>
      resolve({ code: null, missing: error.code === 'ENOENT', ...text, stderr: error.message })
    )
    child.on('close', (code) => resolve({ code, missing: false, ...text }))
  })
}

/** The last lines of a program's output that are worth showing to a person. */
export function tail({ stdout, stderr }, lines = 12) {
  return `${stdout}\n${stderr}`.trim().split('\n').slice(-lines).join('\n')
}
