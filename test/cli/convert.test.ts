// The command line hands conversion over to Python. A small script stands in for Python here, with
// a model that is known; the real one is asked where there is one. What the converter itself does
// is tested in training/tests/test_convert.py.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, cp, readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { findPython } from '../../lib/conversion/python.js'
import { FaceEmbedder } from '../../lib/index.js'
import { bundledModelDir } from '../../lib/paths.js'
import { command, seesawface } from '../support/cli.js'
import { crop, photo } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'
import { publishedCli } from '../support/program.js'
import { fill, makeReadOnly, mountTest, runOn } from '../support/small-disk.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const network = ['--network', 'seesaw-shuffle']

let probe: { rgb: string; embedding: number[] }
test.before(async () => {
  const rgb = await crop('obama.png')
  await using embedder = await FaceEmbedder.open()
  const { vector } = await embedder.embed(rgb)
  probe = { rgb: Buffer.from(rgb).toString('base64'), embedding: [...vector] }
})

/** What the stand-in does after it has put the model into the folder it was given. */
interface Script {
  /** Modules it says it lacks. */
  readonly missing?: readonly string[]
  readonly version?: readonly [number, number]
  /** What it prints, and its exit code. */
  readonly answer?: unknown
  readonly exitCode?: number
  /** Goes on for a minute once the files are there. */
  readonly slow?: boolean
  /** Fills the disk once they are there. */
  readonly fill?: boolean
  /** Written over the manifest of the model. */
  readonly manifest?: object
}

/** A program that answers as Python does, and leaves the arguments it got in `arguments.json`. */
async function fakePython(folder: TemporaryFolder, script: Script): Promise<string> {
  const { missing = [], version = [3, 11], exitCode = 0, manifest = {} } = script
  const { slow = false, fill = false } = script
  const answer = script.answer ?? {
    name: 'mine',
    layout: 'official state_dict',
    unusedParameters: 671232,
    parity: { 'NCNN to the reference': 0.9999999 },
    probe
  }
  const source = `#!${process.execPath}
const { appendFileSync, copyFileSync, readFileSync, writeFileSync } = require('node:fs')
const args = process.argv.slice(2)
if (args[0] === '-c') {
  console.log(${JSON.stringify(JSON.stringify({ version, missing }))})
} else {
  writeFileSync(${JSON.stringify(folder.file('arguments.json'))}, JSON.stringify(args))
  const [name, out] = ['--name', '--out'].map((option) => args[args.indexOf(option) + 1])
  const file = (kind) => out + '/' + name + '.' + kind
  try {
    const from = ${JSON.stringify(`${bundledModelDir}/seesaw-shuffle`)}
    const manifest = JSON.parse(readFileSync(from + '.json', 'utf8'))
    for (const kind of ['param', 'bin']) {
      copyFileSync(from + '.' + kind, file(kind))
      manifest.files[kind].name = name + '.' + kind
    }
    delete manifest.calibration
    Object.assign(manifest, { name }, ${JSON.stringify(manifest)})
    writeFileSync(file('json'), JSON.stringify(manifest))
  } catch (error) {
    // As seesaw.convert does.
    const message = '"' + error.dest + '" cannot be written: no space is left'
    console.log(JSON.stringify({ error: { code: 'FILE_WRITE', message } }))
    process.exit(2)
  }
  try {
    while (${fill}) appendFileSync(file('fill'), Buffer.alloc(4096))
  } catch {}
  console.error('a line of progress')
  if (${slow}) setTimeout(() => {}, 60_000)
  process.stdout.write(${JSON.stringify(typeof answer === 'string' ? answer : JSON.stringify(answer))})
  process.exitCode = ${exitCode}
}
`
  const path = folder.file('python')
  await folder.write('python', source)
  await chmod(path, 0o755)
  return path
}

