// What all peers in Node.js share: the protocol of bench/child.ts, their packages, and photos.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const folder = process.env.SEESAWFACE_BENCH_PEERS ?? '.'

/** Loads a package, or a file of one that its "exports" do not list, from the peers' folder. */
export function load(name, file) {
  const require = createRequire(join(folder, 'package.json'))
  return require(file ? join(folder, 'node_modules', name, file) : name)
}

export const packageFolder = (name) => join(folder, 'node_modules', name)

/**
 * Decodes a photo to RGB by seesawface's own `decodeImage`, all of it, as the peers take pixels: the
 * quickest decoder there is here, so no peer is slowed down by another one.
 */
export async function decode(path) {
  const { decodeImage } = createRequire(import.meta.url)('../../dist/index.cjs')
  const { data, width, height } = await decodeImage(path)
  return { data, width, height }
}

/** The pixels of the crop that all peers are given, RGB. */
export const crop = Uint8Array.from({ length: 112 * 112 * 3 }, (_, i) => {
  const bgr = i - (i % 3) + 2 - (i % 3)
  return 127 + 100 * Math.sin(bgr * 0.013)
})

/** Calls that take longer are not repeated to warm up: they fill the caches by themselves. */
const long = 200
/** All others are, at least once and for so many milliseconds, as lib/bench/interleave.ts does. */
const warmingUp = 5

/** The call for a line: from "photo PATH" on, or with the pixels at hand already, "pixels PATH". */
export async function photoJob(line, analyse) {
  const [kind, path] = [line.slice(0, 6).trim(), line.slice(6).trim()]
  if (kind === 'photo') return async () => analyse(await decode(path))
  const pixels = await decode(path)
  return () => analyse(pixels)
}

/** Tells what it is, then times one call for each line read. `jobs` makes the call for a line. */
export async function serve(facts, jobs) {
  const calls = new Map()
  console.log(JSON.stringify(facts))
  for await (const line of createInterface({ input: process.stdin })) {
    const known = calls.get(line) ?? { call: await jobs(line), last: 0 }
    calls.set(line, known)
    const begin = performance.now()
    if (known.last < long) {
      do await known.call()
      while (performance.now() - begin < warmingUp)
    }
    const start = performance.now()
    await known.call()
    known.last = performance.now() - start
    console.log(known.last)
  }
}
