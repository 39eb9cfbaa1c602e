import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import * as v from 'valibot'
import { fromNative } from '../addon/errors.js'
import { ConversionFailedError, type SeesawFaceError } from '../errors.js'
import { trainingDir } from './python.js'

/** What `python -m seesaw.convert --json` tells when it is done. */
const reportSchema = v.object({
  name: v.string(),
  /** In which layout the checkpoint was: the authors', ours, ONNX. */
  layout: v.string(),
  /** Parameters of the checkpoint that the network never reads. */
  unusedParameters: v.number(),
  /** Worst cosines between NCNN and the reference implementation, by what was compared. */
  parity: v.record(v.string(), v.number()),
  /** A crop (112×112 RGB bytes) with the embedding that the reference computes for it. */
  probe: v.object({
    rgb: v.pipe(v.string(), v.base64()),
    embedding: v.array(v.number())
  })
})
const failureSchema = v.object({
  error: v.object({
    code: v.string(),
    message: v.string(),
    argument: v.optional(v.string())
  })
})

export type ConversionReport = v.InferOutput<typeof reportSchema>

interface Outcome {
  /** The exit code, or the signal that ended it. */
  readonly status: number | NodeJS.Signals
  readonly stdout: string
  readonly stderr: string
}

function runPython(
  python: string,
  args: readonly string[],
  onLine: (line: string) => void,
  signal: AbortSignal
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(python, ['-m', 'seesaw.convert', ...args, '--json'], {
      // `-m` looks in the current folder first: it must be ours, not one with files of any kind.
      cwd: trainingDir,
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
      signal
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    createInterface(child.stderr).on('line', (line) => {
      stderr += `${line}\n`
      onLine(line)
    })
    child.on('error', reject)
    child.on('close', (code, killer) => resolve({ status: code ?? killer ?? 1, stdout, stderr }))
  })
}

function failure({ status, stderr }: Outcome, cause?: unknown): SeesawFaceError {
  const last = stderr.trimEnd().split('\n').slice(-3).join('\n')
  return new ConversionFailedError(
    `The converter exited with status ${status}${last ? `:\n${last}` : ''}`,
    { cause }
  )
}

/** Runs the Python converter; what it complains of becomes one of our errors. */
export async function runConverter(
  python: string,
  args: readonly string[],
  onLine: (line: string) => void,
  signal: AbortSignal
): Promise<ConversionReport> {
  const outcome = await runPython(python, args, onLine, signal)
  let answer: unknown
  try {
    answer = JSON.parse(outcome.stdout)
  } catch (error) {
    throw failure(outcome, error)
  }
  const complaint = v.safeParse(failureSchema, answer)
  if (complaint.success) {
    const { message, ...fields } = complaint.output.error
    throw fromNative(Object.assign(new Error(message), fields))
  }
  const report = v.safeParse(reportSchema, answer)
  if (!report.success || outcome.status !== 0) throw failure(outcome)
  return report.output
}
