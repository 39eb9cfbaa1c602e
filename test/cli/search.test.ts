import test from 'ava'
import { progressBar } from '../../lib/cli/progress.js'
import { combineEmbeddings, FaceEmbedding, FaceRecognizer } from '../../lib/index.js'
import { seesawface } from '../support/cli.js'
import { photo } from '../support/fixtures.js'

const [obama, obama2, biden] = ['obama.jpg', 'obama2.jpg', 'biden.jpg'].map(photo) as [
  string,
  string,
  string
]

/** What detect finds with the flags, and with the library's options that they stand for. */
const searches: [flags: string[], options: object, faces: number][] = [
  [[], {}, 1],
  [['--search', 'quick'], { search: 'quick' }, 1],
  [['--search', 'thorough'], { search: 'thorough' }, 1],
  [['--no-rotations'], { rotations: false }, 1],
  [['--min-face-size', '20'], { minFaceSize: 20 }, 1],
  [['--min-face-size', '5000'], { minFaceSize: 5000 }, 0]
]
for (const [flags, options, count] of searches) {
  test(`detect ${flags.join(' ')}`, async (t) => {
    await using recognizer = await FaceRecognizer.open()
    const expected = await recognizer.detect(biden, { ...options, quality: true })
    const { exitCode, stdout } = await seesawface(['detect', '--json', ...flags, biden])
    t.is(exitCode, 0)
    const { faces } = JSON.parse(stdout)
    t.deepEqual(faces, JSON.parse(JSON.stringify(expected)))
    t.is(faces.length, count)
  })
}

for (const args of [
  ['verify', obama, obama2],
  ['embed', obama],
  ['align', obama, '--out', 'never.png']
]) {
  test(`${args[0]} --min-face-size leaves small faces out`, async (t) => {
    const { exitCode, stderr } = await seesawface([...args, '--min-face-size', '5000'])
    t.is(exitCode, 2)
    t.regex(stderr, /No face was found/)
  })
}

test('embed --template: what combineEmbeddings makes of the photos', async (t) => {
  await using recognizer = await FaceRecognizer.open()
  const single = await Promise.all([obama, obama2].map((path) => recognizer.embed(path)))
  const json = await seesawface(['embed', '--template', '--json', obama, obama2])
  t.is(json.exitCode, 0)
  const printed = JSON.parse(json.stdout)
  t.deepEqual(FaceEmbedding.fromJSON(printed).vector, combineEmbeddings(single).vector)
  t.is(printed.photos, 2)
  t.deepEqual(
    printed.from.map((entry: { photo: string }) => entry.photo),
    [obama, obama2]
  )
  const plain = await seesawface(['embed', '--template', obama, obama2, biden])
  t.is(plain.exitCode, 0)
  t.regex(plain.stdout, /^template of 3 photos\n/)
  t.regex(plain.stdout, /least like it +\S*biden\.jpg, similarity 0\.\d{4}/)
})

test('embed --template: a photo that fails is told and left out, exit code 2', async (t) => {
  const { exitCode, stdout, stderr } = await seesawface(['embed', '--template', 'none.jpg', obama])
  t.is(exitCode, 2)
  t.regex(stderr, /Cannot read "none\.jpg"/)
  t.regex(stdout, /^template of 1 photo\n/)
  const nothing = await seesawface(['embed', '--template', 'none.jpg'])
  t.is(nothing.exitCode, 2)
  t.is(nothing.stdout, '')
})

const bars: [isTTY: boolean, done: number, expected: RegExp][] = [
  [true, 4, /^\rembedding █{30} 4\/4, .* 0 s left {2}\n$/],
  [true, 2, /^\rembedding █{15}░{15} 2\/4, .* left {2}$/],
  [false, 4, /^$/]
]
for (const [isTTY, done, expected] of bars) {
  test(`progress ${done}/4, ${isTTY ? 'terminal' : 'no terminal'}`, (t) => {
    let written = ''
    const write = (text: unknown): boolean => {
      written += String(text)
      return true
    }
    progressBar('embedding', 4, { isTTY, write })(done)
    t.regex(written, expected)
  })
}
