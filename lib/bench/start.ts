import { readFile } from 'node:fs/promises'
import { FaceRecognizer, type FaceRecognizerOptions } from '../index.js'
import { sampleFrameSize } from './sample-photo.js'

/** What it takes to begin, in a process of its own. */
export interface StartFigures {
  /** Milliseconds of FaceRecognizer.open(), the addon's loading included. */
  readonly load: number
  /** Milliseconds of the first embed(), of a frame at hand. */
  readonly first: number
  /** Resident memory of the process after it, in bytes. */
  readonly rss: number
}

/** To be called in a process that has done nothing else; the file has the pixels of a sampleFrame(). */
export async function startHere(
  options: FaceRecognizerOptions,
  frameFile: string
): Promise<StartFigures> {
  const data = await readFile(frameFile)
  const start = performance.now()
  const recognizer = await FaceRecognizer.open(options)
  const opened = performance.now()
  try {
    await recognizer.embed({ data, ...sampleFrameSize, format: 'rgba' })
    const embedded = performance.now()
    return { load: opened - start, first: embedded - opened, rss: process.memoryUsage.rss() }
  } finally {
    await recognizer.close()
  }
}
