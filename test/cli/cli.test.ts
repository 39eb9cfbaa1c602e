import { readFile } from 'node:fs/promises'
import test from 'ava'
import { FaceEmbedding, similarity } from '../../lib/index.js'
import { seesawface } from '../support/cli.js'
import { photo } from '../support/fixtures.js'
import { embedderManifest, TemporaryFolder } from '../support/models.js'

const [obama, obama2, biden] = ['obama.jpg', 'obama2.jpg', 'biden.jpg'].map(photo) as [
  string,
  string,
  string
]

test('verify: the same person, exit code 0', async (t) => {
  const { exitCode, stdout, stderr } = await seesawface(['verify', obama, obama2])
  t.is(exitCode, 0)
  t.is(stderr, '')
  t.regex(
    stdout,
    /^same person\n {2}similarity +0\.\d{4}\n {2}threshold +0\.\d{4}\n {2}probability +above 99\.9 % if same and different are equally likely beforehand\n {2}FAR +0\.1 %/
  )
})

test('verify: different people, exit code 1', async (t) => {
  const { exitCode, stdout } = await seesawface(['verify', obama, biden])
  t.is(exitCode, 1)
  t.regex(stdout, /^different people\n/)
})

test('verify --json', async (t) => {
  const { exitCode, stdout } = await seesawface(['verify', '--json', '--far', '0.01', obama, biden])
  t.is(exitCode, 1)
  const result = JSON.parse(stdout)
  t.like(result, { same: false, far: 0.01, model: 'seesaw-shuffle', a: { faceCount: 1 } })
  t.true(result.similarity < result.threshold)
  t.true(result.b.face.box.width > 10)
})

test('verify at a threshold of one’s own', async (t) => {
  const all = await seesawface(['verify', '--threshold=-1', obama, biden])
  t.is(all.exitCode, 0)
  t.regex(all.stdout, /FAR +unknown/)
  t.is((await seesawface(['verify', '--threshold', '1', obama, obama2])).exitCode, 1)
})

test('embed --json gives embeddings that can be read again', async (t) => {
  const { exitCode, stdout } = await seesawface(['embed', '--json', obama, obama2, biden])
  t.is(exitCode, 0)
  const [a, b, c] = stdout
    .trim()
    .split('\n')
    .map((line) => FaceEmbedding.fromJSON(JSON.parse(line))) as [
    FaceEmbedding,
    FaceEmbedding,
    FaceEmbedding
  ]
  t.is(a.vector.length, 512)
  t.true(similarity(a, b) > similarity(a, c))
})

test('embed and detect for people', async (t) => {
  const embedded = await seesawface(['embed', obama])
  t.is(embedded.exitCode, 0)
  t.regex(embedded.stdout, /512 numbers/)
  const detected = await seesawface(['detect', obama, biden])
  t.is(detected.exitCode, 0)
  t.is(detected.stdout.match(/: 1 face$/gm)?.length, 2)
  t.regex(
    detected.stdout,
    /score +left +top +width +height +quality\n +0\.\d{3} +\d+ +\d+ +\d+ +\d+/
  )
})

test('detect --json', async (t) => {
  const { stdout } = await seesawface(['detect', '--json', biden])
  const { photo: path, faces } = JSON.parse(stdout)
  t.is(path, biden)
  t.is(faces.length, 1)
  t.is(faces[0].landmarks.length, 5)
})

test('a photo that fails is told, the others are done, exit code 2', async (t) => {
  const { exitCode, stdout, stderr } = await seesawface(['detect', 'no such.jpg', biden])
  t.is(exitCode, 2)
  t.is(stderr, 'seesawface: Cannot read "no such.jpg": no such file\n')
  t.regex(stdout, /biden\.jpg: 1 face/)
  const json = await seesawface(['embed', '--json', '--min-score', '1', biden])
  t.is(json.exitCode, 2)
  t.is(JSON.parse(json.stdout).error.code, 'NO_FACE')
})

