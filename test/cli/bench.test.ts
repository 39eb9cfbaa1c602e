import { readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import test from 'ava'
import { FaceEmbedder, FaceRecognizer } from '../../lib/index.js'
import { type Outcome, seesawface as run } from '../support/cli.js'
import { photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'

/** Longer than it should ever take: everything is measured a few times at least. */
const seesawface = (args: readonly string[]): Promise<Outcome> => run(args, {}, 300_000)

const quick = ['--seconds', '0.05']

test.beforeEach((t) => t.timeout(300_000))

test.serial('bench --json: all that is measured, in numbers that make sense', async (t) => {
  await using folder = await TemporaryFolder.make()
  const svg = folder.file('speed.svg')
  const photos = ['--photo', photo('obama.jpg'), '--photo', photo('biden.jpg')]
  const args = ['bench', '--json', ...quick, '--model', 'seesaw-shuffle', '--threads', '1,2']
  const { exitCode, stdout, stderr } = await seesawface([...args, ...photos, '--svg', svg])
  t.is(stderr, '')
  t.is(exitCode, 0)
  const report = JSON.parse(stdout)
  t.regex(report.date, /^\d{4}-\d{2}-\d{2}$/)
  t.true(report.machine.cores >= 1 && report.machine.cpu.length > 0)
  t.deepEqual(
    report.models.map(({ model }: { model: string }) => model),
    ['seesaw-shuffle']
  )
  const [{ embedding, perSecond, start }] = report.models
  t.deepEqual(
    embedding.map(({ threads }: { threads: number }) => threads),
    [1, 2]
  )
  for (const { rows } of embedding) {
    t.is(rows[0].medianRatio, 1)
    t.is(rows.at(-1).name, 'embed(), ncnn')
    for (const { min, median, turns } of rows) t.true(min > 0 && median >= min && turns >= 3)
  }
  for (const { inFlight } of perSecond) {
    t.deepEqual(Object.keys(inFlight), ['1', '8', '64'])
  }
  t.true(start.load > 0 && start.first > 0 && start.rss > start.bareRss && start.bareRss > 1e7)
  t.is(report.detection.length, 2)
  for (const { stages, sequential, verify } of report.verify) {
    t.deepEqual(Object.keys(stages), ['decode', 'convert', 'detect', 'align', 'embed'])
    for (const stage of ['decode', 'detect', 'align', 'embed']) t.true(stages[stage] > 0)
    t.true(sequential > stages.detect && verify.median >= verify.min && verify.min > 0)
  }
  t.deepEqual(report.photos, [photo('obama.jpg'), photo('biden.jpg')])
  t.true(report.sizes.models > 1e6)
  t.regex(await readFile(svg, 'utf8'), /^<svg .*seesawface bench.*seesaw-shuffle: one embedding/s)
})

test.serial('bench for people: every embedder of the folder; nothing is left behind', async (t) => {
  const left = async () => (await readdir(tmpdir())).filter((f) => f.startsWith('seesawface-bench'))
  const before = await left()
  const { exitCode, stdout, stderr } = await seesawface(['bench', '--threads', '1', ...quick])
  t.is(stderr, '')
  t.is(exitCode, 0)
  t.regex(stdout, /^seesaw-shuffle: one embedding, milliseconds$/m)
  t.regex(stdout, /^ +1 +embed\(\), \w+ +[\d.]+ +[\d.]+ +1\.000$/m)
  t.regex(
    stdout,
    /a second, 1 thread +\d+ \(1 in flight\), \d+ \(8 in flight\), \d+ \(64 in flight/
  )
  t.regex(stdout, /^verify two photos \(drawn, 12 megapixels; the same with other noise\)/m)
  t.regex(stdout, /memory +[\d.]+ MB more than Node\.js alone/)
  t.deepEqual(await left(), before)
})

test.serial('bench --tune: options that open() takes, as code', async (t) => {
  const { exitCode, stdout, stderr } = await seesawface(['bench', '--tune', '--json', ...quick])
  t.is(stderr, '')
  t.is(exitCode, 0)
  const { frame, crop, trials } = JSON.parse(stdout)
  for (const [choices, opener] of [
    [frame, FaceRecognizer],
    [crop, FaceEmbedder]
  ]) {
    t.deepEqual(
      choices.map(({ aim }: { aim: string }) => aim),
      ['latency', 'cores']
    )
    for (const { options, code, median, ratio } of choices) {
      t.true(code.startsWith(`${opener.name}.open(`))
      t.true(median > 0 && ratio > 0)
      await using opened = await opener.open(options)
      t.is(opened.threads, options.threads ?? opened.threads)
    }
  }
  t.deepEqual(trials[0].options, {})
  t.is(trials[0].frame.ratio, 1)
  const text = await seesawface(['bench', '--tune', ...quick])
  t.is(text.exitCode, 0)
  t.regex(text.stdout, /quickest answer +FaceRecognizer\.open\(.*\) +[\d.]+ ms/)
  t.regex(text.stdout, /most per core +FaceEmbedder\.open\(.*\) +[\d.]+ ms/)
})

const mistakes: [args: string[], expected: RegExp][] = [
  [['photo.jpg'], /bench takes no further argument/],
  [['--seconds', '0'], /--seconds must be a number up to 600, not "0"/],
  [['--seconds', 'long'], /--seconds must be a number, not "long"/],
  [['--threads', '0'], /--threads must be numbers from 1 to 64, such as 1,2, not "0"/],
  [['--threads', '1,x'], /--threads must be numbers from 1 to 64/],
  [['--svg', 'speed.png'], /--svg must name a \.svg file/],
  [['--photo', 'no such.jpg'], /"no such\.jpg" cannot be read/],
  [['--photo', 'a', '--photo', 'b', '--photo', 'c'], /--photo can be given at most twice/],
  [['--precision', 'fp32'], /Unknown option '--precision'/],
  [['--model', 'yunet'], /"yunet" is not an embedding model/],
  [['--model', 'none'], /model "none": no such file/],
  [['--tune', '--threads', '1'], /--tune takes no --threads/],
  [['--tune', '--photo', 'a.jpg'], /--tune takes no --photo/]
]
for (const [args, expected] of mistakes) {
  test(`bench ${args.join(' ')}`, async (t) => {
    const { exitCode, stderr } = await seesawface(['bench', ...args])
    t.is(exitCode, 2)
    t.regex(stderr, expected)
  })
}

test.serial('a photo without a face is an error', async (t) => {
  await using folder = await TemporaryFolder.make()
  const { Transformer } = await import('@napi-rs/image')
  const grey = Transformer.fromRgbaPixels(new Uint8Array(64 * 64 * 4).fill(128), 64, 64)
  await folder.write('grey.png', await grey.png())
  const args = ['bench', ...quick, '--threads', '1', '--photo', folder.file('grey.png')]
  const { exitCode, stderr } = await seesawface([...args, '--model', 'seesaw-shuffle'])
  t.is(exitCode, 2)
  t.regex(stderr, /No face was found in .*grey\.png/)
})