async function converted(
  folder: TemporaryFolder,
  script: Script,
  ...args: readonly string[]
): Promise<{ exitCode: number; stdout: string; stderr: string; files: string[] }> {
  const python = await fakePython(folder, script)
  const out = folder.file('out')
  const outcome = await seesawface(
    ['convert', 'a.pth', '--name', 'mine', '--out', out, ...network, ...args],
    { SEESAWFACE_PYTHON: python }
  )
  const files = await readdir(out).catch(() => [])
  return { ...outcome, files: files.sort() }
}

const whole = ['mine.bin', 'mine.json', 'mine.param']

test('a model is converted, and verify then needs a threshold', async (t) => {
  await using folder = await TemporaryFolder.make()
  const { exitCode, stdout, stderr, files } = await converted(folder, {}, '--norm=-1')
  t.is(stderr, '')
  t.is(exitCode, 0)
  t.deepEqual(files, whole)
  t.regex(stdout, /^a line of progress\nmine is in .*mine\.json\n/)
  t.regex(stdout, /read as +official state_dict\n +skipped +671232 parameters/)
  t.regex(stdout, /agreement +1\.0{8} addon to the reference/)
  t.regex(stdout, /not calibrated/)
  const args = JSON.parse((await folder.read('arguments.json')).toString())
  t.deepEqual(args.slice(0, 3), ['-m', 'seesaw.convert', `${root}a.pth`])
  t.deepEqual(args.slice(-3), ['--network=seesaw-shuffle', '--norm=-1', '--json'])

  const verify = ['verify', '--model-dir', folder.file('out'), '--model', 'mine']
  const photos = [photo('obama.jpg'), photo('obama2.jpg')]
  t.is((await seesawface([...verify, ...photos, '--threshold', '0.3'])).exitCode, 0)
  const undecided = await seesawface([...verify, ...photos])
  t.is(undecided.exitCode, 2)
  t.regex(undecided.stderr, /no calibration.*threshold/)
})

test('--json tells the outcome alone', async (t) => {
  await using folder = await TemporaryFolder.make()
  const { exitCode, stdout } = await converted(folder, {}, '--json')
  t.is(exitCode, 0)
  const { parity, ...outcome } = JSON.parse(stdout)
  t.deepEqual(outcome, {
    model: 'mine',
    manifest: folder.file('out/mine.json'),
    layout: 'official state_dict',
    unusedParameters: 671232,
    calibration: null,
    genuineAccepted: null
  })
  t.true(parity['addon to the reference'] > 0.99999)
})