test('embed --min-quality refuses what falls short', async (t) => {
  const { exitCode, stdout } = await seesawface(['embed', '--json', '--min-quality', '1', obama])
  t.is(exitCode, 2)
  t.is(JSON.parse(stdout).error.code, 'LOW_QUALITY')
  t.is((await seesawface(['embed', '--min-quality', '0.5', obama])).exitCode, 0)
})

test('models', async (t) => {
  const { exitCode, stdout } = await seesawface(['models'])
  t.is(exitCode, 0)
  t.regex(stdout, /^seesaw-shuffle .* embedder$/m)
  t.regex(stdout, /^yunet .* detector$/m)
  t.regex(stdout, /licence/)
  const json = await seesawface(['models', '--json'])
  const names = json.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).name)
  t.true(names.includes('seesaw-shuffle') && names.includes('yunet'))
})

test('models: what is told of each, and of files that are none', async (t) => {
  await using folder = await TemporaryFolder.make()
  const manifest = embedderManifest('m', new Uint8Array(27_188), new Uint8Array(2_751_160))
  await folder.write(
    'm.json',
    JSON.stringify({
      ...manifest,
      architecture: {
        network: 'Net',
        source: 'arXiv:1',
        parameters: 1_370_176,
        macs: 12_089_606_144,
        layers: 334
      },
      accuracy: [
        {
          dataset: 'LFW',
          protocol: 'view 2',
          accuracy: 0.98933,
          standardError: 0.00214,
          tarAtFar: [{ far: 0.01, tar: 0.98767 }],
          binSha256: '0'.repeat(64),
          precision: 'fp32'
        }
      ]
    })
  )
  await folder.write('package.json', '{}')
  const args = ['models', '--model-dir', folder.path]
  const { exitCode, stdout, stderr } = await seesawface(args)
  t.is(exitCode, 0)
  t.is(
    stdout.trimEnd(),
    `m 1.0.0  embedder
  network      Net (arXiv:1)
  size         1.37 M parameters, 12.1 G multiply-accumulates, 334 layers
  embedding    512 numbers
  files        m.param 27.2 kB, m.bin 2.75 MB; weights in fp32
  LFW          98.93 ± 0.21 % (view 2, fp32); accepts 98.77 % at FAR 1 %
  calibration  FAR 1 % (1 in 100) by default, down to 1 % (1 in 100); 1000 impostor pairs
  licence      MIT`
  )
  t.regex(stderr, /^seesawface: skipped .*package\.json: The manifest of model "package" is not/)
  const json = await seesawface([...args, '--json'])
  t.is(json.exitCode, 0)
  t.is(JSON.parse(json.stdout).architecture.macs, 12_089_606_144)
})

test('version', async (t) => {
  const own = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  const { stdout } = await seesawface(['--version'])
  t.regex(
    stdout,
    new RegExp(`^seesawface ${own.version.replaceAll('.', '\\.')} \\(NCNN \\S+, Node 2`)
  )
  t.is(JSON.parse((await seesawface(['version', '--json'])).stdout).seesawface, own.version)
})

for (const args of [[], ['--help'], ['-h'], ['help']]) {
  test(`help: ${JSON.stringify(args)}`, async (t) => {
    const { exitCode, stdout, stderr } = await seesawface(args)
    t.is(exitCode, 0)
    t.is(stderr, '')
    for (const command of ['verify', 'embed', 'detect', 'align', 'models', 'bench', 'version']) {
      t.true(stdout.includes(`seesawface ${command}`))
    }
  })
}

for (const command of ['verify', 'embed', 'detect', 'align', 'models', 'convert', 'bench']) {
  test(`help of ${command}`, async (t) => {
    const asked = await seesawface(['help', command])
    t.is(asked.exitCode, 0)
    t.true(asked.stdout.startsWith(`seesawface ${command}`))
    t.is((await seesawface([command, '--help'])).stdout, asked.stdout)
  })
}

