// A thousand calls at once on a recogniser: in order, fair, and in bounded memory.

import { readFile } from 'node:fs/promises'
import { Transformer } from '@napi-rs/image'
import test from 'ava'
import { FaceRecognizer, type QueueFullError } from '../../lib/index.js'
import { photo } from '../support/fixtures.js'
import { runModule } from '../support/program.js'

const quick = { maxSide: 64, searchPixels: 0 } as const
const calls = 1000

let portrait: Uint8Array
test.before(async () => {
  portrait = await new Transformer(await readFile(photo('obama.jpg'))).resize(96).jpeg(90)
})

test.serial('whenFull: wait: photos and frames of two clients take turns, in order', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1, queueLimit: 8, whenFull: 'wait' })
  const frame = { data: new Uint8Array(64 * 48), width: 64, height: 48, format: 'gray' } as const
  const finished: number[] = []
  let most = 0
  const work = Array.from({ length: calls }, async (_, i) => {
    // Two clients, one with photos, one with frames, each of whose calls follow the other's.
    await (i % 2 ? faces.detect(frame, quick) : faces.embed(portrait))
    finished.push(i)
    most = Math.max(most, faces.pending)
  })
  t.true(faces.pending >= calls - 8, `${faces.pending} pending`)
  await Promise.all(work)
  t.is(faces.pending, 0)
  t.is(finished.length, calls)
  // A photo is decoded in its turn, and others with it: a call may be overtaken by those that had
  // begun along with it, and by no others.
  const early = finished.map((call, place) => call - place)
  t.true(Math.max(...early) < 8, `a call came ${Math.max(...early)} places too early`)
  let [ahead, worst] = [0, 0]
  for (const call of finished) {
    ahead += call % 2 ? 1 : -1
    worst = Math.max(worst, Math.abs(ahead))
  }
  t.log(`one client is at most ${worst} calls ahead of the other, ${most} pending at most`)
  t.true(worst <= 8, `one client is ${worst} calls ahead`)
})

test.serial('frames alone: first come, first served', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1, queueLimit: 8, whenFull: 'wait' })
  const frame = { data: new Uint8Array(64 * 48), width: 64, height: 48, format: 'gray' } as const
  const finished: number[] = []
  await Promise.all(
    Array.from({ length: calls }, async (_, i) => {
      await faces.detect(frame, quick)
      finished.push(i)
    })
  )
  t.deepEqual(
    finished,
    finished.map((_, i) => i)
  )
})

test.serial(
  'whenFull: reject: calls beyond the queue are refused, before anything is read',
  async (t) => {
    await using faces = await FaceRecognizer.open({ threads: 1, queueLimit: 8 })
    const inputs = Array.from({ length: calls }, (_, i) => (i < 9 ? portrait : 'no such file.jpg'))
    const results = await Promise.allSettled(inputs.map((input) => faces.embed(input)))
    const codes = results.map((result) =>
      result.status === 'fulfilled' ? 'done' : (result.reason as QueueFullError).code
    )
    t.is(codes.lastIndexOf('done'), 8)
    t.is(codes.filter((code) => code === 'done').length, 9)
    t.is(codes.filter((code) => code === 'QUEUE_FULL').length, calls - 9)
    const refused = results.at(-1)
    const message = refused?.status === 'rejected' ? refused.reason.message : ''
    t.regex(message, /9 calls are pending, .*queueLimit \(8\).*whenFull: 'wait'/)
    await t.notThrowsAsync(faces.embed(portrait), 'there is room again')
  }
)

test.serial('a batch never finds the queue full, whatever its concurrency', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1, queueLimit: 3 })
  const inputs = new Array<Uint8Array>(30).fill(portrait)
  for await (const { error } of faces.embedAll(inputs, { concurrency: 30 })) t.is(error, undefined)
})

const linuxTest = process.platform === 'linux' ? test.serial : test.serial.skip
linuxTest('memory stays bounded', async (t) => {
  const { stdout, ...ended } = await runModule(`
    import { readFileSync } from 'node:fs'
    import { Transformer } from '@napi-rs/image'
    import { FaceRecognizer } from 'seesawface'
    const peak = () => Number(/VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status'))[1]) / 1024
    const [width, height] = [1024, 768]
    const data = new Uint8Array(width * height * 3)
    const photo = await Transformer.fromRgbaPixels(
      new Uint8Array(width * height * 4).fill(128), width, height).jpeg(80)
    const faces = await FaceRecognizer.open({ threads: 1, queueLimit: 4, whenFull: 'wait' })
    const grown = {}
    const inputs = { frames: { data, width, height, format: 'rgb' }, photos: photo }
    await Promise.all(Object.values(inputs).map((input) => faces.detect(input, ${JSON.stringify(quick)})))
    for (const [name, input] of Object.entries(inputs)) {
      const before = peak()
      await Promise.all(Array.from({ length: ${calls} },
        () => faces.detect(input, ${JSON.stringify(quick)})))
      grown[name] = Math.round(peak() - before)
    }
    await faces.close()
    console.log(JSON.stringify(grown))`)
  t.deepEqual(ended, { code: 0, signal: null, stderr: '' })
  const grown: Record<string, number> = JSON.parse(stdout)
  t.log(`grown by ${JSON.stringify(grown)} MB`)
  // All at once they would take 2250 MB of pixels.
  for (const [what, size] of Object.entries(grown)) t.true(size < 250, `${what}: ${size} MB`)
})
