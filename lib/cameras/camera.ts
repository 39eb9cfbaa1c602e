import { type ChildProcess, spawn } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { CameraError, systemCode } from '../errors.js'
import { redact, type VideoSource } from './source.js'
import { type VideoFrame, y4mFrames } from './y4m.js'

export interface CameraOptions {
  readonly maxPixels: number
  readonly signal?: AbortSignal
  /** Milliseconds without a frame after which a source is given up and started again. */
  readonly stallAfter?: number
  /** Milliseconds before the first restart; doubled with each that brings no frame. */
  readonly restartAfter?: number
  /** Restarts in a row without a frame after which the source is given up. */
  readonly maxRestarts?: number
  /** Called before each restart. */
  readonly onRestart?: (restart: Restart) => void
}

export interface Restart {
  readonly reason: string
  /** Restarts in a row without a frame, this one included. */
  readonly attempt: number
  /** Milliseconds until then. */
  readonly delay: number
}

/** A frame, and when it was taken. */
export interface CameraFrame extends VideoFrame {
  /** Seconds since the source began; for a live one by the clock, for a file by its frame rate. */
  readonly time: number
}

const longestDelay = 30_000
/** What a program may say that is kept: the end of it. */
const maxSaid = 2000

/** A program that writes video, with what it says on stderr read as it says it. */
class Program {
  readonly #child: ChildProcess
  readonly #ended: Promise<string | undefined>
  #said = ''

  constructor([program, ...args]: readonly [string, ...string[]]) {
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-maxSaid)
    })
    this.#ended = new Promise((resolve) => {
      this.#child.on('error', (error) => resolve(notStarted(program, error)))
      this.#child.on('close', (code, signal) => {
        if (code === 0) resolve(undefined)
        else resolve(this.#lastLine() ?? `${program} ended with ${signal ?? `exit code ${code}`}`)
      })
    })
  }

  get output(): AsyncIterable<Uint8Array> {
    return this.#child.stdout as AsyncIterable<Uint8Array>
  }

  /** Why it ended; undefined where all was well. */
  get failure(): Promise<string | undefined> {
    return this.#ended
  }

  /** Ends it, and waits until it has. */
  async end(): Promise<void> {
    this.#child.kill('SIGTERM')
    const stubborn = setTimeout(() => this.#child.kill('SIGKILL'), 2000)
    await this.#ended
    clearTimeout(stubborn)
  }

  #lastLine(): string | undefined {
    return redact(this.#said).trim().split('\n').at(-1) || undefined
  }
}

function notStarted(program: string, error: unknown): string {
  if (systemCode(error) === 'ENOENT') {
    return `"${program}" was not found; install it, for example with \`sudo apt install ffmpeg\``
  }
  return `"${program}" cannot be run: ${systemCode(error) ?? String(error)}`
}

/** Ends an iteration that has not moved for a while. */
async function* watched<T>(
  items: AsyncGenerator<T, void, undefined>,
  limit: number,
  stalled: () => void
): AsyncGenerator<T, void, undefined> {
  try {
    for (;;) {
      const timer = setTimeout(stalled, limit)
      const { done, value } = await items.next().finally(() => clearTimeout(timer))
      if (done) return
      yield value
    }
  } finally {
    await items.return()
  }
}

/**
 * The frames of a video source. A live source that ends, fails or stalls is started again, after a
 * delay that grows; a file's failure is a CameraError. The program is ended with the iteration.
 */
export async function* cameraFrames(
  source: VideoSource,
  options: CameraOptions
): AsyncGenerator<CameraFrame, void, undefined> {
  const { signal, stallAfter = 10_000, restartAfter = 1000, maxRestarts = 10 } = options
  const started = performance.now()
  let index = 0
  for (let attempt = 0; ; ) {
    signal?.throwIfAborted()
    let reason: string | undefined
    for await (const item of oneRun(source, options, stallAfter)) {
      if (item.kind === 'end') reason = item.reason
      else {
        attempt = 0
        const { frame, fps } = item
        const time = source.live ? (performance.now() - started) / 1000 : index / (fps ?? 25)
        yield { frame, index: index++, fps, time }
      }
    }
    if (!source.live) {
      if (reason !== undefined) throw new CameraError(`Cannot read ${source.name}: ${reason}`)
      return
    }
    attempt++
    if (attempt > maxRestarts) {
      throw new CameraError(
        `Cannot read ${source.name}: ${reason ?? 'it ended'}; gave up after ${maxRestarts} restarts`
      )
    }
    const delay = Math.min(longestDelay, restartAfter * 2 ** (attempt - 1))
    options.onRestart?.({ reason: reason ?? 'the source ended', attempt, delay })
    await sleep(delay, undefined, signal && { signal }).catch(() => undefined)
  }
}

type Item =
  | ({ readonly kind: 'frame' } & VideoFrame)
  | { readonly kind: 'end'; readonly reason: string | undefined }

/** The source from its start to its end, and why it ended. */
async function* oneRun(
  source: VideoSource,
  { maxPixels, signal }: CameraOptions,
  stallAfter: number
): AsyncGenerator<Item, void, undefined> {
  const program = source.command && new Program(source.command)
  const end = (): void => {
    if (program) void program.end()
    else process.stdin.destroy()
  }
  signal?.addEventListener('abort', end, { once: true })
  let stalled = false
  try {
    const frames = y4mFrames(program?.output ?? process.stdin, maxPixels)
    // A file may take its time, and so may whoever writes to standard input.
    const limit = source.live ? stallAfter : 2 ** 31 - 1
    const watching = watched(frames, limit, () => {
      stalled = true
      end()
    })
    for await (const frame of watching) yield { kind: 'frame', ...frame }
    signal?.throwIfAborted()
    const failure = await program?.failure
    yield { kind: 'end', reason: stalled ? `no frame for ${stallAfter / 1000} s` : failure }
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof CameraError)) throw error
    yield { kind: 'end', reason: error.message }
  } finally {
    signal?.removeEventListener('abort', end)
    await program?.end()
  }
}
