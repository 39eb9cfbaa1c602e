import type { Face } from '../index.js'

/** Each digit, and the point, as a line through a cell 4 wide and 6 high. */
const glyphs: Readonly<Record<string, string>> = {
  '0': 'M2 0C3.4 0 4 1.4 4 3S3.4 6 2 6 0 4.6 0 3 .6 0 2 0Z',
  '1': 'M.8 1.2L2.4 0V6',
  '2': 'M.1 1.4C.3 .5 1 0 2 0 3.2 0 3.9 .7 3.9 1.7 3.9 3.1 1.6 4 .1 6H4',
  '3': 'M.2 .9C.6 .3 1.2 0 2 0 3.1 0 3.8 .6 3.8 1.5 3.8 2.4 3 2.9 1.6 2.9 3.1 2.9 4 3.5 4 4.4 4 5.4 3.1 6 2 6 1.1 6 .4 5.7 0 5',
  '4': 'M2.9 6V0L0 4.2H4',
  '5': 'M3.7 0H.7L.4 2.7C.8 2.4 1.4 2.2 2 2.2 3.2 2.2 4 3 4 4.1 4 5.3 3.1 6 2 6 1.1 6 .4 5.7 0 5.1',
  '6': 'M3.6 .7C3.2 .2 2.7 0 2.1 0 .8 0 0 1.3 0 3.3 0 5 .8 6 2 6 3.2 6 4 5.2 4 4.1 4 3 3.2 2.3 2.1 2.3 1 2.3 .2 3 0 3.9',
  '7': 'M0 0H4L1.5 6',
  '8': 'M2 0C3.1 0 3.8 .6 3.8 1.4S3.1 2.8 2 2.8 .2 2.2 .2 1.4 .9 0 2 0ZM2 2.8C3.2 2.8 4 3.5 4 4.4S3.2 6 2 6 0 5.3 0 4.4 .8 2.8 2 2.8Z',
  '9': 'M.4 5.3C.8 5.8 1.3 6 1.9 6 3.2 6 4 4.7 4 2.7 4 1 3.2 0 2 0 .8 0 0 .8 0 1.9 0 3 .8 3.7 1.9 3.7 3 3.7 3.8 3 4 2.1',
  '.': 'M.3 5.95V6'
}
const accent = '#2de38a'
const ink = '#06301c'

/** Lines are that thick in a picture of 1000 pixels; thinner around small faces. */
function lineWidth(face: Face, longer: number): number {
  const size = Math.min(face.box.width, face.box.height)
  return Math.max(1.2, Math.min(longer / 300, size / 24))
}

function label(face: Face, width: number, line: number, right: number): string {
  const text = face.score.toFixed(2)
  const unit = Math.max(1.3, Math.min(line * 0.85, width / 24))
  const advance = [...text].map((letter) => (letter === '.' ? 2.2 : 5.6) * unit)
  const wide = advance.reduce((sum, value) => sum + value, 0) + 3.2 * unit
  const high = 10.4 * unit
  const x = Math.max(0, Math.min(face.box.x - line / 2, right - wide))
  const above = face.box.y - high - line
  const y = above >= 0 ? above : Math.max(0, face.box.y + line)
  let at = x + 2.2 * unit
  let paths = ''
  for (const [i, letter] of [...text].entries()) {
    paths += `<path transform="translate(${at} ${y + 2.2 * unit}) scale(${unit})" d="${glyphs[letter]}"/>`
    at += advance[i] as number
  }
  return `<rect x="${x}" y="${y}" width="${wide}" height="${high}" rx="${2.2 * unit}" fill="${accent}"/>
<g fill="none" stroke="${ink}" stroke-width="1" stroke-linecap="round" stroke-linejoin="round">${paths}</g>`
}

/** Boxes, landmarks and scores as a transparent SVG of the photo's size; the surest face on top. */
export function overlaySvg(faces: readonly Face[], width: number, height: number): string {
  const longer = Math.max(width, height)
  const parts = [...faces].reverse().map((face) => {
    const { box, landmarks } = face
    const line = lineWidth(face, longer)
    const frame = `x="${box.x}" y="${box.y}" width="${box.width}" height="${box.height}" rx="${Math.min(box.width, box.height) * 0.12}" fill="none"`
    const dots = landmarks.map(
      ({ x, y }) =>
        `<circle cx="${x}" cy="${y}" r="${line * 1.15}" fill="#fff" stroke="${ink}" stroke-width="${line * 0.45}"/>`
    )
    return `<rect ${frame} stroke="${ink}" stroke-opacity=".55" stroke-width="${line * 1.9}"/>
<rect ${frame} stroke="${accent}" stroke-width="${line}"/>
${dots.join('')}
${label(face, Math.max(box.width, 60), line, width)}`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join('\n')}</svg>`
}
