import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { formatNpy } from '../../lib/evaluation/people/npy.js'
import { seesawface } from '../support/cli.js'
import { makeFaces, naivePairs } from '../support/faces.js'
import { TemporaryFolder } from '../support/models.js'
import { drawnCrop, drawPeople } from '../support/pictures.js'

const folder = await TemporaryFolder.make()
test.after.always(() => folder[Symbol.asyncDispose]())

/** Embeddings as another program would leave them. */
const faces = makeFaces({ people: 150, photos: [4, 2], size: 16, spread: 0.8 })
const list = folder.file('faces.csv')
const npy = folder.file('faces.npy')
const read = [list, '--embeddings', npy]

test.before(async () => {
  const { rows, size, vectors: values, paths, people } = faces
  await writeFile(npy, formatNpy({ rows, size, values }))
  const lines = paths.map((path, i) => `${path},${people[i]}`)
  await writeFile(list, `path,person\n${lines.join('\n')}\n`)
  await writeFile(folder.file('short.csv'), 'path,person\nx,a\ny,b\n')
  await writeFile(folder.file('one.csv'), 'path,person\nx,a\ny,a\n')
  await mkdir(folder.file('empty'))
})

test('eval all-pairs counts as the naive loop does, prints, and draws', async (t) => {
  const plot = folder.file('det.svg')
  const { exitCode, stdout, stderr } = await seesawface([
    'eval',
    'all-pairs',
    ...read,
    '--plot',
    plot
  ])
  t.is(stderr, '')
  t.is(exitCode, 0)
  const { genuine, impostors } = naivePairs(faces)
  t.regex(
    stdout,
    new RegExp(`${genuine.length} genuine, ${impostors.length} impostor; 0 of relatives`)
  )
  t.regex(stdout, /0\.001 +\d+\.\d\d % +\[/)
  t.regex(stdout, /0\.000001 +too few impostor pairs|1e-6 +too few impostor pairs/)
  t.regex(await readFile(plot, 'utf8'), /^<svg .*false accept rate.*<\/svg>\s*$/s)

  const json = await seesawface(['eval', 'all-pairs', ...read, '--json'])
  const result = JSON.parse(json.stdout)
  t.like(result, { protocol: 'all-pairs', model: null, people: 150, photos: 450, resolution: 1e-6 })
  const strangers = impostors.map(({ score }) => score).sort((x, y) => y - x)
  for (const { far, point } of result.rates) {
    if (point === undefined) continue
    t.is(strangers.filter((score) => score >= point.threshold).length, point.impostorsAccepted)
    t.true(point.impostorsAccepted <= far * strangers.length)
    t.is(genuine.filter(({ score }) => score >= point.threshold).length, point.genuineAccepted)
  }
  t.is(result.mostSimilarStrangers.length, 20)
  t.is(result.mostSimilarStrangers[0].similarity, strangers[0])
})

test('eval identify searches galleries, prints, and draws', async (t) => {
  const plot = folder.file('search.svg')
  const args = [
    'eval',
    'identify',
    ...read,
    '--galleries',
    '50,100',
    '--enrol',
    '1,3',
    '--draws',
    '4'
  ]
  const { exitCode, stdout, stderr } = await seesawface([...args, '--plot', plot])
  t.is(stderr, '')
  t.is(exitCode, 0)
  t.regex(stdout, /^ +1 +50 +\d+ +\d+ +10\.00 % +\d+\.\d\d % +\[/m)
  t.regex(stdout, /^ +3 +50 +/m)
  // Of 150 people 75 have three photos or more.
  t.notRegex(stdout, /^ +3 +100 +/m)
  t.regex(await readFile(plot, 'utf8'), /50 people, 3 photos/)
  const { galleries, ...head } = JSON.parse((await seesawface([...args, '--json'])).stdout)
  t.like(head, { protocol: 'identification', rank: 1, seed: 1, probes: 3 })
  t.is(galleries.length, 3)
  // A hundred strangers, each searched with two or three photos.
  const { strangers } = galleries[0].searches
  t.true(strangers >= 4 * 200 && strangers <= 4 * 300, `${strangers}`)
})

test('photos are embedded once and read again from what was saved', async (t) => {
  const people = folder.file('people')
  await drawPeople(people, 12)
  for (let i = 0; i < 12; i++) await writeFile(join(people, `p${i}`, 'y.png'), drawnCrop(100 + i))
  await writeFile(join(people, 'p3', 'bad.png'), 'no photo')
  const skip = folder.file('skip.txt')
  await writeFile(skip, 'p7 # somebody else\np8/y.png\n')
  const saved = folder.file('saved.npy')
  const first = await seesawface([
    ...[
      'eval',
      'all-pairs',
      people,
      '--crops',
      '--exclude',
      skip,
      '--save-embeddings',
      saved,
      '--json'
    ]
  ])
  t.regex(first.stderr, /bad\.png.*\(skipped\)/)
  t.is(first.exitCode, 0)
  const result = JSON.parse(first.stdout)
  t.like(result, {
    model: 'seesaw-shuffle',
    people: 11,
    photos: 22,
    photosDamaged: ['p3/bad.png'],
    excluded: { people: 1, photos: 3 },
    pairs: { genuine: 10, impostors: (21 * 20) / 2 - 10 }
  })
  const again = await seesawface([
    ...['eval', 'all-pairs', folder.file('saved.csv'), '--embeddings', saved, '--json']
  ])
  const { rates, pairs } = JSON.parse(again.stdout)
  t.deepEqual({ rates, pairs }, { rates: result.rates, pairs: result.pairs })
})

const wrong: readonly [args: readonly string[], problem: RegExp][] = [
  [['all-pairs'], /one folder of people, or one list/],
  [['all-pairs', list, list], /one folder of people, or one list/],
  [['all-pairs', folder.file('nowhere')], /no such folder or list: "/],
  [['all-pairs', folder.file('empty')], /must name two people or more/],
  [['all-pairs', folder.file('one.csv')], /must name two people or more/],
  [['all-pairs', folder.file('empty'), '--root', '.'], /--root can only be used with a list/],
  [['all-pairs', folder.file('short.csv'), '--embeddings', npy], /has 450 rows, .* lists 2 photos/],
  [['all-pairs', list, '--embeddings', list], /not a NumPy file/],
  [['all-pairs', ...read, '--crops'], /--embeddings cannot be combined/],
  [['all-pairs', list, '--save-embeddings', 'x.bin'], /must name a \.npy file/],
  [['all-pairs', ...read, '--plot', 'x.png'], /must name a \.svg file/],
  [['all-pairs', ...read, '--seed', '0'], /--seed must be a whole number/],
  [
    ['all-pairs', ...read, '--exclude', folder.file('none')],
    /list of exclusions .* cannot be read/
  ],
  [['all-pairs', list, '--model', 'yunet'], /"yunet" is not an embedding model/],
  [['identify', ...read, '--enrol', '0'], /--enrol must be whole numbers from 1 to 100/],
  [['identify', ...read, '--draws', '1,2'], /--draws takes one number/],
  [['identify', ...read, '--galleries', '1000'], /150 people in 450 photos are too few/]
]
for (const [args, problem] of wrong) {
  test(`wrong: eval ${args.map((arg) => arg.replace(folder.path, '')).join(' ')}`, async (t) => {
    const { exitCode, stderr, stdout } = await seesawface(['eval', ...args])
    t.is(exitCode, 2)
    t.is(stdout, '')
    t.regex(stderr, problem)
  })
}
