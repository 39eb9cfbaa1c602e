import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { type CameraFrame, cameraFrames, type Restart } from '../../lib/cameras/camera.js'
import { redact, type VideoSource, videoSource } from '../../lib/cameras/source.js'
import { shapeOf, y4mFrames } from '../../lib/cameras/y4m.js'
import { CameraError, InvalidArgumentError } from '../../lib/index.js'

const fake = fileURLToPath(new URL('../support/fake-camera.mjs', import.meta.url))

function camera(plan: object, live = false): VideoSource {
  return { name: 'fake', live, command: [process.execPath, fake, JSON.stringify(plan)] }
}

async function read(
  source: VideoSource,
  options: Partial<Parameters<typeof cameraFrames>[1]> = {},
  most = Number.POSITIVE_INFINITY
): Promise<CameraFrame[]> {
  const frames: CameraFrame[] = []
  for await (const frame of cameraFrames(source, { maxPixels: 1e7, ...options })) {
    frames.push(frame)
    if (frames.length >= most) break
  }
  return frames
}

test('a file: all frames, with the times of its frame rate', async (t) => {
  const frames = await read(camera({ frames: 4, width: 33, height: 25 }))
  t.deepEqual(
    frames.map(({ index, time }) => [index, Math.round(time * 1000)]),
    [0, 1, 2, 3].map((i) => [i, i * 100])
  )
  const [first] = frames
  t.like(first?.frame, { width: 33, height: 25, format: 'i420', range: 'limited' })
  t.is(first?.frame.data.byteLength, 33 * 25 + 2 * 17 * 13)
  t.is(new Set(frames.map(({ frame }) => frame.data)).size, 4)
})

test('a file that ends in the middle of a frame ends with the one before', async (t) => {
  t.is((await read(camera({ frames: 2, after: 'half' }))).length, 2)
})

const failing: [what: string, plan: object, problem: RegExp][] = [
  ['fails', { after: 'fail' }, /^Cannot read fake: .*ended with exit code 3$/],
  [
    'fails and says why, with a password in it',
    { after: 'fail', say: 'rtsp://me:secret@10.0.0.9/live: no such thing\n' },
    /^Cannot read fake: rtsp:\/\/10\.0\.0\.9\/live: no such thing$/
  ],
  ['is garbage', { after: 'garbage' }, /a frame does not begin with FRAME/],
  ['is no video', { header: '<html>\n', frames: 0 }, /it is not YUV4MPEG2/],
  ['has no end of line', { header: 'x'.repeat(5000), frames: 0 }, /it is not YUV4MPEG2/],
  ['is empty of size', { header: 'YUV4MPEG2 W0 H24 F10:1\n', frames: 0 }, /its width is "0"/],
  ['has other colours', { header: 'YUV4MPEG2 W4 H4 F1:1 C444\n', frames: 0 }, /colours are "444"/],
  ['is too large', { width: 5000, height: 4000, frames: 0 }, /20000000 pixels, more than 10000000/]
]
for (const [what, plan, problem] of failing) {
  test(`a file that ${what}: CameraError`, async (t) => {
    const error = await t.throwsAsync(read(camera(plan)), { instanceOf: CameraError })
    t.is(error?.code, 'CAMERA')
    t.regex(error?.message ?? '', problem)
    t.notRegex(error?.message ?? '', /secret/)
  })
}

test('without ffmpeg the error says what to install', async (t) => {
  const source = videoSource('film.mp4', { ffmpeg: '/nowhere/ffmpeg' })
  const error = await t.throwsAsync(read(source), { instanceOf: CameraError })
  t.regex(error?.message ?? '', /"\/nowhere\/ffmpeg" was not found; install it/)
})

// A program may take long to start on a busy machine.
const stallAfter = 10_000
const restarting: [what: string, plan: object, reason: RegExp][] = [
  ['ends', {}, /^the source ended$/],
  ['fails', { after: 'fail', say: 'gone\n' }, /^gone$/],
  ['sends garbage', { after: 'garbage' }, /a frame does not begin with FRAME/],
  ['stalls', { after: 'hang' }, /^no frame for 10 s$/]
]
for (const [what, plan, reason] of restarting) {
  test(`a live source that ${what} is started again`, async (t) => {
    const restarts: Restart[] = []
    const options = {
      restartAfter: 10,
      stallAfter,
      onRestart: (restart: Restart) => restarts.push(restart)
    }
    const frames = await read(camera(plan, true), options, 4)
    t.deepEqual(
      frames.map(({ index }) => index),
      [0, 1, 2, 3]
    )
    t.is(restarts.length, 1)
    t.like(restarts[0], { attempt: 1, delay: 10 })
    t.regex(restarts[0]?.reason ?? '', reason)
  })
}

test('a live source that never sends a frame is given up, after longer and longer delays', async (t) => {
  const delays: number[] = []
  const source = camera({ frames: 0, after: 'fail', say: 'no route to host\n' }, true)
  const error = await t.throwsAsync(
    read(source, { restartAfter: 5, maxRestarts: 3, onRestart: ({ delay }) => delays.push(delay) }),
    { instanceOf: CameraError }
  )
  t.is(error?.message, 'Cannot read fake: no route to host; gave up after 3 restarts')
  t.deepEqual(delays, [5, 10, 20])
})

