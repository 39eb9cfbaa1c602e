// Decoding cannot be stopped: it counts until it is over, whatever becomes of its call.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { deflateSync } from 'node:zlib'
import test from 'ava'
import { ClosedError, FaceDetector, FaceEmbedder, FaceRecognizer } from '../../lib/index.js'
import { photo } from '../support/fixtures.js'
import { chunk } from '../support/pictures.js'
import { runModule } from '../support/program.js'

/** A PNG of a few kilobytes whose pixels take 48 MB, and twice that while they are decoded. */
function blankPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 6], 8) // RGBA
  const rows = deflateSync(Buffer.alloc(height * (4 * width + 1)), { level: 9 })
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10])
  const chunks = [chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([signature, ...chunks])
}

const quick = { rotations: false, searchPixels: 0 } as const
const large = blankPng(4000, 3000)

async function idle(faces: { readonly pending: number }): Promise<void> {
  while (faces.pending > 0) await sleep(5)
}

test.serial('a call counts from its beginning, when its photo is still being read', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1 })
  const work = faces.embed(photo('obama.jpg'))
  t.is(faces.pending, 1)
  await work
  t.is(faces.pending, 0)
})

test.serial('an aborted call counts until its photo has been decoded', async (t) => {
  await using faces = await FaceDetector.open({ threads: 1, queueLimit: 1 })
  const controller = new AbortController()
  const aborted = faces.detect(large, { ...quick, signal: controller.signal })
  await sleep(20)
  controller.abort()
  t.is(await aborted.catch((reason) => reason), controller.signal.reason)
  t.is(faces.pending, 1, 'the decoder is at work')
  // One may run and one may wait: there is room for one more, and for no other.
  const next = faces.detect(photo('biden.jpg'), quick)
  await t.throwsAsync(faces.detect(photo('biden.jpg'), quick), { code: 'QUEUE_FULL' })
  t.is((await next).length, 1)
  await idle(faces)
  await t.notThrowsAsync(faces.detect(photo('biden.jpg'), quick))
})

test.serial('close() rejects at once what is being decoded, and waits for it', async (t) => {
  const faces = await FaceRecognizer.open({ threads: 1 })
  const order: string[] = []
  const work = Array.from({ length: 8 }, () =>
    faces.embed(large).catch((error: unknown) => {
      order.push('rejected')
      return error
    })
  )
  await sleep(20)
  const closing = faces.close().then(() => order.push('closed'))
  for (const error of await Promise.all(work)) {
    t.true(error instanceof ClosedError)
    t.is((error as Error).message, 'This FaceRecognizer is closed')
  }
  t.true(faces.pending > 0, 'the decoder is at work')
  await closing
  t.deepEqual(order, [...Array(8).fill('rejected'), 'closed'])
  t.is(faces.pending, 0)
})

for (const [name, open] of [
  ['FaceRecognizer', FaceRecognizer.open],
  ['FaceDetector', FaceDetector.open],
  ['FaceEmbedder', FaceEmbedder.open]
] as const) {
  test.serial(`use after close: the message names ${name}`, async (t) => {
    const closed = await open({ threads: 1 })
    await closed.close()
    const call = 'detect' in closed ? closed.detect(large) : closed.embed(new Uint8Array(37632))
    await t.throwsAsync(call, { code: 'CLOSED', message: `This ${name} is closed` })
  })
}

const picture = { width: 1280, height: 960, format: 'rgb' } as const
const shared = () => new Uint8Array(new SharedArrayBuffer(1280 * 960 * 3)).fill(90)

test.serial('verify rejects when neither photo is read any more', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1 })
  const controller = new AbortController()
  const { signal } = controller
  const [a, b] = [shared(), shared()].map((data) => ({ data, ...picture }))
  const options = { search: 'thorough', signal } as const
  const aborted = faces.verify(a as never, b as never, options)
  setTimeout(() => controller.abort(), 30)
  t.is(await aborted.catch((reason) => reason), signal.reason)
  t.is(faces.pending, 0, 'after an abort')
  const blank = { data: new Uint8Array(192), width: 8, height: 8, format: 'rgb' } as const
  const failed = faces.verify(blank, a as never, { search: 'thorough' })
  await t.throwsAsync(failed, { code: 'NO_FACE', message: /in photo a/ })
  t.is(faces.pending, 0, 'after one of them has failed')
})

test.serial('batches and a stream wait for their turn: none finds the queue full', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1, queueLimit: 4 })
  const photos = Array(12).fill(photo('obama.jpg'))
  const outcomes: string[] = []
  const batch = async (): Promise<void> => {
    for await (const { error } of faces.embedAll(photos)) outcomes.push(error?.code ?? 'ok')
  }
  const stream = async (): Promise<void> => {
    for await (const { faces: found } of faces.stream(photos)) {
      outcomes.push(found.length === 1 ? 'ok' : 'none')
    }
  }
  await Promise.all([batch(), batch(), stream()])
  t.deepEqual(outcomes, Array(36).fill('ok'))
})

for (const maxPendingBytes of [0, 1.5, '1', Number.POSITIVE_INFINITY]) {
  test(`maxPendingBytes ${JSON.stringify(maxPendingBytes)} is refused`, async (t) => {
    await t.throwsAsync(FaceEmbedder.open({ maxPendingBytes: maxPendingBytes as number }), {
      code: 'INVALID_ARGUMENT',
      message: /^maxPendingBytes must be/
    })
  })
}

test.serial('a photo larger than maxPendingBytes is decoded, alone', async (t) => {
  await using faces = await FaceRecognizer.open({ threads: 1, maxPendingBytes: 1 })
  const found = await Promise.all(Array.from({ length: 4 }, () => faces.embed(photo('obama.jpg'))))
  t.is(found.length, 4)
})

const linuxTest = process.platform === 'linux' ? test.serial : test.serial.skip
linuxTest('32 uploads at once of a small PNG with many pixels take bounded memory', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-decoding-'))
  const path = join(folder, 'large.png')
  await writeFile(path, large)
  const { stdout, ...ended } = await runModule(`
    import { readFileSync } from 'node:fs'
    import { FaceDetector } from 'seesawface'
    const png = readFileSync(${JSON.stringify(path)})
    const detector = await FaceDetector.open({ threads: 1 })
    await Promise.all(Array.from({ length: 32 }, () => detector.detect(png, ${JSON.stringify(quick)})))
    await detector.close()
    console.log(process.resourceUsage().maxRSS / 1024)`)
  await rm(folder, { recursive: true })
  t.deepEqual(ended, { code: 0, signal: null, stderr: '' })
  t.log(`peak ${Math.round(Number(stdout))} MiB`)
  // All at once they would take 1700 MB.
  t.true(Number(stdout) * 1.048576 <= 300, `${stdout} MiB`)
})
