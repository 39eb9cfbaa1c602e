// Makes docs/images/faces.jpg, the picture in README.md: portraits from test/fixtures/photos side by
// side, their faces drawn by `seesawface detect --draw`:
//
//   npx tsx scripts/docs/picture.ts
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Transformer } from '@napi-rs/image'

const panel = { width: 300, height: 380 }

/** Which part of each photo is shown: its left and top edge, and its width, in pixels of the photo. */
const portraits = [
  { file: 'obama.jpg', left: 130, top: 0, width: 720 },
  { file: 'biden.jpg', left: 170, top: 40, width: 800 },
  { file: 'obama3.jpg', left: 340, top: 130, width: 880 },
  { file: 'obama2.jpg', left: 0, top: 90, width: 626 }
]

const folder = mkdtempSync(join(tmpdir(), 'seesawface-picture-'))
try {
  const pixels = Buffer.alloc(portraits.length * panel.width * panel.height * 4, 255)
  const row = portraits.length * panel.width * 4
  for (const [i, { file, left, top, width }] of portraits.entries()) {
    const height = Math.round((width * panel.height) / panel.width)
    // In two steps: one Transformer would resize before it crops.
    const part = await new Transformer(readFileSync(`test/fixtures/photos/${file}`))
      .crop(left, top, width, height)
      .png()
    const rgb = await new Transformer(part).resize(panel.width, panel.height).rawPixels()
    for (let y = 0; y < panel.height; y++) {
      for (let x = 0; x < panel.width; x++) {
        const from = (y * panel.width + x) * 3
        rgb.copy(pixels, y * row + (i * panel.width + x) * 4, from, from + 3)
      }
    }
  }
  const collage = Transformer.fromRgbaPixels(pixels, row / 4, panel.height)
  const photo = join(folder, 'portraits.png')
  writeFileSync(photo, await collage.png())
  const drawn = join(folder, 'drawn.png')
  execFileSync(process.execPath, ['dist/cli.cjs', 'detect', photo, '--draw', drawn], {
    stdio: 'inherit'
  })

  const jpeg = await new Transformer(readFileSync(drawn)).jpeg(82)
  writeFileSync('docs/images/faces.jpg', jpeg)
} finally {
  rmSync(folder, { recursive: true })
}
