import { writeFile } from 'node:fs/promises'
import test from 'ava'
import fc from 'fast-check'
import { exclude, formatPhotoList, parsePhotoList } from '../../lib/evaluation/people/list.js'
import { faceMatrix, starts } from '../../lib/evaluation/people/matrix.js'
import { formatNpy, readNpy } from '../../lib/evaluation/people/npy.js'
import { InvalidArgumentError } from '../../lib/index.js'
import { TemporaryFolder } from '../support/models.js'
import { holds, refused } from '../support/properties.js'

test('a list of photos is parsed', (t) => {
  t.deepEqual(parsePhotoList('person,path\nAda,a/1.jpg\n\nBo,"b, 1.jpg"\n'), [
    { path: 'a/1.jpg', person: 'Ada' },
    { path: 'b, 1.jpg', person: 'Bo' }
  ])
  t.deepEqual(parsePhotoList('path,person,family\na,Ada,F1\nb,Bo,\n'), [
    { path: 'a', person: 'Ada', family: 'F1' },
    { path: 'b', person: 'Bo' }
  ])
})

const brokenLists: readonly [text: string, problem: RegExp][] = [
  ['', /line 1 .*empty/],
  ['path\nx', /line 1 .*"person" is missing/],
  ['path,person,age\nx,Ada,3', /line 1 .*unknown column "age"; expected path, person, family/],
  ['path,person\nx', /line 2 .*1 fields, but the header has 2/],
  ['path,person\n,Ada', /line 2 .*a photo is missing/],
  ['path,person\nx,', /line 2 .*a person is missing/],
  ['path,person\n../x,Ada', /line 2 .*must be a path inside/],
  ['path,person\nx,Ada\nx,Bo', /line 3 .*duplicate of line 2/],
  ['path,person,family\nx,Ada,F\ny,Ada,G', /line 3 .*in family "F" and in family "G"/]
]
for (const [text, problem] of brokenLists) {
  test(`a broken list of photos is refused: ${JSON.stringify(text)}`, (t) => {
    const error = t.throws(() => parsePhotoList(text), { instanceOf: InvalidArgumentError })
    t.is(error?.argument, 'list')
    t.regex(error?.message ?? '', problem)
  })
}

const word = fc.string({ minLength: 1, maxLength: 8 }).filter((text) => !/[\r\n]/.test(text))

test('any list that is written is read again as it was', (t) =>
  holds(
    t,
    fc.property(
      fc.uniqueArray(fc.record({ path: word, person: word }), {
        selector: ({ path }) => path,
        minLength: 1
      }),
      (photos) => {
        try {
          t.deepEqual(parsePhotoList(formatPhotoList(photos)), photos)
        } catch (error) {
          refused(error) // a path that leads out of the folder
        }
      }
    )
  ))

test('people and photos are excluded by name or path', (t) => {
  const photos = [
    { path: 'a/1', person: 'a' },
    { path: 'a/2', person: 'a' },
    { path: 'b/1', person: 'b' }
  ]
  t.like(exclude(photos, new Set(['a'])), { people: 1, photos: 2 })
  t.like(exclude(photos, new Set(['a/2'])), { people: 0, photos: 1 })
  t.like(exclude(photos, new Set(['c'])), { people: 0, photos: 0 })
})

test('the rows of a person lie together, relatives share a number', (t) => {
  const photos = [
    { path: '1', person: 'a', family: 'f' },
    { path: '2', person: 'b' },
    { path: '3', person: 'a', family: 'f' },
    { path: '4', person: 'no face' },
    { path: '5', person: 'c', family: 'f' },
    { path: '6', person: 'f' }
  ]
  const faces = faceMatrix(photos, ({ path }, i) =>
    path === '4' ? undefined : Float32Array.of(i, 1)
  )
  t.deepEqual(faces.paths, ['1', '3', '2', '5', '6'])
  t.deepEqual([...faces.people], [0, 0, 1, 2, 3])
  t.deepEqual([...faces.families], [0, 1, 0, 2])
  t.deepEqual([...starts(faces)], [0, 2, 3, 4, 5])
  t.deepEqual([...faces.vectors], [0, 1, 2, 1, 1, 1, 4, 1, 5, 1])
  t.throws(() => faceMatrix(photos, (_, i) => new Float32Array(i + 1)), {
    instanceOf: InvalidArgumentError,
    message: /"3" has 3 numbers, others have 1/
  })
})

