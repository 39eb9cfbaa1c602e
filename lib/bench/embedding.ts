import { cropSize } from '../faces/crop.js'
import { FaceEmbedder, type FaceEmbedderOptions } from '../index.js'
import { compare, pauseFor, type Subject, warmed } from './interleave.js'
import type { Row } from './statistics.js'

/** A crop of waves: nothing of what is computed depends on what a crop shows. */
export const crop = Uint8Array.from(
  { length: cropSize * cropSize * 3 },
  (_, i) => 127 + 100 * Math.sin(i * 0.013)
)

export interface OpenSubject extends Subject {
  close(): Promise<void>
}

/** embed() of a crop, from JavaScript. */
export async function embedderSubject(options: FaceEmbedderOptions): Promise<OpenSubject> {
  const embedder = await FaceEmbedder.open(options)
  const { device, deviceReason, implementation } = embedder
  return {
    name: `embed(), ${device === 'cpu' ? implementation : deviceReason}`,
    time: () => warmed(() => embedder.embed(crop, { format: 'bgr' })),
    close: () => embedder.close()
  }
}

/** The network as it runs by default, by NCNN layer by layer, and with `gpu` there too, in turns. */
export async function compareImplementations(
  options: FaceEmbedderOptions & { readonly threads: number },
  seconds: number,
  gpu = false
): Promise<Row[]> {
  const subjects: OpenSubject[] = []
  try {
    for (const implementation of ['auto', 'ncnn'] as const) {
      subjects.push(await embedderSubject({ ...options, implementation }))
      // Where it runs by NCNN anyway there is nothing to compare.
      if (subjects[0]?.name === 'embed(), ncnn') break
    }
    if (gpu) subjects.push(await embedderSubject({ ...options, device: 'vulkan' }))
    return await compare(subjects, { seconds, pause: pauseFor(options.threads) })
  } finally {
    for (const { close } of subjects) await close()
  }
}

export const inFlight = [1, 8, 64] as const

export type Throughput = Readonly<Record<(typeof inFlight)[number], number>>

/** Embeddings a second with so many calls waiting or running at a time. */
export async function throughput(
  options: FaceEmbedderOptions,
  seconds: number
): Promise<Throughput> {
  const embedder = await FaceEmbedder.open({ ...options, queueLimit: Math.max(...inFlight) })
  try {
    const rates: [number, number][] = []
    for (const count of inFlight) {
      await embedder.embed(crop)
      const start = performance.now()
      const end = start + (seconds * 1000) / inFlight.length
      let done = 0
      const worker = async (): Promise<void> => {
        do {
          await embedder.embed(crop)
          done++
        } while (performance.now() < end)
      }
      await Promise.all(Array.from({ length: count }, worker))
      rates.push([count, (done * 1000) / (performance.now() - start)])
    }
    return Object.fromEntries(rates) as Record<keyof Throughput, number>
  } finally {
    await embedder.close()
  }
}
