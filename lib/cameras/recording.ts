import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, rm } from 'node:fs/promises'
import { extname } from 'node:path'
import { CameraError, systemCode } from '../errors.js'
import type { RawFrame } from '../frames/frame.js'

/** A video file, written through ffmpeg beside its place and put there when it is whole. */
export class Recording {
  readonly #path: string
  readonly #partial: string
  readonly #program: string
  #child: ChildProcess | undefined
  #ended: Promise<string | undefined> | undefined
  #said = ''

  constructor(path: string, program = 'ffmpeg') {
    this.#path = path
    // ffmpeg tells the format by the ending.
    this.#partial = `${path}.partial${extname(path)}`
    this.#program = program
  }

  #start({ width, height }: RawFrame, fps: number): void {
    const args = ['-nostdin', '-hide_banner', '-loglevel', 'error', '-y', '-f', 'yuv4mpegpipe']
    this.#child = spawn(this.#program, [...args, '-i', '-', `file:${this.#partial}`], {
      stdio: ['pipe', 'ignore', 'pipe']
    })
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2000)
    })
    this.#child.stdin?.on('error', () => undefined) // its end tells more
    this.#ended = new Promise((resolve) => {
      this.#child?.on('error', (error) => resolve(systemCode(error) ?? String(error)))
      this.#child?.on('close', (code) => {
        const last = this.#said.trim().split('\n').at(-1)
        resolve(code === 0 ? undefined : last || `exit code ${code}`)
      })
    })
    const rate = `${Math.round(fps * 1000)}:1000`
    this.#child.stdin?.write(`YUV4MPEG2 W${width} H${height} F${rate} Ip A1:1 C420jpeg\n`)
  }

  /** Adds a frame, in i420 without gaps; all have the size of the first. */
  async add(frame: RawFrame, data: Uint8Array, fps: number): Promise<void> {
    if (this.#child === undefined) this.#start(frame, fps)
    const input = this.#child?.stdin
    if (!input?.writable) return
    input.write('FRAME\n')
    if (!input.write(data)) await Promise.race([once(input, 'drain'), this.#ended])
  }

  /** Ends the file. Rejects with CameraError where it could not be written. */
  async close(): Promise<void> {
    this.#child?.stdin?.end()
    const problem = await this.#ended
    if (problem === undefined && this.#child !== undefined) await rename(this.#partial, this.#path)
    if (problem !== undefined) {
      await rm(this.#partial, { force: true })
      throw new CameraError(`Cannot write "${this.#path}": ${problem}`)
    }
  }
}
