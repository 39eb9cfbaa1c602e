import { minFalseAccepts } from '../../models/support.js'
import type { Evaluation } from '../report.js'
import { axisLabels, type Box, line, path, px, words } from './svg.js'

/** FARs below one accepted impostor are not on the curve; this is where the axis begins. */
function lowestFar(impostors: number): number {
  return 10 ** Math.floor(Math.log10(1 / Math.max(impostors, 2)))
}

/** TAR is drawn from the highest of these below all points shown. */
const floors = [0.98, 0.95, 0.9, 0.8, 0.5, 0]

export interface RocScale {
  readonly x: (far: number) => number
  readonly y: (tar: number) => number
  readonly least: number
  readonly floor: number
}

export function rocScale(result: Evaluation, box: Box): RocScale {
  const least = lowestFar(result.pairs.impostors)
  const shown = [
    ...result.band.map(({ low }) => low),
    ...result.rates.flatMap(({ point }) => (point ? [point.interval.low, point.tar] : [])),
    result.roc.findLast(({ far }) => far <= least)?.tar ?? 0
  ]
  const floor = floors.find((value) => value < Math.min(...shown)) ?? 0
  return {
    least,
    floor,
    x: (far) => box.x + (1 - Math.log10(Math.max(far, least)) / Math.log10(least)) * box.width,
    y: (tar) => box.y + ((1 - Math.max(tar, floor)) / (1 - floor)) * box.height
  }
}

function grid({ x, y, least, floor }: RocScale, box: Box): string[] {
  const parts: string[] = []
  for (let far = least; far <= 1.0001; far *= 10) {
    const at = x(far)
    const exponent = Math.round(Math.log10(far))
    const name = exponent > -5 ? String(Number((10 ** exponent).toPrecision(1))) : `1e${exponent}`
    parts.push(line('grid', at, box.y, at, box.y + box.height))
    parts.push(words('tick', at, box.y + box.height + 20, name, 'middle'))
  }
  const steps = 5
  for (let i = 0; i <= steps; i++) {
    const tar = floor + ((1 - floor) * i) / steps
    const digits = Number.isInteger(Math.round((1 - floor) * 1000) / (10 * steps)) ? 0 : 1
    parts.push(line('grid', box.x, y(tar), box.x + box.width, y(tar)))
    parts.push(words('tick', box.x - 8, y(tar) + 4, `${(tar * 100).toFixed(digits)} %`, 'end'))
  }
  return parts
}

export function rocPanel(result: Evaluation, box: Box): string {
  const scale = rocScale(result, box)
  const { x, y } = scale
  // A staircase: between two points the rate of false accepts grows first.
  const steps: [number, number][] = []
  let tar = result.roc.findLast(({ far }) => far <= scale.least)?.tar ?? 0
  steps.push([box.x, y(tar)])
  for (const point of result.roc) {
    if (point.far <= scale.least) continue
    steps.push([x(point.far), y(tar)], [x(point.far), y(point.tar)])
    tar = point.tar
  }
  // Below the band too few impostor pairs stand behind the curve: there it is dashed.
  const supported = x(result.band[0]?.far ?? 1) - 1e-6
  const found = steps.findIndex(([at]) => at >= supported)
  const cut = found < 0 ? steps.length : found
  const marks = result.rates.flatMap(({ far, point }) => {
    if (point === undefined) return []
    const [at, height] = [x(far), y(point.tar)]
    return [
      line('interval', at, y(point.interval.low), at, y(point.interval.high)),
      `<circle class="point" cx="${px(at)}" cy="${px(height)}" r="4.5"/>`,
      words('note', at + 9, height + 18, `${(point.tar * 100).toFixed(2)} %`)
    ]
  })
  const { confidence, by } = result.bootstrap
  const edge = (side: 'low' | 'high') =>
    result.band.map((point) => [x(point.far), y(point[side])] as const)
  const outline = [...edge('low'), ...edge('high').reverse()]
  return [
    ...grid(scale, box),
    ...(outline.length > 0 ? [path('band', outline)] : []),
    path('curve sparse', steps.slice(0, cut + 1)),
    path('curve', steps.slice(cut)),
    ...marks,
    words(
      'tick',
      box.x + box.width - 8,
      box.y + box.height - 30,
      `dashed: fewer than ${minFalseAccepts} impostor pairs behind it`,
      'end'
    ),
    words(
      'tick',
      box.x + box.width - 8,
      box.y + box.height - 12,
      `band: ${Math.round(confidence * 100)} % by bootstrap over ${by === 'person' ? 'people' : 'pairs'}`,
      'end'
    ),
    axisLabels(box, 'false accept rate (FAR)', 'true accept rate (TAR)')
  ].join('\n')
}
