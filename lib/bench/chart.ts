import { escapeText, px, style } from '../evaluation/plot/svg.js'

export interface Bar {
  readonly name: string
  /** Milliseconds: the bar ends at the minimum, the line at the median. */
  readonly min: number
  readonly median: number
}

export interface BarGroup {
  readonly title: string
  readonly bars: readonly Bar[]
}

const [left, longest, rowHeight] = [250, 380, 26] as const

/** At least three digits, but no more than there is sense in. */
const figure = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)

/** Horizontal bars in groups, each group with a scale of its own. */
export function barChart(
  title: string,
  facts: readonly string[],
  groups: readonly BarGroup[]
): string {
  const parts: string[] = []
  let y = 40
  parts.push(`<text class="title" x="24" y="${y}">${escapeText(title)}</text>`)
  for (const fact of [...facts, 'milliseconds: bar minimum, line median']) {
    y += 20
    parts.push(`<text class="facts" x="24" y="${y}">${escapeText(fact)}</text>`)
  }
  for (const { title: heading, bars } of groups) {
    const scale = longest / Math.max(...bars.map(({ median }) => median))
    y += 40
    parts.push(
      `<text class="label" x="24" y="${y}" font-weight="600">${escapeText(heading)}</text>`
    )
    y += 10
    for (const { name, min, median } of bars) {
      const [short, long] = [min * scale, median * scale]
      const end = left + Math.max(short, long) + 8
      parts.push(
        `<text class="label" x="${left - 10}" y="${y + 15}" text-anchor="end">${escapeText(name)}</text>`,
        `<rect class="genuine" x="${left}" y="${y}" width="${px(short)}" height="20"/>`,
        `<path class="axis" d="M${left} ${y + 10}h${px(long)}"/>`,
        `<text class="tick" x="${px(end)}" y="${y + 15}">${figure(min)} / ${figure(median)}</text>`
      )
      y += rowHeight
    }
  }
  const height = y + 20
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" role="img" aria-label="${escapeText(title)}">`,
    `<style>${style}</style>`,
    `<rect class="paper" width="760" height="${height}" rx="8"/>`,
    ...parts,
    '</svg>',
    ''
  ].join('\n')
}
