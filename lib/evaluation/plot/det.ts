import { axisLabels, type Box, escapeText, line, path, px, style, words } from './svg.js'

/** The detection error trade-off: how two errors are paid for by each other, both on log axes. */

export interface DetSeries {
  readonly name: string
  /** Rates; those of 0 are not drawn. */
  readonly points: readonly { readonly x: number; readonly y: number }[]
}

const size = { width: 720, height: 560 }
const box: Box = { x: 96, y: 96, width: 560, height: 380 }
const colours = ['#0969da', '#bc4c00', '#1a7f37', '#8250df', '#bf3989', '#6e7781'] as const

/** From the power of ten below the least rate to 1, or to the power of ten above the largest. */
function decades(rates: readonly number[]): { low: number; high: number } {
  const shown = rates.filter((rate) => rate > 0)
  const low = Math.floor(Math.log10(Math.min(0.1, ...shown)) + 1e-9)
  const high = Math.min(0, Math.ceil(Math.log10(Math.max(1e-9, ...shown)) - 1e-9))
  return { low, high: Math.max(high, low + 1) }
}

function label(exponent: number): string {
  const percent = 10 ** (exponent + 2)
  return exponent >= -4 ? `${Number(percent.toPrecision(1))} %` : `1e${exponent}`
}

export function drawDet(
  title: string,
  facts: string,
  series: readonly DetSeries[],
  axes: { readonly x: string; readonly y: string }
): string {
  const all = series.flatMap(({ points }) => points)
  const [across, up] = [decades(all.map(({ x }) => x)), decades(all.map(({ y }) => y))]
  const x = (rate: number): number =>
    box.x + ((Math.log10(rate) - across.low) / (across.high - across.low)) * box.width
  const y = (rate: number): number =>
    box.y + box.height - ((Math.log10(rate) - up.low) / (up.high - up.low)) * box.height
  const grid: string[] = []
  for (let exponent = across.low; exponent <= across.high; exponent++) {
    const at = x(10 ** exponent)
    grid.push(line('grid', at, box.y, at, box.y + box.height))
    grid.push(words('tick', at, box.y + box.height + 20, label(exponent), 'middle'))
  }
  for (let exponent = up.low; exponent <= up.high; exponent++) {
    const at = y(10 ** exponent)
    grid.push(line('grid', box.x, at, box.x + box.width, at))
    grid.push(words('tick', box.x - 8, at + 4, label(exponent), 'end'))
  }
  const curves = series.flatMap(({ name, points }, i) => {
    const colour = colours[i % colours.length] as string
    const drawn = points
      .filter((point) => point.x > 0 && point.y > 0)
      .map((point) => [x(point.x), y(point.y)] as const)
    const legend = box.y + 20 + i * 18
    return [
      path('curve', drawn).replace('class="curve"', `class="curve" style="stroke: ${colour}"`),
      `<rect x="${px(box.x + box.width - 180)}" y="${px(legend - 10)}" width="12" height="12" fill="${colour}"/>`,
      words('note', box.x + box.width - 162, legend, name)
    ]
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${escapeText(title)}">`,
    `<style>${style}</style>`,
    `<rect class="paper" width="${size.width}" height="${size.height}" rx="8"/>`,
    `<text class="title" x="32" y="40">${escapeText(title)}</text>`,
    `<text class="facts" x="32" y="62">${escapeText(facts)}</text>`,
    ...grid,
    ...curves,
    axisLabels(box, axes.x, axes.y),
    '</svg>',
    ''
  ].join('\n')
}