test('what is written as .npy is read again, and its header is NumPy’s', async (t) => {
  await using folder = await TemporaryFolder.make()
  for (const [rows, size] of [
    [1, 1],
    [3, 5],
    [2100, 512]
  ] as const) {
    const values = Float32Array.from({ length: rows * size }, (_, i) => Math.sin(i))
    const bytes = formatNpy({ rows, size, values })
    t.is((bytes.length - 4 * values.length) % 64, 0)
    await writeFile(folder.file('x.npy'), bytes)
    t.deepEqual(await readNpy(folder.file('x.npy')), { rows, size, values })
  }
})

const good = formatNpy({ rows: 2, size: 2, values: Float32Array.of(1, 2, 3, 4) })
function header(text: string): Buffer {
  const bytes = Buffer.concat([good.subarray(0, 10), Buffer.from(`${text}\n`), good.subarray(-16)])
  bytes.writeUInt16LE(text.length + 1, 8)
  return bytes
}
const shaped = (descr: string, order: string, shape: string): Buffer =>
  header(`{'descr': '${descr}', 'fortran_order': ${order}, 'shape': ${shape}, }`)

const brokenNpy: readonly [name: string, bytes: Buffer, problem: RegExp][] = [
  ['nothing', Buffer.alloc(0), /not a NumPy file/],
  ['text', Buffer.from('path,person and more'), /not a NumPy file/],
  [
    'version 9',
    Buffer.concat([good.subarray(0, 6), Buffer.from([9]), good.subarray(7)]),
    /version 9/
  ],
  ['cut in its header', good.subarray(0, 60), /shorter than its header says/],
  ['cut in its numbers', good.subarray(0, -1), /143 bytes instead of 144/],
  ['too long', Buffer.concat([good, Buffer.alloc(1)]), /145 bytes instead of 144/],
  ['doubles', shaped('<f8', 'False', '(2, 1)'), /type "<f8"; float32/],
  ['big-endian', shaped('>f4', 'False', '(2, 2)'), /type ">f4"; float32/],
  ['objects', shaped('|O', 'False', '(2, 2)'), /type "\|O"; float32/],
  ['Fortran order', shaped('<f4', 'True', '(2, 2)'), /Fortran order/],
  ['a vector', shaped('<f4', 'False', '(4,)'), /does not describe a matrix/],
  ['no rows', shaped('<f4', 'False', '(0, 2)'), /no rows/],
  ['long rows', shaped('<f4', 'False', '(1, 99999)'), /99999 numbers/],
  ['more rows than bytes', shaped('<f4', 'False', '(4000000000, 4096)'), /bytes instead of/],
  ['code', header("{'descr': __import__('os')}"), /does not describe a matrix/],
  [
    'NaN',
    formatNpy({ rows: 2, size: 1, values: Float32Array.of(1, Number.NaN) }),
    /row 1 holds NaN/
  ]
]
for (const [name, bytes, problem] of brokenNpy) {
  test(`a broken .npy is refused: ${name}`, async (t) => {
    await using folder = await TemporaryFolder.make()
    await writeFile(folder.file('x.npy'), bytes)
    const error = await t.throwsAsync(readNpy(folder.file('x.npy')), {
      instanceOf: InvalidArgumentError
    })
    t.is(error?.argument, 'embeddings')
    t.regex(error?.message ?? '', problem)
  })
}

test('any bytes are read or refused', (t) =>
  holds(
    t,
    fc.asyncProperty(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
      async (changes) => {
        await using folder = await TemporaryFolder.make()
        const bytes = Buffer.from(good)
        for (const [at, value] of changes) bytes[at] = value
        await writeFile(folder.file('x.npy'), bytes)
        try {
          await readNpy(folder.file('x.npy'))
        } catch (error) {
          refused(error)
        }
      }
    ),
    100
  ))
