// From a photo, as a file or decoded already, to an embedding of its face: this package, OpenCV's
// YuNet and SFace in Python, human and face-api on WebAssembly.
import { resolve } from 'node:path'
import type { OpenSubject } from '../lib/bench/embedding.js'
import { compare, pauseFor, warmed } from '../lib/bench/interleave.js'
import type { Row } from '../lib/bench/statistics.js'
import { decodeImage, FaceRecognizer } from '../lib/index.js'
import { peersFor } from './child.js'
import { peerScript } from './install.js'

/** What the detector looks at by default, at most: the longer side in pixels. */
const maxSide = 640

export interface PhotoPeers {
  readonly node?: string | undefined
  readonly python?: string | undefined
  readonly wheels: string
}

/** From the file, or from its pixels. */
export type Begin = 'photo' | 'pixels'

async function peersOf(
  job: string,
  threads: number,
  { node, python, wheels }: PhotoPeers,
  versions: Record<string, unknown>
): Promise<OpenSubject[]> {
  const { found, add } = peersFor(job, node, versions)
  if (python !== undefined) {
    const script = [peerScript('opencv.py'), wheels, String(threads)]
    await add(`OpenCV, searched at ${maxSide}`, python, [...script, String(maxSide)])
    await add('OpenCV, searched at full size', python, [...script, '0'])
  }
  if (node !== undefined) {
    await add('human', process.execPath, [peerScript('human.mjs')])
    await add('face-api', process.execPath, [peerScript('face-api.mjs')])
  }
  return found
}

export async function comparePhotos(
  model: string,
  path: string,
  begin: Begin,
  threads: number,
  seconds: number,
  peers: PhotoPeers,
  versions: Record<string, unknown>
): Promise<Row[]> {
  const photo = resolve(path)
  const input = begin === 'photo' ? photo : await decodeImage(photo)
  const recognizer = await FaceRecognizer.open({ model, threads })
  const subjects: OpenSubject[] = [
    {
      name: `seesawface, searched at ${maxSide}`,
      time: () => warmed(() => recognizer.embed(input, { maxSide })),
      close: () => recognizer.close()
    }
  ]
  try {
    subjects.push(...(await peersOf(`${begin} ${photo}`, threads, peers, versions)))
    return await compare(subjects, { seconds, pause: pauseFor(threads) })
  } finally {
    for (const { close } of subjects) await close()
  }
}
