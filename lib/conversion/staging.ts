import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs'
import { access, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { InvalidArgumentError } from '../errors.js'
import { writeError } from '../files/whole-file.js'

/** In the order in which they are put in place: a model without its manifest is none. */
const suffixes = ['param', 'bin', 'json']

/** Which end the program, and with which exit code. */
const signals = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

/**
 * A folder beside the models where a new one is made: it appears in its place whole or not at all,
 * even when the program is told to stop.
 */
export class Staging {
  readonly #abort = new AbortController()
  readonly #stop = (name: NodeJS.Signals): void => {
    this.#abort.abort()
    rmSync(this.path, { recursive: true, force: true })
    process.exit(signals[name as keyof typeof signals])
  }

  private constructor(
    readonly path: string,
    readonly target: string,
    readonly name: string
  ) {
    for (const signal of Object.keys(signals)) process.once(signal, this.#stop)
  }

  /** `target` is made if need be. A model of that name there is replaced only if `replace`. */
  static async make(target: string, name: string, replace: boolean): Promise<Staging> {
    const folder = resolve(target)
    if (!replace) {
      for (const suffix of suffixes) {
        const path = join(folder, `${name}.${suffix}`)
        if (await exists(path)) {
          throw new InvalidArgumentError(
            'name',
            `"${path}" already exists; use --force to replace it`
          )
        }
      }
    }
    try {
      await mkdir(folder, { recursive: true })
      return new Staging(await mkdtemp(join(folder, '.convert-')), folder, name)
    } catch (error) {
      throw writeError(folder, error)
    }
  }

  /** Aborted when the program is told to stop. */
  get signal(): AbortSignal {
    return this.#abort.signal
  }

  /**
   * Puts the files in place, the manifest last, and tells where that is. In one go: no signal is
   * heard between them, so that a model that was there is replaced whole or not at all.
   */
  publish(): string {
    const manifest = join(this.target, `${this.name}.json`)
    try {
      // What takes another file's place is on the disk by then, as far as the system keeps its word.
      for (const suffix of suffixes) sync(join(this.path, `${this.name}.${suffix}`))
      // A manifest never stands beside files of another model.
      rmSync(manifest, { force: true })
      for (const suffix of suffixes) {
        const file = `${this.name}.${suffix}`
        renameSync(join(this.path, file), join(this.target, file))
      }
    } catch (error) {
      throw writeError(this.target, error)
    }
    return manifest
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const signal of Object.keys(signals)) process.off(signal, this.#stop)
    await rm(this.path, { recursive: true, force: true })
  }
}

function sync(path: string): void {
  const file = openSync(path, 'r+')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
