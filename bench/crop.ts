// One embedding of a crop: this package from JavaScript, the same engine in bare C++, other
// networks in plain NCNN, onnxruntime-node with the same network, and the networks of others.
import { execFileSync } from 'node:child_process'
import { resolve } from 'node:path'
import { embedderSubject, type OpenSubject } from '../lib/bench/embedding.js'
import { compare, pauseFor } from '../lib/bench/interleave.js'
import type { Row } from '../lib/bench/statistics.js'
import { peersFor } from './child.js'
import { peerScript } from './install.js'

export interface CropPeers {
  /** The program of bench/native. */
  readonly bare?: string | undefined
  /** Networks for it to run besides, each NAME=PARAM,BIN[,ncnn|fused]. */
  readonly networks: readonly string[]
  readonly onnx?: string | undefined
  /** Folder of the peers of Node.js, and the Python that has OpenCV. */
  readonly node?: string | undefined
  readonly python?: string | undefined
  readonly wheels: string
}

async function peersOf(
  model: string,
  threads: number,
  { bare, networks, onnx, node, python, wheels }: CropPeers,
  versions: Record<string, unknown>
): Promise<OpenSubject[]> {
  const { found, add } = peersFor('crop', node, versions)
  const count = String(threads)
  if (bare !== undefined) {
    const files = ['param', 'bin'].map((kind) => resolve('models', `${model}.${kind}`))
    const own = `${model}=${files.join(',')},fused`
    await add('bare C++, fused', bare, ['--threads', count, '--serve', own])
    for (const network of networks) {
      const name = `bare NCNN, ${network.split('=')[0]}`
      await add(name, bare, ['--threads', count, '--serve', network])
    }
  }
  if (node !== undefined) {
    if (onnx !== undefined) {
      const args = [peerScript('onnxruntime.mjs'), resolve(onnx), count]
      await add('onnxruntime-node', process.execPath, args)
    }
    // Their WebAssembly runs on one thread.
    await add('human, faceres', process.execPath, [peerScript('human.mjs')])
    await add('face-api, 128 numbers', process.execPath, [peerScript('face-api.mjs')])
  }
  if (python !== undefined) {
    await add('OpenCV, SFace', python, [peerScript('opencv.py'), wheels, count, '640'])
  }
  return found
}

export async function compareCrops(
  model: string,
  threads: number,
  seconds: number,
  peers: CropPeers,
  versions: Record<string, unknown>
): Promise<Row[]> {
  const subjects: OpenSubject[] = []
  try {
    subjects.push(await embedderSubject({ model, threads }))
    subjects.push(await embedderSubject({ model, threads, implementation: 'ncnn' }))
    subjects.push(...(await peersOf(model, threads, peers, versions)))
    return await compare(subjects, { seconds, pause: pauseFor(threads) })
  } finally {
    for (const { close } of subjects) await close()
  }
}

export interface Floors {
  /** Milliseconds of a pass that copies as many bytes as the weights have in fp32. */
  readonly copy: number
  /** Thousand million multiply-adds of fp32 a second that one core reaches at best. */
  readonly peakGmacs: number
}

/** What no engine can be quicker than, by bench/native. */
export function floors(bare: string, model: string): Floors {
  const files = ['param', 'bin'].map((kind) => resolve('models', `${model}.${kind}`))
  const args = ['--seconds', '0.5', `${model}=${files.join(',')},fused`]
  const { peakGmacs, results } = JSON.parse(execFileSync(bare, args, { encoding: 'utf8' }))
  return { copy: results.find(({ name }: { name: string }) => name === 'floor').min, peakGmacs }
}
