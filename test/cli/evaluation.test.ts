import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { bundledModelDir } from '../../lib/paths.js'
import { seesawface } from '../support/cli.js'
import { photo } from '../support/fixtures.js'

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

test.serial('calibrate refuses what is too little and leaves the manifest alone', async (t) => {
  const before = await readFile(join(models, 'seesaw-shuffle.json'), 'utf8')
  const { exitCode, stderr } = await seesawface(['calibrate', ...source, '--write'])
  t.is(exitCode, 2)
  t.regex(stderr, /3 impostor pairs are too few/)
  t.is(await readFile(join(models, 'seesaw-shuffle.json'), 'utf8'), before)
})

const wrong: readonly [args: readonly string[], problem: RegExp][] = [
  [['eval', ...source], /takes one list of pairs/],
  [['eval', list], /--photos DIR .* or --crops DIR/],
  [['eval', list, '--photos', join(folder, 'nowhere')], /is not a folder/],
  [['eval', join(folder, 'none.csv'), ...source], /cannot be read/],
  [['eval', list, ...source, '--plot', 'x.png'], /takes a \.svg file/],
  [['eval', list, ...source, '--model', 'yunet'], /"yunet" is no embedder/],
  [['eval', list, '--photos', models], /line 2 .*there is no photo "ada\/obama\.jpg"/],
  [['eval', list, '--crops', join(folder, 'photos')], /is not an RGB crop of 112×112/],
  [['calibrate', 'x', ...source], /takes options only/],
  [['calibrate', '--photos', join(folder, 'photos', 'bo')], /a folder of photos for each/]
]
for (const [args, problem] of wrong) {
  test.serial(`wrong: ${args.map((arg) => arg.replace(folder, '')).join(' ')}`, async (t) => {
    const { exitCode, stderr, stdout } = await seesawface(args)
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.regex(stderr, problem)
  })
}
