/** What both panels are drawn with. Colours tell apart in light and dark and for the colour-blind. */

export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export const style = `
svg { font-family: system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
.paper { fill: #ffffff; } .ink, text { fill: #24292f; } .title { font-size: 17px; font-weight: 600; }
.facts { font-size: 13px; fill: #57606a; } .tick { font-size: 12px; fill: #57606a; }
.label { font-size: 13px; } .note { font-size: 12px; }
.grid { stroke: #d8dee4; stroke-width: 1; } .axis { stroke: #8c959f; stroke-width: 1; fill: none; }
.curve { stroke: #0969da; stroke-width: 2; fill: none; stroke-linejoin: round; }
.sparse { stroke-width: 1.5; stroke-dasharray: 3 4; }
.band { fill: #0969da; fill-opacity: 0.16; }
.interval { stroke: #0969da; stroke-width: 2; stroke-opacity: 0.6; }
.point { fill: #0969da; stroke: #ffffff; stroke-width: 1.5; }
.genuine { fill: #0969da; fill-opacity: 0.55; } .impostor { fill: #d4730b; fill-opacity: 0.55; }
.threshold { stroke: #24292f; stroke-width: 1.5; stroke-dasharray: 5 4; }
@media (prefers-color-scheme: dark) {
  .paper { fill: #0d1117; } .ink, text { fill: #e6edf3; } .facts, .tick { fill: #9198a1; }
  .grid { stroke: #262c36; } .axis { stroke: #6e7681; } .curve, .interval { stroke: #58a6ff; }
  .band { fill: #58a6ff; } .point { fill: #58a6ff; stroke: #0d1117; } .genuine { fill: #58a6ff; } .impostor { fill: #f0a04b; }
  .threshold { stroke: #e6edf3; }
}`

/** Two decimals are finer than any screen. */
export const px = (value: number): string => String(Number(value.toFixed(2)))

export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}

export function line(kind: string, x1: number, y1: number, x2: number, y2: number): string {
  return `<line class="${kind}" x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}"/>`
}

export function words(
  kind: string,
  x: number,
  y: number,
  content: string,
  anchor: 'start' | 'middle' | 'end' = 'start'
): string {
  return `<text class="${kind}" x="${px(x)}" y="${px(y)}" text-anchor="${anchor}">${escapeText(content)}</text>`
}

/** Axis labels below and, turned, to the left of a panel. */
export function axisLabels({ x, y, width, height }: Box, below: string, left: string): string {
  const middle = y + height / 2
  const turned = `<text class="label" transform="translate(${px(x - 60)} ${px(middle)}) rotate(-90)" text-anchor="middle">${escapeText(left)}</text>`
  return words('label', x + width / 2, y + height + 42, below, 'middle') + turned
}

export function path(kind: string, points: readonly (readonly [x: number, y: number])[]): string {
  const steps = points.map(([x, y], i) => `${i ? 'L' : 'M'}${px(x)} ${px(y)}`)
  return `<path class="${kind}" d="${steps.join('')}"/>`
}
