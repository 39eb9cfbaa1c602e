// Frames a second that a camera's frames are worked through at: faces followed (`track`) and each frame
// alone (`stream` with `embed`), in turns, on one thread.
//
//   npx tsx bench/tracks.ts [--rounds N]
//
// The frames are generated: portraits that drift over a background of 1280×720, at 15 frames a second by
// their own clock.
import { parseArgs } from 'node:util'
import { median } from '../lib/bench/statistics.js'
import { FaceRecognizer, type RawFrame } from '../lib/index.js'
import { portrait, scene } from '../test/support/footage.js'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' } } })
const rounds = Number(values.rounds)
const [width, height, fps, count] = [1280, 720, 15, 60]

/** Portraits that go to and fro, each in its own quarter. */
async function footage(faces: number): Promise<RawFrame[]> {
  const names = ['obama.jpg', 'biden.jpg', 'obama2.jpg', 'obama3.jpg'].slice(0, faces)
  const pictures = await Promise.all(names.map((name) => portrait(name, 220)))
  return Array.from({ length: count }, (_, i) =>
    scene(
      width,
      height,
      pictures.map((picture, n) => ({
        picture,
        x: 40 + 310 * n + Math.round(30 * Math.sin(i / 8 + n)),
        y: 120 + 60 * (n % 2) + Math.round(20 * Math.cos(i / 9 + n))
      }))
    )
  )
}

async function main(): Promise<void> {
  await using recognizer = await FaceRecognizer.open({ threads: 1 })
  for (const faces of [1, 4]) {
    const frames = await footage(faces)
    const ways = {
      stream: async () => {
        for await (const _ of recognizer.stream(frames, { embed: true })) void _
      },
      track: async () => {
        const time = (_: unknown, index: number): number => index / fps
        for await (const _ of recognizer.track(frames, { time })) void _
      }
    }
    const rates: Record<keyof typeof ways, number[]> = { stream: [], track: [] }
    for (let round = -1; round < rounds; round++) {
      for (const way of ['stream', 'track'] as const) {
        const started = performance.now()
        await ways[way]()
        // The first round warms up.
        if (round >= 0) rates[way].push((1000 * count) / (performance.now() - started))
      }
    }
    const ratios = rates.track.map((rate, i) => rate / (rates.stream[i] as number))
    const told = (numbers: readonly number[], digits: number): string =>
      `${median(numbers).toFixed(digits)} (least ${Math.min(...numbers).toFixed(digits)})`
    console.log(
      `${faces} ${faces === 1 ? 'face' : 'faces'} in ${width}×${height}: ` +
        `stream ${told(rates.stream, 1)}, track ${told(rates.track, 1)} frames a second, ` +
        `ratio ${told(ratios, 2)}`
    )
  }
}

await main()
