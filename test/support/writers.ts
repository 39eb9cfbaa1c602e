import { cp, mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundledModelDir } from '../../lib/paths.js'
import { photo } from './fixtures.js'
import { TemporaryFolder } from './models.js'
import { drawPeople } from './pictures.js'

/** Everything the command line writes to a file, and how: what is in `target` may be lost. */
export interface Writer {
  readonly name: string
  /** Where it writes, in the folder `target`. */
  readonly file: string
  readonly args: readonly string[]
}

export interface Place {
  readonly folder: TemporaryFolder
  /** Holds an older version of every file that is written. */
  readonly target: string
  readonly writers: readonly Writer[]
}

const people = ['biden', 'obama', 'obama2', 'obama3', 'obama_partial_face', 'obama_partial_face2']

/** Six photos and forty drawings: 1035 pairs of different "people", enough to calibrate with. */
async function makeCrops(folder: string): Promise<void> {
  for (const person of people) {
    await mkdir(join(folder, person), { recursive: true })
    const from = fileURLToPath(new URL(`../fixtures/crops/${person}.png`, import.meta.url))
    await cp(from, join(folder, person, '0.png'))
  }
  await drawPeople(folder, 40)
}

const pairs = [
  'a,b,same,fold',
  'obama/0.png,obama2/0.png,1,0',
  'obama/0.png,biden/0.png,0,0',
  'obama2/0.png,obama3/0.png,1,1',
  'obama2/0.png,biden/0.png,0,1'
]

export async function makePlace(): Promise<Place> {
  const folder = await TemporaryFolder.make()
  const target = folder.file('target')
  await mkdir(target)
  for (const name of ['seesaw-shuffle', 'yunet']) {
    for (const ending of ['json', 'param', 'bin']) {
      await cp(join(bundledModelDir, `${name}.${ending}`), join(target, `${name}.${ending}`))
    }
  }
  await makeCrops(folder.file('crops'))
  await folder.write('pairs.csv', `${pairs.join('\n')}\n`)
  for (const file of ['marked.png', 'crop.png', 'plot.svg']) {
    await folder.write(`target/${file}`, `the old ${file}`)
  }
  const at = (file: string): string => join(target, file)
  const crops = ['--crops', folder.file('crops')]
  const models = ['--model-dir', target]
  const list = folder.file('pairs.csv')
  return {
    folder,
    target,
    writers: [
      {
        name: 'detect --draw',
        file: 'marked.png',
        args: ['detect', photo('obama.jpg'), '--force', '--draw', at('marked.png')]
      },
      {
        name: 'align --out',
        file: 'crop.png',
        args: ['align', photo('obama.jpg'), '--force', '--out', at('crop.png')]
      },
      {
        name: 'eval --plot',
        file: 'plot.svg',
        args: ['eval', list, ...crops, '--plot', at('plot.svg')]
      },
      {
        name: 'eval --write',
        file: 'seesaw-shuffle.json',
        args: ['eval', list, ...crops, ...models, '--write']
      },
      {
        name: 'calibrate --write',
        file: 'seesaw-shuffle.json',
        args: ['calibrate', ...crops, ...models, '--write']
      }
    ]
  }
}

export async function removePlace({ folder }: Place): Promise<void> {
  await rm(folder.path, { recursive: true, force: true })
}
