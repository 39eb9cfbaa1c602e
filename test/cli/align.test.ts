import { readdir, readFile } from 'node:fs/promises'
import { Transformer } from '@napi-rs/image'
import test from 'ava'
import { decodeImage, FaceRecognizer } from '../../lib/index.js'
import { seesawface } from '../support/cli.js'
import { photo, pixels, sideBySide } from '../support/fixtures.js'
import { TemporaryFolder } from '../support/models.js'

/** A PNG of two people side by side. */
async function twoPeople(): Promise<Uint8Array> {
  const { data, width, height } = sideBySide(await pixels('biden.jpg'), await pixels('obama2.jpg'))
  const rgba = new Uint8Array(width * height * 4).fill(255)
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i)
  return Transformer.fromRgbaPixels(rgba, width, height).png()
}

const rgbOf = async (path: string): Promise<Uint8Array> => {
  const { data, width, height, format } = await decodeImage(path)
  if (width !== 112 || height !== 112) throw new Error(`${path} is ${width}×${height}`)
  const channels = format === 'rgba' ? 4 : 3
  return data.filter((_, i) => i % channels < 3)
}

test('align writes the crop that embed takes, pixel by pixel', async (t) => {
  await using folder = await TemporaryFolder.make()
  const out = folder.file('crop.png')
  const { exitCode, stdout } = await seesawface(['align', photo('biden.jpg'), '--out', out])
  t.is(exitCode, 0)
  t.true(stdout.startsWith(`${out}: face with score 0.`))
  await using recognizer = await FaceRecognizer.open()
  const { face } = await recognizer.embed(photo('biden.jpg'))
  if (face === undefined) throw new Error('no face')
  const expected = await recognizer.align(photo('biden.jpg'), face.landmarks)
  t.is(Buffer.compare(await rgbOf(out), expected), 0)
  t.deepEqual(await readdir(folder.path), ['crop.png'])
})

test('align --all writes each face, best score first', async (t) => {
  await using folder = await TemporaryFolder.make()
  await folder.write('two.png', await twoPeople())
  const args = ['align', folder.file('two.png'), '--all', '--json', '--out', folder.file('c.png')]
  const { exitCode, stdout } = await seesawface(args)
  t.is(exitCode, 0)
  const { crops } = JSON.parse(stdout)
  const written = crops.map(({ file }: { file: string }) => file)
  t.deepEqual(written, [folder.file('c-1.png'), folder.file('c-2.png')])
  t.true(crops[0].face.score >= crops[1].face.score)
  t.not(Buffer.compare(await rgbOf(written[0]), await rgbOf(written[1])), 0)

  // None of the files is written when one of them exists.
  await folder.write('d-2.png', 'mine')
  const again = ['align', folder.file('two.png'), '--all', '--out', folder.file('d.png')]
  const refused = await seesawface(again)
  t.is(refused.exitCode, 2)
  t.regex(refused.stderr, /d-2\.png" already exists; use --force/)
  t.false((await readdir(folder.path)).includes('d-1.png'))
  t.is((await readFile(folder.file('d-2.png'))).toString(), 'mine')
  t.is((await seesawface([...again, '--force'])).exitCode, 0)
  const [second, forced] = [await rgbOf(written[1]), await rgbOf(folder.file('d-2.png'))]
  t.is(Buffer.compare(forced, second), 0)
})

const mistakes: [args: string[], expected: RegExp][] = [
  [['--out', 'a.png'], /align takes one photo/],
  [['a.jpg', 'b.jpg', '--out', 'a.png'], /align takes one photo/],
  [['a.jpg'], /align requires --out FILE/],
  [['a.jpg', '--out', 'a.gif'], /must end in \.png/],
  [['a.jpg', '--out', 'a.gif', '--all'], /must end in \.png/],
  [['no such.jpg', '--out', 'never.png'], /Cannot read "no such\.jpg"/],
  [[photo('biden.jpg'), '--out', 'never.png', '--min-score', '1'], /No face was found in/]
]
for (const [args, expected] of mistakes) {
  test(`align ${args.map((arg) => arg.replace(/.*\//, '')).join(' ')}`, async (t) => {
    const { exitCode, stderr } = await seesawface(['align', ...args])
    t.is(exitCode, 2)
    t.regex(stderr, expected)
  })
}
