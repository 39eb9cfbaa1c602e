import type { Evaluation, Mark } from '../report.js'
import { axisLabels, type Box, line, px, words } from './svg.js'

const bins = 50

export interface Histogram {
  readonly low: number
  readonly high: number
  /** Share of all scores of its kind in each of the equal bins. */
  readonly genuine: readonly number[]
  readonly impostor: readonly number[]
}

/** Both kinds over one range of tenths; pairs without a face (score −1) are left out of it. */
export function histogram(result: Evaluation): Histogram {
  const found = (scores: Float64Array): Float64Array => scores.filter((score) => score > -1)
  const [genuine, impostors] = [found(result.genuine), found(result.impostors)]
  const ends = [genuine[0], impostors[0], genuine.at(-1), impostors.at(-1)].filter(
    (score) => score !== undefined
  )
  const low = Math.floor(Math.min(...ends, 0) * 10) / 10
  const high = Math.max(Math.ceil(Math.max(...ends, 0) * 10) / 10, low + 0.1)
  const shares = (scores: Float64Array): number[] => {
    const counts = new Array<number>(bins).fill(0)
    for (const score of scores) {
      const bin = Math.min(bins - 1, Math.floor(((score - low) / (high - low)) * bins))
      counts[bin] = (counts[bin] ?? 0) + 1
    }
    return counts.map((count) => count / Math.max(1, scores.length))
  }
  return { low, high, genuine: shares(genuine), impostor: shares(impostors) }
}

function bars(kind: string, shares: readonly number[], most: number, box: Box): string {
  const step = box.width / bins
  return shares
    .map((share, i) => {
      if (share === 0) return ''
      const height = (share / most) * box.height
      return `<rect class="${kind}" x="${px(box.x + i * step)}" y="${px(box.y + box.height - height)}" width="${px(step - 0.6)}" height="${px(height)}"/>`
    })
    .join('')
}

export function histogramPanel(result: Evaluation, box: Box, mark?: Mark): string {
  const { low, high, genuine, impostor } = histogram(result)
  const most = Math.max(...genuine, ...impostor) * 1.12
  const x = (score: number): number => box.x + ((score - low) / (high - low)) * box.width
  const bottom = box.y + box.height
  const parts: string[] = []
  const tenths = Math.round((high - low) * 10)
  const every = tenths > 8 ? 2 : 1
  for (let i = Math.round(low * 10); i <= Math.round(high * 10); i++) {
    if (i % every !== 0) continue
    parts.push(line('grid', x(i / 10), box.y, x(i / 10), bottom))
    parts.push(words('tick', x(i / 10), bottom + 20, (i / 10).toFixed(1), 'middle'))
  }
  parts.push(bars('impostor', impostor, most, box), bars('genuine', genuine, most, box))
  parts.push(line('axis', box.x, bottom, box.x + box.width, bottom))
  if (mark !== undefined && mark.threshold > low && mark.threshold < high) {
    const at = x(mark.threshold)
    parts.push(line('threshold', at, box.y, at, bottom))
    const name = `threshold ${mark.threshold.toFixed(3)} (FAR ${mark.far})`
    const isRight = at > box.x + box.width * 0.6
    parts.push(words('note', at + (isRight ? -7 : 7), box.y + 14, name, isRight ? 'end' : 'start'))
  }
  const legend = box.y - 14
  parts.push(
    `<rect class="impostor" x="${px(box.x)}" y="${px(legend - 10)}" width="12" height="12"/>`,
    words('label', box.x + 18, legend, 'different people'),
    `<rect class="genuine" x="${px(box.x + 140)}" y="${px(legend - 10)}" width="12" height="12"/>`,
    words('label', box.x + 158, legend, 'same person')
  )
  const percent = (share: number): string => `${Number((share * 100).toFixed(1))} %`
  const top = Math.floor((most * 100) / 5) * 5 || 1
  for (const share of [0, top / 200, top / 100]) {
    const at = bottom - (share / most) * box.height
    parts.push(words('tick', box.x - 8, at + 4, percent(share), 'end'))
  }
  parts.push(axisLabels(box, 'similarity (cosine)', 'share of pairs in a bin'))
  return parts.join('\n')
}
