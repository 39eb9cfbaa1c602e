import { execFile } from 'node:child_process'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import test from 'ava'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../..', import.meta.url))

function example(name: string, ...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [`examples/${name}`, ...args], { cwd: root, timeout: 120_000 })
}

/** Index and left edge of the face in each line; every line must show one face. */
function places(t: import('ava').ExecutionContext, stdout: string): [number, number][] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => {
      const match = /^frame (\d+): (?:\d+×\d+ at )?(-?\d+),-?\d+/.exec(line)
      t.truthy(match, line)
      return [Number(match?.[1]), Number(match?.[2])]
    })
}

function isMovingRight(places: [number, number][]): boolean {
  return places.every(([, x], i) => i === 0 || x > (places[i - 1] as [number, number])[1])
}

const generated = ['--', process.execPath, 'examples/generated-camera.mjs']
const size = ['--size', '320x240']

for (const format of ['nv12', 'i420']) {
  test.serial(`the camera example follows a face through ${format} frames`, async (t) => {
    const camera = [...generated, ...size, '--format', format, '--frames', '6', '--fps', '100']
    const args = [...size, '--format', format, '--drop', 'none', ...camera]
    const { stdout, stderr } = await example('camera.mjs', ...args)
    t.is(stderr, '')
    const found = places(t, stdout)
    t.deepEqual(
      found.map(([index]) => index),
      [0, 1, 2, 3, 4, 5]
    )
    t.true(isMovingRight(found), stdout)
  })
}

test.serial('the camera example drops frames rather than falling behind', async (t) => {
  const camera = [...generated, ...size, '--frames', '40', '--fps', '1000']
  const { stdout } = await example('camera.mjs', ...size, ...camera)
  const found = places(t, stdout)
  const dropped = Number(/(\d+) dropped\]\s*$/.exec(stdout)?.[1])
  t.is(found.length + dropped, 40)
  t.is(found.at(-1)?.[0], 39)
})

const failures: [string, string[], RegExp][] = [
  ['cannot be started', ['--', 'no-such-camera'], /ENOENT/],
  ['fails', ['--', process.execPath, '-e', 'process.exit(3)'], /exit code 3/],
  [
    'stops within a frame',
    ['--', process.execPath, '-e', 'process.stdout.write(Buffer.alloc(1000))'],
    /bytes before a frame's end/
  ]
]
for (const [name, args, message] of failures) {
  test.serial(`a camera that ${name} is an error`, async (t) => {
    const error = await t.throwsAsync(example('camera.mjs', ...args))
    t.regex((error as Error & { stderr: string }).stderr, message)
  })
}

test.serial('the worker example finds the face in every frame', async (t) => {
  const { stdout, stderr } = await example('worker-thread.mjs')
  t.is(stderr, '')
  const found = places(t, stdout)
  t.is(found.length, 9)
  t.true(isMovingRight(found), stdout)
})

test('frames are cut out of a byte stream wherever its chunks end', async (t) => {
  const path = '../../examples/frames-of.mjs'
  const { framesOf } = (await import(path)) as {
    framesOf(stream: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array>
  }
  const all = Uint8Array.from({ length: 60 }, (_, i) => i)
  for (const size of [1, 7, 10, 11, 25, 60]) {
    const chunks: Uint8Array[] = []
    for (let at = 0; at < all.length; at += size) chunks.push(all.subarray(at, at + size))
    const frames: Uint8Array[] = []
    for await (const frame of framesOf(Readable.from(chunks), 10)) frames.push(frame)
    t.is(frames.length, 6)
    t.deepEqual(Buffer.concat(frames), Buffer.from(all))
  }
})
