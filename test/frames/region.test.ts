import test from 'ava'
import type { Box } from '../../lib/faces/types.js'
import { takeFrame } from '../../lib/frames/frame.js'
import type { NativeFrame } from '../../lib/frames/native-frame.js'
import { pixelFormats } from '../../lib/frames/pixel-formats.js'
import { regionOf, uprightSize } from '../../lib/frames/region.js'
import { encodeFrame, referencePixel } from '../support/frames.js'

/** Every pixel of its own colour, smooth enough for chroma that pixels share. */
function colours(width: number, height: number) {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0; i < width * height; i++) {
    const [x, y] = [i % width, Math.floor(i / width)]
    data.set([(x * 7) % 256, (y * 11) % 256, (x * 3 + y * 5) % 256], 3 * i)
  }
  return { data, width, height }
}

/** The colour at a place of the upright picture, found plainly: by walking to where it lies. */
function colourAt(frame: NativeFrame, x: number, y: number): number[] {
  const { width, height, rotation = 0, offset = 0, stride, chroma = [] } = frame
  const [lx, ly] = (
    {
      0: [x, y],
      90: [y, height - 1 - x],
      180: [width - 1 - x, height - 1 - y],
      270: [width - 1 - y, x]
    } as const
  )[rotation] as readonly [number, number]
  return referencePixel(frame, [{ offset, stride }, ...chroma], lx, ly)
}

const areas: readonly (readonly [name: string, area: Box])[] = [
  ['inside, even', { x: 4, y: 6, width: 10, height: 8 }],
  ['inside, odd', { x: 5, y: 3, width: 7, height: 9 }],
  ['fractions of pixels', { x: 4.4, y: 6.6, width: 9.5, height: 7.1 }],
  ['over the top left corner', { x: -5, y: -7, width: 12, height: 16 }],
  ['over the bottom right corner', { x: 20, y: 15, width: 100, height: 100 }],
  ['all of it', { x: -1, y: -1, width: 99, height: 99 }]
]

for (const format of pixelFormats) {
  for (const rotation of [0, 90, 180, 270] as const) {
    test(`${format} turned by ${rotation}: pixels of a region are those of the frame`, (t) => {
      // Odd sides: the last chroma sample covers one pixel.
      for (const [width, height] of [
        [31, 25],
        [32, 24]
      ] as const) {
        const raw = encodeFrame(colours(width, height), format)
        const frame = takeFrame({ ...raw, rotation }, 1e6)
        for (const [name, area] of areas) {
          const region = regionOf(frame, area)
          if (region === undefined) return t.fail(name)
          const part = uprightSize(region.frame)
          const whole = uprightSize(frame)
          const right = Math.min(whole.width, Math.ceil(area.x + area.width))
          const bottom = Math.min(whole.height, Math.ceil(area.y + area.height))
          const label = `${name}, ${width}×${height}`
          t.true(region.x <= Math.max(0, area.x) && region.x >= Math.max(0, area.x) - 2, label)
          t.true(region.y <= Math.max(0, area.y) && region.y >= Math.max(0, area.y) - 2, label)
          t.true(region.x + part.width >= right && region.x + part.width <= right + 1, label)
          t.true(region.y + part.height >= bottom && region.y + part.height <= bottom + 1, label)
          for (let y = 0; y < part.height; y++) {
            for (let x = 0; x < part.width; x++) {
              const expected = colourAt(frame, region.x + x, region.y + y)
              const got = colourAt(region.frame, x, y)
              if (expected.some((value, i) => value !== got[i])) {
                return t.deepEqual(got, expected, `${label} at ${x}, ${y}`)
              }
            }
          }
        }
      }
    })
  }
}

for (const [name, area] of [
  ['left of the frame', { x: -20, y: 0, width: 10, height: 10 }],
  ['below the frame', { x: 0, y: 40, width: 10, height: 10 }],
  ['empty', { x: 4, y: 4, width: 0, height: 0 }]
] as const) {
  test(`nothing is left of an area that is ${name}`, (t) => {
    const frame = takeFrame(encodeFrame(colours(32, 24), 'rgb'), 1e6)
    t.is(regionOf(frame, area), undefined)
  })
}

test('a photo made smaller has no regions', (t) => {
  const frame = takeFrame(encodeFrame(colours(32, 24), 'rgb'), 1e6)
  const photo = { file: new Uint8Array(1), width: 64, height: 48, reducedBy: 2 as const }
  t.is(regionOf({ ...frame, photo }, { x: 0, y: 0, width: 9, height: 9 }), undefined)
})