test('a signal ends a source that hangs, and its program with it', async (t) => {
  const controller = new AbortController()
  setTimeout(() => controller.abort(new Error('enough')), 600)
  await t.throwsAsync(
    read(camera({ after: 'hang', frames: 1 }, true), { signal: controller.signal }),
    { message: 'enough' }
  )
  const running = spawnSync('pgrep', ['-f', `fake-camera.*${process.pid}`])
  t.not(running.status, 0)
})

test('whoever leaves early ends the program', async (t) => {
  const mark = `mark${process.pid}`
  t.is((await read(camera({ after: 'hang', mark }), {}, 2)).length, 2)
  t.is(String(spawnSync('pgrep', ['-f', mark]).stdout), '')
})

const sources: [source: string, live: boolean, args: RegExp][] = [
  ['film.mp4', false, / -i file:film\.mp4 /],
  ['-odd:name.mkv', false, / -i file:-odd:name\.mkv /],
  ['/dev/video0', true, / -f v4l2 -i \/dev\/video0 /],
  ['rtsp://door/live', true, / -rtsp_transport tcp -i rtsp:\/\/door\/live /],
  ['http://me:x@cam/mjpeg', true, / -i http:\/\/me:x@cam\/mjpeg /]
]
for (const [source, live, args] of sources) {
  test(`how "${source}" is read`, (t) => {
    const { command = [], ...rest } = videoSource(source, { fps: 5, maxWidth: 640 })
    t.is(rest.live, live)
    t.regex(command.join(' '), args)
    t.regex(command.join(' '), /-vf fps=5,scale='min\(640,iw\)':-2 -f yuv4mpegpipe/)
    t.notRegex(rest.name, /me:x/)
  })
}

test('a scheme that is not known is refused', (t) => {
  for (const source of ['', 'gopher://x', 'concat://a', 'FILE:///etc/passwd']) {
    const error = t.throws(() => videoSource(source), { instanceOf: InvalidArgumentError })
    t.is(error?.argument, 'source')
  }
})

test('credentials are not shown', (t) => {
  const cases: [string, string][] = [
    ['rtsp://me:pass@door/live', 'rtsp://door/live'],
    ['rtsp://me:p@ss@door/live?x=1', 'rtsp://door/live?x=1'],
    ['see http://a:b@c and rtsps://d@e/f', 'see http://c and rtsps://e/f'],
    ['film@home.mp4', 'film@home.mp4']
  ]
  for (const [from, to] of cases) t.is(redact(from), to)
})

test('headers: what ffmpeg and others write', (t) => {
  const cases: [string, object][] = [
    ['YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg XYSCSS=420JPEG', { fps: 30, bytes: 460800 }],
    ['YUV4MPEG2 W640 H480 F30000:1001 C420mpeg2', { fps: 30000 / 1001, bytes: 460800 }],
    ['YUV4MPEG2 H3 W5', { fps: undefined, bytes: 15 + 12 }],
    ['YUV4MPEG2 W5 H3 Cmono', { bytes: 15 }],
    ['YUV4MPEG2 W4 H4 F0:0 C420paldv', { fps: undefined, bytes: 24 }]
  ]
  for (const [line, shape] of cases) t.like(shapeOf(line), shape)
})

test('chunks may be cut anywhere', async (t) => {
  const stream = Buffer.concat([
    Buffer.from('YUV4MPEG2 W4 H2 F5:1 C420\nFRAME Ip\n'),
    Buffer.alloc(12, 1),
    Buffer.from('FRAME\n'),
    Buffer.alloc(12, 2)
  ])
  for (const size of [1, 2, 7, 30, 1000]) {
    async function* chunks(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < stream.length; at += size) yield stream.subarray(at, at + size)
    }
    const values: number[] = []
    for await (const { frame } of y4mFrames(chunks(), 1000)) {
      values.push(new Uint8Array(frame.data as Uint8Array)[11] as number)
    }
    t.deepEqual(values, [1, 2], `${size}`)
  }
})

const ffmpeg = spawnSync('ffmpeg', ['-version']).status === 0
const real = ffmpeg ? test : test.skip
real('ffmpeg reads a video file and says what is wrong with another', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'seesawface-camera-'))
  try {
    const path = join(folder, 'film.mkv')
    const made = 'testsrc=size=128x96:rate=5:duration=2'
    spawnSync('ffmpeg', ['-loglevel', 'error', '-f', 'lavfi', '-i', made, '-c:v', 'ffv1', path])
    const frames = await read(videoSource(path, { maxWidth: 64 }))
    t.is(frames.length, 10)
    t.like(frames[0]?.frame, { width: 64, height: 48 })
    t.is(frames[9]?.time, 1.8)
    await writeFile(join(folder, 'broken.mp4'), 'no video')
    const error = await t.throwsAsync(read(videoSource(join(folder, 'broken.mp4'))), {
      instanceOf: CameraError
    })
    t.regex(error?.message ?? '', /Cannot read .*broken\.mp4: .*Invalid data/)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
