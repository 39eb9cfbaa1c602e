import type { Row } from './statistics.js'

const escaped = (text: string) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`)

/** Horizontal bars: the minimum filled, the median as a line, in groups by number of threads. */
export function barChart(title: string, groups: Readonly<Record<string, readonly Row[]>>): string {
  const all = Object.values(groups).flat()
  const longest = Math.max(...all.map((row) => row.median))
  const scale = 400 / longest
  const parts: string[] = []
  let y = 50
  for (const [threads, rows] of Object.entries(groups)) {
    parts.push(`<text x="10" y="${y}" font-weight="bold">${escaped(threads)} thread(s)</text>`)
    y += 10
    for (const row of rows) {
      const [min, middle] = [row.min * scale, row.median * scale]
      parts.push(
        `<text x="190" y="${y + 14}" text-anchor="end">${escaped(row.name)}</text>`,
        `<rect x="200" y="${y}" width="${min.toFixed(1)}" height="18" fill="#3b7dd8"/>`,
        `<path d="M200 ${y + 9}h${middle.toFixed(1)}" stroke="#14365f" stroke-width="2"/>`,
        `<text x="${(208 + Math.max(min, middle)).toFixed(1)}" y="${y + 14}">${row.min.toFixed(2)} / ${row.median.toFixed(2)} ms</text>`
      )
      y += 24
    }
    y += 24
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="760" height="${y}" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="white"/>
<text x="10" y="24" font-size="16">${escaped(title)} (bar: minimum, line: median)</text>
${parts.join('\n')}
</svg>
`
}
