import {
  axisLabels,
  type Box,
  escapeText,
  line,
  path,
  px,
  style,
  words
} from '../../lib/evaluation/plot/svg.js'
import type { Judged } from './judge.js'

const panel = { width: 760, height: 150 }
const row = 240

/** Memory over calls, with the line fitted after warming up. */
function drawPanel({ title, verdict, outcome, samples, fitted, from }: Judged, box: Box): string {
  const last = samples.at(-1)?.calls ?? 1
  const megabytes = samples.map(({ rss }) => rss / 1e6)
  const top = Math.ceil((Math.max(...megabytes) * 1.1) / 20) * 20
  const x = (calls: number): number => box.x + (calls / last) * box.width
  const y = (value: number): number => box.y + (1 - value / top) * box.height
  const parts = [
    words('label', box.x, box.y - 26, title),
    words('tick', box.x, box.y - 9, `${outcome}: ${verdict}`)
  ]
  for (let i = 0; i <= 4; i++) {
    const value = (top * i) / 4
    parts.push(line('grid', box.x, y(value), box.x + box.width, y(value)))
    parts.push(words('tick', box.x - 8, y(value) + 4, String(value), 'end'))
    const calls = Math.round((last * i) / 4)
    parts.push(words('tick', x(calls), box.y + box.height + 18, String(calls), 'middle'))
  }
  parts.push(
    path(
      'curve',
      samples.map(({ calls }, i) => [x(calls), y(megabytes[i] as number)])
    )
  )
  const at = (calls: number): number => y((fitted.intercept + fitted.slope * calls) / 1e6)
  parts.push(line('threshold', x(from), at(from), x(last), at(last)))
  parts.push(axisLabels(box, 'calls', 'RSS in MB'))
  return parts.join('\n')
}

export function chart(title: string, facts: string, all: readonly Judged[]): string {
  const [width, height] = [panel.width + 140, 70 + row * all.length + 20]
  const panels = all.map((judged, i) => drawPanel(judged, { x: 90, y: 120 + row * i, ...panel }))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" role="img" aria-label="${escapeText(title)}">`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${px(width)}" height="${px(height)}" rx="8"/>`,
    words('title', 32, 36, title),
    words('facts', 32, 58, facts),
    ...panels,
    '</svg>',
    ''
  ].join('\n')
}
