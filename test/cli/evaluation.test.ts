import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { bundledModelDir } from '../../lib/paths.js'
import { seesawface } from '../support/cli.js'
import { photo, pixels } from '../support/fixtures.js'
import { drawPeople, tiff } from '../support/pictures.js'

/** Folders of people, lists of pairs, and models that may be written to. */
const folder = await mkdtemp(join(tmpdir(), 'seesawface-eval-'))
const models = join(folder, 'models')
test.after.always(() => rm(folder, { recursive: true, force: true }))

const photos = { ada: ['obama.jpg', 'obama2.jpg', 'obama3.jpg'], bo: ['biden.jpg'] }
const rows = [
  'ada/obama.jpg,ada/obama2.jpg,1,0',
  'ada/obama.jpg,bo/biden.jpg,0,0',
  'ada/obama2.jpg,ada/obama3.jpg,1,1',
  'ada/obama2.jpg,bo/biden.jpg,0,1'
]
const list = join(folder, 'pairs.csv')

test.before(async () => {
  await mkdir(models)
  for (const name of ['seesaw-shuffle', 'yunet']) {
    for (const ending of ['json', 'param', 'bin']) {
      await copyFile(join(bundledModelDir, `${name}.${ending}`), join(models, `${name}.${ending}`))
    }
  }
  for (const [person, files] of Object.entries(photos)) {
    await mkdir(join(folder, 'photos', person), { recursive: true })
    for (const file of files) {
      await copyFile(photo(file), join(folder, 'photos', person, file))
    }
  }
  await writeFile(list, `a,b,same,fold\n${rows.join('\n')}\n`)
})

const source = ['--photos', join(folder, 'photos'), '--model-dir', models]

test.serial('eval prints accuracy, rates with their counts, and draws', async (t) => {
  const plot = join(folder, 'plot.svg')
  const { exitCode, stdout, stderr } = await seesawface(['eval', list, ...source, '--plot', plot])
  t.is(stderr, '')
  t.is(exitCode, 0)
  t.regex(stdout, /pairs +2 genuine, 2 impostor; 4 photos/)
  t.regex(stdout, /accuracy +100\.00 % ± 0\.00 % \(2 folds\)/)
  t.regex(stdout, /0\.0001 +too few impostor pairs/)
  t.regex(await readFile(plot, 'utf8'), /^<svg .*<\/svg>\s*$/s)
})

test.serial('eval --json --write puts the accuracy into the manifest', async (t) => {
  const { exitCode, stdout } = await seesawface(['eval', list, ...source, '--json', '--write'])
  t.is(exitCode, 0)
  const result = JSON.parse(stdout)
  t.like(result, { pairs: { genuine: 2, impostors: 2 }, eer: 0, auc: 1, dataset: 'pairs.csv' })
  t.is(result.rates.length, 4)
  const manifest = JSON.parse(await readFile(join(models, 'seesaw-shuffle.json'), 'utf8'))
  t.like(manifest.accuracy.at(-1), { dataset: 'pairs.csv', accuracy: 1, precision: 'fp32' })
  t.true(manifest.accuracy.length > 1, 'what was measured before stays')
})

const drawn = join(folder, 'drawn')
const drawnPairs = ['a,b,same', 'p1/x.png,p2/x.png,0', './p3/x.png,p3/y.png,1', ''].join('\n')

const exclusions: readonly [name: string, option: string, list: string, people: number][] = [
  ['folders of a CSV', '--exclude-pairs', drawnPairs, 3],
  ['names', '--exclude', '# twice\np5\np6  # why\n', 2]
]
for (const [name, option, text, people] of exclusions) {
  test.serial(`calibrate leaves out those people: ${name}`, async (t) => {
    await drawPeople(drawn, 40)
    const file = join(folder, 'some.csv')
    await writeFile(file, text)
    const args = ['calibrate', '--crops', drawn, '--model-dir', models, option, file]
    const { exitCode, stdout, stderr } = await seesawface(args)
    t.is(stderr, '')
    t.is(exitCode, 0)
    t.regex(stdout, new RegExp(`^excluded ${people} people and ${people} photos`))
    const left = 40 - people
    t.regex(
      stdout,
      new RegExp(`${left} people, ${left} photos .*${(left * (left - 1)) / 2} impostor`)
    )
  })
}

