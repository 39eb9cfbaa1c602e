import test from 'ava'
import { checkMinimum, demandQuality } from '../../lib/faces/quality.js'
import { type FaceQuality, FaceRecognizer, LowQualityError } from '../../lib/index.js'
import type { Rgb } from '../support/exif.js'
import { photo, pixels } from '../support/fixtures.js'
import { leaning, lit, shrunk } from '../support/retouch.js'

let recognizer: FaceRecognizer
let portrait: Rgb
test.before(async () => {
  recognizer = await FaceRecognizer.open({ threads: 1 })
  portrait = shrunk(await pixels('obama.jpg'), 2)
})
test.after.always(() => recognizer?.close())

async function qualityOf(picture: Rgb): Promise<FaceQuality> {
  const [face] = await recognizer.detect({ ...picture, format: 'rgb' }, { quality: true })
  if (face?.quality === undefined) throw new Error('no face, or no quality')
  return face.quality
}

test('quality is given where it is asked for, and with every embedding', async (t) => {
  const [plain] = await recognizer.detect(photo('obama.jpg'))
  t.is(plain?.quality, undefined)
  const [asked] = await recognizer.detect(photo('obama.jpg'), { quality: true })
  const embedding = await recognizer.embed(photo('obama.jpg'))
  t.deepEqual(embedding.face?.quality, asked?.quality)
  t.true((asked?.quality?.overall ?? 0) > 0.8)
})

const worse: [string, (picture: Rgb) => Rgb, keyof FaceQuality][] = [
  ['from far away', (picture) => shrunk(picture, 6), 'size'],
  ['from far away', (picture) => shrunk(picture, 6), 'sharpness'],
  ['dark', (picture) => lit(picture, 0.1), 'exposure'],
  ['hazy', (picture) => lit(picture, 0.15, 110), 'exposure']
]
for (const [name, retouch, aspect] of worse) {
  test(`${name}: less ${aspect}, and overall`, async (t) => {
    const before = await qualityOf(portrait)
    const after = await qualityOf(retouch(portrait))
    t.true(after[aspect] < before[aspect] * 0.8, `${before[aspect]} ${after[aspect]}`)
    t.true(after.overall < before.overall, `${before.overall} ${after.overall}`)
  })
}

test('roll follows the picture, yaw and pitch do not', async (t) => {
  const [face] = await recognizer.detect({ ...portrait, format: 'rgb' })
  if (!face) return t.fail()
  const { box } = face
  const centre = [box.x + box.width / 2, box.y + box.height / 2] as const
  const before = await qualityOf(portrait)
  for (const degrees of [25, -40]) {
    const after = await qualityOf(leaning(portrait, degrees, centre))
    t.true(Math.abs(after.roll - before.roll - degrees) < 10, `roll ${after.roll}`)
    t.true(Math.abs(after.yaw - before.yaw) < 12, `yaw ${before.yaw} ${after.yaw}`)
  }
})

const good: FaceQuality = {
  overall: 0.9,
  sharpness: 0.5,
  exposure: 1,
  size: 60,
  yaw: -20,
  pitch: 5,
  roll: 0
}
const demands: [unknown, string | undefined][] = [
  [undefined, undefined],
  [0.9, undefined],
  [0.91, 'overall'],
  [{}, undefined],
  [{ size: 60, sharpness: 0.5 }, undefined],
  [{ size: 61 }, 'size'],
  [{ yaw: 20 }, undefined],
  [{ yaw: 19 }, 'yaw'],
  [{ overall: 0.99, sharpness: 0.6 }, 'sharpness']
]
for (const [minimum, aspect] of demands) {
  test(`demanding ${JSON.stringify(minimum)}: ${aspect ?? 'good enough'}`, (t) => {
    const demand = () => demandQuality(good, checkMinimum(minimum), 'the photo')
    if (aspect === undefined) return t.notThrows(demand)
    const error = t.throws(demand, { instanceOf: LowQualityError })
    t.like(error, { code: 'LOW_QUALITY', aspect, quality: good })
    t.is(error?.value, good[aspect as keyof FaceQuality])
  })
}

test('enrolment refuses a poor photo and says which aspect failed', async (t) => {
  const frame = { ...lit(portrait, 0.1), format: 'rgb' } as const
  await recognizer.embed(frame)
  const error = await t.throwsAsync(recognizer.embed(frame, { minQuality: { exposure: 0.8 } }), {
    instanceOf: LowQualityError
  })
  t.regex(
    error?.message ?? '',
    /^The face in the photo is not good enough: its exposure is 0\.\d{3}, below the minimum of 0\.8$/
  )
  await t.throwsAsync(
    recognizer.verify(photo('obama.jpg'), frame, { minQuality: { exposure: 0.8 } }),
    { code: 'LOW_QUALITY', message: /photo b/ }
  )
})

for (const [minimum, argument] of [
  [2, 'minQuality'],
  ['high', 'minQuality'],
  [{ beauty: 1 }, 'minQuality.beauty'],
  [{ size: -1 }, 'minQuality.size'],
  [{ yaw: Number.NaN }, 'minQuality.yaw']
] as const) {
  test(`no minimum: ${JSON.stringify(minimum)}`, (t) => {
    t.like(
      t.throws(() => checkMinimum(minimum)),
      { code: 'INVALID_ARGUMENT', argument }
    )
  })
}
