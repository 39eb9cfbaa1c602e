import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Box } from '../../lib/index.js'

/** The faces of each photo, by file name. */
export type GroundTruth = ReadonlyMap<string, readonly Box[]>

function fromCorners([left, top, right, bottom]: readonly number[]): Box {
  const [x = Number.NaN, y = Number.NaN] = [left, top]
  return { x, y, width: (right ?? Number.NaN) - x, height: (bottom ?? Number.NaN) - y }
}

/** A folder of Pascal VOC files, one XML a photo: every object in them is a face. */
async function readVoc(folder: string): Promise<GroundTruth> {
  const all = new Map<string, Box[]>()
  for (const name of (await readdir(folder)).filter((file) => file.endsWith('.xml')).sort()) {
    const text = await readFile(join(folder, name), 'utf8')
    const photo = /<filename>([^<]+)<\/filename>/.exec(text)?.[1]
    if (photo === undefined) throw new Error(`${name} names no photo`)
    const boxes = [...text.matchAll(/<bndbox>(.*?)<\/bndbox>/gs)].map(([, box = '']) =>
      fromCorners(
        ['xmin', 'ymin', 'xmax', 'ymax'].map((tag) =>
          Number(new RegExp(`<${tag}>([^<]+)</${tag}>`).exec(box)?.[1])
        )
      )
    )
    all.set(photo, boxes)
  }
  return all
}

/** A text file of lines `photo left top right bottom`. */
async function readLines(path: string): Promise<GroundTruth> {
  const all = new Map<string, Box[]>()
  for (const line of (await readFile(path, 'utf8')).split('\n').filter((text) => text.trim())) {
    const [photo = '', ...corners] = line.trim().split(/\s+/)
    all.set(photo, [...(all.get(photo) ?? []), fromCorners(corners.map(Number))])
  }
  return all
}

export async function readGroundTruth(path: string): Promise<GroundTruth> {
  const truth = await (path.endsWith('.txt') ? readLines(path) : readVoc(path))
  for (const [photo, boxes] of truth) {
    if (boxes.some((box) => Object.values(box).some((value) => !Number.isFinite(value)))) {
      throw new Error(`a box of ${photo} is not four numbers`)
    }
  }
  return truth
}