for (const [option, text] of [
  ['--exclude-pairs', 'a,b,same\nx.png,y.png,0\nx.png,z.png,1'],
  ['--exclude-pairs', 'a,b,same\nother/x.png,y/y.png,0\ny/x.png,y/z.png,1'],
  ['--exclude', 'nobody']
] as const) {
  test.serial(`a list that excludes nobody is refused: ${option} ${text}`, async (t) => {
    await drawPeople(drawn, 40)
    const file = join(folder, 'nobody.csv')
    await writeFile(file, text)
    const args = ['calibrate', '--crops', drawn, '--model-dir', models, option, file, '--json']
    const { exitCode, stdout, stderr } = await seesawface(args)
    t.is(exitCode, 2)
    t.regex(stderr, new RegExp(`${option}: nobody .*among the photos`))
    t.is(JSON.parse(stdout).error.code, 'INVALID_ARGUMENT')
  })
}

test.serial(
  'calibrate tells and skips damaged photos, and looks at all kinds of photos',
  async (t) => {
    const mixed = join(folder, 'mixed')
    await drawPeople(mixed, 40)
    await writeFile(join(mixed, 'p0', 'bad.jpg'), 'no photo')
    await writeFile(join(mixed, 'p1', 'large.png'), await readFile(photo('obama.jpg')))
    await writeFile(join(mixed, 'p2', 'notes.txt'), 'not looked at')
    const { data, width, height } = await pixels('biden.jpg')
    const left = Buffer.concat(
      Array.from({ length: 112 }, (_, y) => data.subarray(3 * y * width, 3 * (y * width + 112)))
    )
    t.true(height >= 112)
    await writeFile(join(mixed, 'p3', 'y.tiff'), tiff(1, { data: left, width: 112, height: 112 }))
    const args = ['calibrate', '--crops', mixed, '--model-dir', models, '--json']
    const { exitCode, stdout, stderr } = await seesawface(args)
    t.is(exitCode, 0)
    t.regex(stderr, /bad\.jpg.*\(skipped\)/)
    t.regex(stderr, /large\.png.* is not an RGB crop of 112×112.*\(skipped\)/)
    const result = JSON.parse(stdout)
    t.deepEqual(result.photosDamaged.toSorted(), ['p0/bad.jpg', 'p1/large.png'])
    t.is(result.impostorPairs, (41 * 40) / 2 - 1)
    t.is(result.genuinePairs, 1)
  }
)

test.serial('calibrate fails when no photo can be used', async (t) => {
  const broken = join(folder, 'broken')
  for (const person of ['a', 'b']) {
    await mkdir(join(broken, person), { recursive: true })
    await writeFile(join(broken, person, 'x.jpg'), 'no photo')
  }
  const { exitCode, stderr } = await seesawface(['calibrate', '--photos', broken])
  t.is(exitCode, 2)
  t.regex(stderr, /None of the 2 photos can be used\. The first problem: .*x\.jpg/)
})

test.serial('calibrate refuses what is too little and leaves the manifest alone', async (t) => {
  const before = await readFile(join(models, 'seesaw-shuffle.json'), 'utf8')
  const { exitCode, stderr } = await seesawface(['calibrate', ...source, '--write'])
  t.is(exitCode, 2)
  t.regex(
    stderr,
    /needs at least 100 pairs of different people; found 3\. Add photos of more people/
  )
  // What is wrong is the photos, not the command line.
  t.notRegex(stderr, /seesawface help/)
  t.is(await readFile(join(models, 'seesaw-shuffle.json'), 'utf8'), before)
})

const wrong: readonly [args: readonly string[], problem: RegExp][] = [
  [['eval', ...source], /takes one list of pairs/],
  [['eval', list], /--photos DIR .* or --crops DIR/],
  [['eval', list, '--photos', join(folder, 'nowhere')], /is not a folder/],
  [['eval', join(folder, 'none.csv'), ...source], /cannot be read/],
  [['eval', list, ...source, '--plot', 'x.png'], /must name a \.svg file/],
  [['eval', list, ...source, '--model', 'yunet'], /"yunet" is not an embedding model/],
  [['eval', list, '--photos', models], /line 2 .*there is no photo "ada\/obama\.jpg"/],
  [['eval', list, '--crops', join(folder, 'photos')], /is not an RGB crop of 112×112/],
  [['calibrate', 'x', ...source], /takes options only/],
  [['calibrate', '--photos', join(folder, 'photos', 'bo')], /photos of two people or more/]
]
for (const [args, problem] of wrong) {
  test.serial(`wrong: ${args.map((arg) => arg.replace(folder, '')).join(' ')}`, async (t) => {
    const { exitCode, stderr, stdout } = await seesawface(args)
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.regex(stderr, problem)
  })
}
