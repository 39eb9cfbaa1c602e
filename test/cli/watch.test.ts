import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { Gallery } from '../../lib/gallery/index.js'
import { FaceRecognizer } from '../../lib/index.js'
import { seesawface } from '../support/cli.js'
import { photo } from '../support/fixtures.js'
import { portrait, scene } from '../support/footage.js'

const ffmpeg = spawnSync('ffmpeg', ['-version']).status === 0
const real = ffmpeg ? test : test.skip

let folder: string
let film: string
let gallery: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'seesawface-watch-'))
  film = join(folder, 'door.mkv')
  gallery = join(folder, 'people.gallery')
  if (!ffmpeg) return
  const [obama, biden] = await Promise.all([portrait('obama.jpg', 150), portrait('biden.jpg', 150)])
  const frames = Array.from({ length: 30 }, (_, i) =>
    scene(640, 360, [
      { picture: obama, x: 20 + 4 * i, y: 60 },
      ...(i < 20 ? [{ picture: biden, x: 420, y: 60 + i }] : [])
    ])
  )
  const raw = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-video_size', '640x360', '-framerate', '10']
  const made = spawnSync(
    'ffmpeg',
    ['-loglevel', 'error', ...raw, '-i', '-', '-c:v', 'ffv1', film],
    {
      input: Buffer.concat(frames.map(({ data }) => data as Uint8Array))
    }
  )
  if (made.status !== 0) throw new Error(String(made.stderr))
  await using recognizer = await FaceRecognizer.open()
  const key = { file: `${gallery}.key`, create: true }
  await using people = await Gallery.open(gallery, { recognizer, key })
  await people.enroll('Barack', [photo('obama2.jpg')])
})
test.after.always(() => rm(folder, { recursive: true, force: true }))

real('a film: who comes, who it is, who leaves', async (t) => {
  const { stdout, stderr, exitCode } = await seesawface(['watch', film, '--gallery', gallery])
  t.is(exitCode, 0, stderr)
  const lines = stdout.trim().split('\n')
  t.is(lines.filter((line) => /face \d appeared$/.test(line)).length, 2)
  t.regex(stdout, /face \d is Barack {2}\(similarity 0\.\d{3}, threshold 0\.\d{3}\)/)
  t.regex(stdout, /face \d is a stranger/)
  t.regex(stdout, /face \d left \(a stranger, seen for 1\.\d s\)/)
})

real('--json and --draw: an object a line, and a video with as many frames', async (t) => {
  const path = join(folder, 'seen.mp4')
  const args = ['watch', film, '--gallery', gallery, '--json', '--updates', '--draw', path]
  const { stdout, stderr, exitCode } = await seesawface(args)
  t.is(exitCode, 0, stderr)
  const events = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.true(events.filter(({ type }) => type === 'updated').length >= 40)
  const known = events.find(({ type }) => type === 'identified')
  t.is(known.face.person.name, 'Barack')
  t.false('embedding' in known.face)
  t.true((await stat(path)).size > 1000)
  const probe = ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames']
  const counted = spawnSync('ffprobe', [...probe, '-of', 'csv=p=0', path])
  t.is(String(counted.stdout).trim(), '30')
  t.deepEqual(
    (await readdir(folder)).filter((name) => name.includes('partial')),
    []
  )
  const again = await seesawface(['watch', film, '--draw', path])
  t.is(again.exitCode, 2)
  t.regex(again.stderr, /seen\.mp4" already exists; use --force/)
})

test('YUV4MPEG2 on standard input needs no ffmpeg', async (t) => {
  const frame = Buffer.concat([Buffer.from('FRAME\n'), Buffer.alloc(96, 128)])
  const input = Buffer.concat([Buffer.from('YUV4MPEG2 W8 H8 F5:1 C420\n'), frame, frame])
  const { stdout, exitCode } = await seesawface(['watch', '-'], {}, 60_000, input)
  t.deepEqual([exitCode, stdout], [0, ''])
  const garbage = await seesawface(['watch', '-', '--json'], {}, 60_000, Buffer.from('hello\n'))
  t.is(garbage.exitCode, 2)
  t.regex(garbage.stderr, /Cannot read standard input: .*it is not YUV4MPEG2/)
})

const wrong: [args: string[], problem: RegExp][] = [
  [[], /watch takes one source/],
  [['a.mp4', 'b.mp4'], /watch takes one source/],
  [['gopher://x'], /unknown scheme "gopher:"/],
  [['a.mp4', '--fps', '0'], /--fps must be a number above 0/],
  [['a.mp4', '--width', '3'], /--width must be a whole number/],
  [['a.mp4', '--draw', 'x.gif'], /must end in \.mp4, \.mkv, \.webm/],
  [['a.mp4', '--fpir', '7'], /fpir must be a number/],
  [['a.mp4', '--gallery', '/nowhere/people.gallery'], /people\.gallery/]
]
for (const [args, problem] of wrong) {
  test(`wrong: watch ${args.join(' ')}`, async (t) => {
    const { stderr, exitCode } = await seesawface(['watch', ...args])
    t.is(exitCode, 2)
    t.regex(stderr, problem)
  })
}

real('a file that is no video: exit code 2, and what ffmpeg says', async (t) => {
  const path = join(folder, 'note.txt')
  await writeFile(path, 'no video')
  const { stderr, exitCode } = await seesawface(['watch', path])
  t.is(exitCode, 2)
  t.regex(stderr, /Cannot read .*note\.txt: .*Invalid data/)
})