test('a model that is there is replaced with --force only', async (t) => {
  await using folder = await TemporaryFolder.make()
  t.is((await converted(folder, {})).exitCode, 0)
  const again = await converted(folder, {})
  t.is(again.exitCode, 2)
  t.regex(again.stderr, /mine\.param" already exists; use --force to replace it/)
  const forced = await converted(folder, { manifest: { version: '9' } }, '--force')
  t.is(forced.exitCode, 0)
  t.deepEqual(forced.files, whole)
  t.is(JSON.parse((await folder.read('out/mine.json')).toString()).version, '9')
})

const failures: [string, () => Script, string, RegExp][] = [
  [
    'Python complains of the checkpoint',
    () => ({
      answer: { error: { code: 'CHECKPOINT_INVALID', message: '1 missing: bn.bias' } },
      exitCode: 2
    }),
    'CHECKPOINT_INVALID',
    /1 missing: bn\.bias/
  ],
  [
    'Python crashes',
    () => ({ answer: 'Traceback', exitCode: 1 }),
    'CONVERSION_FAILED',
    /status 1:\na line of progress/
  ],
  [
    'Python says something else',
    () => ({ answer: { name: 'mine' } }),
    'CONVERSION_FAILED',
    /status 0/
  ],
  [
    'the addon computes something else',
    () => ({
      answer: {
        name: 'mine',
        layout: 'ONNX',
        unusedParameters: 0,
        parity: {},
        probe: { ...probe, embedding: [...probe.embedding].reverse() }
      }
    }),
    'CONVERSION_FAILED',
    /The addon's embedding differs from the reference: cosine -?0\.\d+/
  ],
  [
    'the embedding is of another size',
    () => ({
      answer: {
        name: 'mine',
        layout: 'ONNX',
        unusedParameters: 0,
        parity: {},
        probe: { ...probe, embedding: [1, 2] }
      }
    }),
    'CONVERSION_FAILED',
    /512 numbers where the reference computes 2/
  ],
  [
    'the channels are in the wrong order',
    () => ({
      manifest: {
        input: {
          width: 112,
          height: 112,
          channels: 'rgb',
          mean: [127.5, 127.5, 127.5],
          norm: [1 / 127.5, 1 / 127.5, 1 / 127.5],
          blob: 'in0'
        }
      }
    }),
    'CONVERSION_FAILED',
    /differs from the reference/
  ],
  ['the manifest is broken', () => ({ manifest: { schema: 2 } }), 'MODEL_INVALID', /schema/],
  [
    'Python lacks modules',
    () => ({ missing: ['torch', 'pnnx'] }),
    'CONVERTER_MISSING',
    /lacks torch, pnnx\. To set one up:\n.*-m venv .*\n.*requirements-convert\.txt"\n.*SEESAWFACE_PYTHON=/
  ],
  [
    'Python is old',
    () => ({ version: [3, 9] }),
    'CONVERTER_MISSING',
    /Python 3\.9, older than 3\.11/
  ]
]

for (const [what, script, code, message] of failures) {
  test(`nothing is left behind when ${what}`, async (t) => {
    await using folder = await TemporaryFolder.make()
    const { exitCode, stdout, stderr, files } = await converted(folder, script(), '--json')
    t.is(exitCode, 2)
    t.is(JSON.parse(stdout).error.code, code)
    t.regex(stderr, message)
    t.deepEqual(files, [])
  })
}

for (const [signal, status] of [
  ['SIGTERM', 143],
  ['SIGHUP', 129]
] as const) {
  test(`nothing is left behind when it is told to stop: ${signal}`, async (t) => {
    await using folder = await TemporaryFolder.make()
    const python = await fakePython(folder, { slow: true })
    const out = folder.file('out')
    const args = [...command, 'convert', 'a.pth', '--name', 'mine', '--out', out, ...network]
    const child = spawn(process.execPath, args, {
      env: { ...process.env, SEESAWFACE_PYTHON: python },
      stdio: ['ignore', 'pipe', 'inherit']
    })
    const ended = once(child, 'exit')
    await once(child.stdout, 'data') // the converter's progress: its files are written
    t.is((await readdir(out)).length, 1)
    child.kill(signal)
    const [exitCode] = await ended
    t.is(exitCode, status)
    t.deepEqual(await readdir(out), [])
  })
}

for (const [python, message] of [
  ['/nowhere/python', /"\/nowhere\/python" not found/],
  ['/bin/false', /does not run/],
  ['/bin/echo', /is not a Python interpreter/]
] as const) {
  test(`SEESAWFACE_PYTHON=${python} is told with the remedy`, async (t) => {
    const error = await t.throwsAsync(findPython({ SEESAWFACE_PYTHON: python }), { message })
    t.is((error as { code?: unknown }).code, 'CONVERTER_MISSING')
    t.regex(error.message, /pip install -r ".*requirements-convert\.txt"/)
  })
}

const misuses: [readonly string[], RegExp][] = [
  [[], /convert takes one file/],
  [['a.pth', 'b.pth', ...network], /convert takes one file/],
  [['a.pth'], /--network NAME/],
  [['a.pth', ...network, '--name', '../x'], /--name must be a plain name/],
  [['a.pth', ...network, '--model-dir', 'x'], /--out must name a folder/],
  [['a.pth', ...network, '--pairs', 'pairs.txt'], /--photos DIR or --crops DIR/],
  [['a.pth', ...network, '--photos', 'x'], /--pairs FILE/],
  [['a.pth', ...network, '--pairs', 'p', '--photos', 'x', '--crops', 'y'], /either/],
  [['a.pth', ...network, '--pairs', 'nowhere.txt', '--photos', 'x'], /no such file/],
  [['a.pth', ...network, '--colour', 'x'], /--colour/]
]

for (const [args, message] of misuses) {
  test(`misuse: convert ${args.join(' ')}`, async (t) => {
    const { exitCode, stderr } = await seesawface(['convert', ...args])
    t.is(exitCode, 2)
    t.regex(stderr, message)
  })
}

/** A hundred people who all look like one of two: enough impostors for one rate. */
async function makePeople(folder: TemporaryFolder): Promise<readonly string[]> {
  const people = Array.from({ length: 100 }, (_, i) => `p${i}`)
  for (const [i, person] of people.entries()) {
    const from = fileURLToPath(
      new URL(`../fixtures/crops/${i % 2 ? 'obama' : 'biden'}.png`, import.meta.url)
    )
    for (const number of [1, 2]) {
      await cp(from, folder.file(`crops/${person}/${person}_000${number}.jpg`))
    }
  }
  const same = people.map((person) => `${person}\t1\t2`)
  const different = people.map((person, i) => `${person}\t1\tp${(i + 1) % 100}\t1`)
  await folder.write('pairs.txt', ['1\t100', ...same, ...different].join('\n'))
  await folder.write('few.txt', ['1\t1', same[0], different[0]].join('\n'))
  return ['--pairs', folder.file('pairs.txt'), '--crops', folder.file('crops')]
}

test('thresholds are calibrated from pairs', async (t) => {
  await using folder = await TemporaryFolder.make()
  const pairs = await makePeople(folder)
  const { exitCode, stdout } = await converted(folder, {}, ...pairs, '--json')
  t.is(exitCode, 0)
  const { calibration, genuineAccepted } = JSON.parse(stdout)
  t.is(genuineAccepted, 1)
  t.like(calibration, { impostorPairs: 100, genuinePairs: 100, defaultFar: 0.1 })
  const manifest = JSON.parse((await folder.read('out/mine.json')).toString())
  t.deepEqual(manifest.calibration, calibration)

  const fewPairs = pairs.with(1, folder.file('few.txt'))
  const few = await converted(folder, {}, ...fewPairs, '--force')
  t.is(few.exitCode, 2)
  t.regex(few.stderr, /gives 1 impostor pairs .* too few/)
  t.deepEqual(few.files, whole) // the model that was there
})

const disks: readonly [what: string, spoil: string, script: Script, reason: RegExp][] = [
  ['a full disk', fill, {}, /no space is left/],
  ['a disk that gets full while thresholds are found', '', { fill: true }, /no space is left/],
  ['a folder that is read-only', makeReadOnly, {}, /read-only/]
]

for (const [what, spoil, script, reason] of disks) {
  mountTest(`on ${what} the model that is there stays as it is`, async (t) => {
    await using folder = await TemporaryFolder.make()
    t.is((await converted(folder, {})).exitCode, 0)
    const pairs = await makePeople(folder)
    const env = { SEESAWFACE_PYTHON: await fakePython(folder, script) }
    const args = ['convert', 'a.pth', '--name', 'mine', '--out', folder.file('out'), ...network]
    const command = [process.execPath, publishedCli, ...args, '--force', ...pairs, '--json']
    const { code, stdout } = await runOn(folder.file('out'), spoil, command, env)
    t.is(code, 2, stdout)
    const { error } = JSON.parse(stdout)
    t.is(error.code, 'FILE_WRITE')
    t.regex(error.message, reason)
  })
}

test('a real checkpoint by the real converter', async (t) => {
  const python = await findPython().catch(() => undefined)
  if (python === undefined) {
    t.log('there is no Python with PyTorch and pnnx here')
    t.pass()
    return
  }
  await using folder = await TemporaryFolder.make()
  const checkpoint = `${root}training/checkpoints/seesaw-shuffle.pt`
  const args = ['convert', checkpoint, ...network, '--name', 'mine', '--out', folder.file('out')]
  const { exitCode, stdout } = await seesawface([...args, '--json'], {}, 170_000)
  t.is(exitCode, 0, stdout)
  const { layout, parity } = JSON.parse(stdout)
  t.is(layout, 'training checkpoint of seesaw.distill')
  t.true(parity['addon to the reference'] >= 0.99999)
})