const mistakes: [string[], RegExp][] = [
  ...['verify', 'embed', 'detect', 'align'].flatMap((command): [string[], RegExp][] => {
    const photos = { verify: [obama, biden], align: [obama, '--out', 'never.png'] }[command] ?? [
      obama
    ]
    return [
      [[command, '--search', 'slow', ...photos], /--search must be quick or thorough, not "slow"/],
      [[command, '--min-face-size', 'x', ...photos], /--min-face-size must be a number, not "x"/],
      [[command, '--min-face-size', '1.5', ...photos], /minFaceSize must be/],
      [[command, '--no-rotations=1', ...photos], /'--no-rotations'/]
    ]
  }),
  [['recognise'], /unknown command "recognise".*seesawface help/],
  [['toString'], /unknown command "toString"/],
  [['help', 'recognise'], /unknown command "recognise"/],
  [['verify'], /verify takes two photos/],
  [['verify', 'a.jpg'], /verify takes two photos/],
  [['verify', 'a.jpg', 'b.jpg', 'c.jpg'], /verify takes two photos/],
  [['verify', '--colour', 'a.jpg', 'b.jpg'], /Unknown option '--colour'/],
  [['verify', '--far', 'low', 'a.jpg', 'b.jpg'], /--far must be a number, not "low"/],
  [['verify', '--far', '0.1', '--threshold', '0.5', 'a.jpg', 'b.jpg'], /not both/],
  [['verify', '--far', '1e-30', obama, biden], /FAR of 1e-30 is below.*smallest is/],
  [['verify', '--threshold', '7', obama, biden], /threshold must be a number from -1 to 1/],
  [['verify', obama, 'no such.jpg'], /"no such\.jpg": no such file/],
  [['verify', obama, 'package.json'], /Cannot decode .*not an image/],
  [['verify', '--model', 'none', obama, biden], /model "none": no such file/],
  [['verify', '--threads', '0', obama, biden], /threads must be 'auto' or a whole number from 1/],
  [['verify', '--precision', 'int4', obama, biden], /--precision must be fp32, fp16 or int8/],
  [['verify', '--powersave', 'on', obama, biden], /--powersave must be off, little or big/],
  [['verify', '--threads', 'all', obama, biden], /--threads must be a number/],
  [['verify', '--max-pixels', '99', obama, biden], /more than the 99 allowed/],
  [['verify', '--max-file-bytes', '99', obama, biden], /more than maxFileBytes \(99\) allows/],
  [['embed'], /embed takes at least one photo/],
  [['detect'], /detect takes at least one photo/],
  [['models', 'yunet'], /models takes no further argument/]
]

for (const [args, message] of mistakes) {
  test(`exit code 2 and one sentence: ${args.map((arg) => arg.split('/').at(-1)).join(' ')}`, async (t) => {
    const { exitCode, stdout, stderr } = await seesawface(args)
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.regex(stderr, message)
    t.is(stderr.trim().split('\n').length, 1)
    t.notRegex(stderr, / at .*:\d+:\d+/)
  })
}

test('errors as JSON', async (t) => {
  const { exitCode, stdout } = await seesawface(['verify', '--json', obama, 'no such.jpg'])
  t.is(exitCode, 2)
  t.is(JSON.parse(stdout).error.code, 'IMAGE_DECODE')
  t.is(JSON.parse((await seesawface(['verify', '--json'])).stdout).error.code, 'USAGE')
})

test('colours only when wanted', async (t) => {
  const codes = String.fromCharCode(27)
  const coloured = await seesawface(['help'], { NO_COLOR: undefined, FORCE_COLOR: '1' })
  t.true(coloured.stdout.includes(codes))
  t.false((await seesawface(['help'])).stdout.includes(codes))
  t.false((await seesawface(['help'], { NO_COLOR: undefined })).stdout.includes(codes))
})
